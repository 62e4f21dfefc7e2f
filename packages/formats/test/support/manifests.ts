import type { ActivationsManifest, OnnxManifest } from '@corescore/contracts';

/** A feed-forward network with everything that is optional left out. */
export const feedForward: OnnxManifest = {
  manifestVersion: 1,
  name: 'net',
  kind: 'onnx',
  input: { name: 'image', layout: 'NCHW', size: [64, 64], channels: 3, visualDegrees: 8 },
  regions: { IT: { output: 'it' } },
};

export const activations: ActivationsManifest = {
  manifestVersion: 1,
  name: 'cortex',
  kind: 'activations',
  clock: { onsetMs: 70, stepMs: 10 },
  stimuli: { set: 'small-set', ids: 'ids.txt' },
  regions: { IT: { file: 'it.npy', axes: ['step', 'stimulus', 'feature'] } },
};
