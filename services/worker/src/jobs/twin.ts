import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Benchmark, prepareTwin, TWIN_IDENTITY, type Twin } from '@corescore/benchmarks';
import { isNetwork, type Manifest } from '@corescore/contracts';
import { removeSealed, sealedState, sealFile } from '@corescore/contracts/sealed';
import type { ClaimedRun } from '@corescore/store';
import { type Context, modelLimits } from '../context.js';
import { DerivedLost } from './derived.js';
import { checkOut } from './model-files.js';

/** Beside the model's activations, in their folder: deleted with them. */
const FOLDER = TWIN_IDENTITY.replaceAll('/', '-');

/**
 * Activations of the untrained twin of a run's model. Nobody waits for them, so they are made where they are needed: in
 * the scoring job, unless an earlier one has left them, whole.
 */
export async function twinOf(
  context: Context,
  run: ClaimedRun & { extraction: { key: string } },
  benchmark: Benchmark,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<Twin> {
  const { store, env } = context;
  const manifest = run.model.manifest as Manifest;
  const request = { manifest, limits: modelLimits(env), onProgress, signal };
  // Supplied activations have none, which is said there: nothing is read for them, and nothing written.
  if (!isNetwork(manifest)) return prepareTwin(benchmark, { ...request, files: {}, outDir: '' });
  const path = await store.blobs.derivedPath(run.extraction.key, FOLDER, 'IT.npy');
  if ((await sealedState(path)) === 'whole') return { path };
  await removeSealed(path);
  const { files, release } = await checkOut(context, run.model, signal);
  try {
    const outDir = dirname(path);
    const twin = await prepareTwin(benchmark, { ...request, files, outDir });
    // Deleted while it ran: that is no failure of the twin's.
    const isThere = await access('path' in twin ? path : outDir).then(
      () => true,
      () => false,
    );
    if (!isThere) throw new DerivedLost(false, 'IT.npy of the untrained twin');
    if ('path' in twin) await sealFile(path);
    return twin;
  } finally {
    await release();
  }
}
