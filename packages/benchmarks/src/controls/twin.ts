import { rm } from 'node:fs/promises';
import { CorescoreError, isNetwork, type ModelFiles, type NetworkManifest, PROBE_FILE } from '@corescore/contracts';
import { shuffleTfjsWeights } from '@corescore/formats';
import { RandomState } from '@corescore/metrics';
import { shuffleOnnxWeights } from '@corescore/onnx';
import { makeTemporary } from '@corescore/runtime';
import { type PrepareRequest, prepareActivations, type Shown } from '../run/prepare.js';
import { CONTROLS } from './settings.js';

/** IT activations of a model's untrained twin, of the shape of the model's own; or why there are none. */
export type Twin = { path: string } | { reason: 'not_run' | 'failed'; note: string };

/** What identifies a twin beside its model: part of the key under which its activations are kept. */
export const TWIN_IDENTITY = `untrained-twin-1/${CONTROLS.seeds.twin}`;

/**
 * Runs the untrained twin of a model (METRICS 4) like the model itself: its limits, its sandbox. A twin that fails is
 * told, and fails nothing else: shuffled weights may well give activations that no benchmark accepts.
 *
 * @throws the signal's reason when it is aborted
 */
export async function prepareTwin(benchmark: Shown, request: PrepareRequest): Promise<Twin> {
  const { files } = request;
  // A probe is of the trained network.
  const manifest = { ...request.manifest, probe: undefined };
  if (!isNetwork(manifest)) {
    return { reason: 'not_run', note: 'activations were supplied: there are no weights to shuffle' };
  }
  const folder = await makeTemporary('twin');
  try {
    const twin = await shuffled(manifest.kind, files, folder);
    const { regions } = await prepareActivations(benchmark, { ...request, manifest, files: twin });
    return { path: regions.IT!.path };
  } catch (error) {
    request.signal?.throwIfAborted();
    // A text of the system could name the host’s folders.
    return { reason: 'failed', note: error instanceof CorescoreError ? error.message : 'the twin could not be run' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The files of the twin: the same graph, its weights in a random order. */
async function shuffled(kind: NetworkManifest['kind'], files: ModelFiles, folder: string): Promise<ModelFiles> {
  const random = new RandomState(CONTROLS.seeds.twin);
  const draw = (n: number): number => random.interval(n - 1);
  // A probe is of the trained network.
  const { [PROBE_FILE]: _, ...own } = files;
  if (kind === 'tfjs') return shuffleTfjsWeights(own, folder, draw);
  return (await shuffleOnnxWeights(own, folder, draw)).files;
}
