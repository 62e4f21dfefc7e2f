import type { ActivationsManifest, CorescoreError, OnnxManifest } from '@corescore/contracts';
import { expect } from 'vitest';
import { parseManifest } from '../../src/index.js';

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

/** The one clear error that a manifest is refused with. */
export const refused = (value: unknown): CorescoreError => {
  try {
    parseManifest(value);
  } catch (error) {
    expect(error).toMatchObject({ name: 'CorescoreError' });
    const found = error as CorescoreError;
    expect(found.remedy, 'every refusal says what to do').toBeTruthy();
    expect(found.message).not.toMatch(/schema|anyOf|undefined/);
    return found;
  }
  throw new Error('it was accepted');
};

export const without = (value: object, key: string) =>
  Object.fromEntries(Object.entries(value).filter(([k]) => k !== key));
