import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { type Benchmark, prepareTwin, TWIN_IDENTITY, type Twin } from '@corescore/benchmarks';
import { canonicalJson, isNetwork, type Manifest } from '@corescore/contracts';
import type { ClaimedRun } from '@corescore/store';
import { type Context, modelLimits } from './context.js';
import { filesOf } from './model-files.js';
import { present } from './present.js';

/**
 * Activations of the untrained twin of a run's model, kept under a key of their own beside the model's. Nobody waits for
 * them, so they are made where they are needed: in the scoring job, unless an earlier one has left them.
 */
export async function twinOf(
  context: Context,
  run: ClaimedRun,
  benchmark: Benchmark,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<Twin> {
  const { store, env } = context;
  const manifest = run.model.manifest as Manifest;
  const key = createHash('sha256')
    .update(canonicalJson({ of: run.extraction?.key ?? null, twin: TWIN_IDENTITY }))
    .digest('hex');
  const path = await store.blobs.derivedPath('activations', key, 'IT.npy');
  if (isNetwork(manifest) && (await present(path))) return { path };
  return prepareTwin(benchmark, {
    manifest,
    files: filesOf(context, run),
    outDir: dirname(path),
    limits: modelLimits(env),
    onProgress,
    signal,
  });
}
