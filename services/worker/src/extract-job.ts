import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { type Benchmark, type Prepared, prepareActivations, SUPPLIED } from '@corescore/benchmarks';
import { CorescoreError, canonicalJson, isNetwork, type Manifest } from '@corescore/contracts';
import { activationsKey, chooseEngine, outputIdentity } from '@corescore/runtime';
import type { ClaimedRun, ExtractionRow, QueueJob } from '@corescore/store';
import { conduct, KnownFailure, type Stage } from './conduct.js';
import { type Context, enqueue, modelLimits, newHolder } from './context.js';
import { filesOf } from './model-files.js';
import { NULL_KIND } from './null-rows.js';
import { present } from './present.js';

/** Everything that decides the bytes of the activations: runs with the same key share them. */
async function keyOf({ env }: Context, run: ClaimedRun, manifest: Manifest, benchmark: Benchmark): Promise<string> {
  if (isNetwork(manifest)) {
    const { engine, provider } = await chooseEngine(manifest.kind, env.providers);
    return activationsKey({
      semanticDigest: run.model.semanticDigest ?? run.model.digest,
      input: manifest.input,
      imageDegrees: benchmark.definition.visualDegrees,
      stimulusDigest: run.stimulusSetDigest,
      output: outputIdentity(manifest, 'IT'),
      engine,
      provider,
    });
  }
  const parts = {
    files: run.model.files,
    regions: manifest.regions,
    stimuli: manifest.stimuli,
    set: run.stimulusSetDigest,
    ...SUPPLIED,
  };
  return createHash('sha256').update(canonicalJson(parts)).digest('hex');
}

async function compute(
  context: Context,
  run: ClaimedRun,
  key: string,
  { signal, progress }: Stage,
): Promise<Omit<ExtractionRow, 'key'>> {
  const { store, env } = context;
  const benchmark = benchmarkOf(context, run);
  const manifest = run.model.manifest as Manifest;
  const outDir = dirname(await store.blobs.derivedPath('activations', key, 'IT.npy'));
  const prepared: Prepared = await prepareActivations(benchmark, {
    manifest,
    files: filesOf(context, run),
    outDir,
    limits: modelLimits(env),
    onProgress: progress('images'),
    onLog: (line) => void store.events.log(run.id, line).catch(() => undefined),
    signal,
  });
  const { extraction, regions, engine, provider } = prepared;
  const stats =
    extraction === null
      ? {}
      : { batchSize: extraction.batchSize, peakMemoryBytes: extraction.peakMemoryBytes, wallMs: extraction.wallMs };
  return { engine, provider, regions, stats };
}

export function benchmarkOf(context: Context, run: ClaimedRun): Benchmark {
  const benchmark = context.benchmarks.get(run.benchmark);
  if (benchmark === undefined || benchmark.definition.digest !== run.benchmarkDigest) {
    throw new CorescoreError('infrastructure', `This worker does not have ${run.benchmark} as it was registered.`, {
      remedy: 'Update the worker, or the service that registered the benchmark.',
    });
  }
  return benchmark;
}

/** An `extract` job: activations of the run's model for the benchmark's images, its own or shared ones. */
export async function extractRun(context: Context, job: QueueJob): Promise<void> {
  const { store, env } = context;
  const holder = newHolder();
  const run = await store.runs.claim(job.runId, 'extracting', holder, env.leaseSeconds);
  if (run === null) return;
  let ours: string | null = null;

  const proceed = async (extraction: { key: string | null; engine: string; provider: string }): Promise<void> => {
    const moved = await store.runs.toScoring(run.id, holder, {
      extractionKey: extraction.key,
      engine: extraction.engine,
      provider: extraction.provider,
    });
    if (moved) await store.queues.enqueue('score', { runId: run.id, attempt: run.attempt });
  };

  await conduct(
    context,
    {
      run,
      holder,
      heartbeat: async () => ours === null || store.extractions.heartbeat(ours, holder, env.leaseSeconds),
      onFailure: async (failure) => {
        if (ours !== null) await enqueue(store, (await store.extractions.failed(ours, holder, failure)) ?? []);
      },
    },
    async (stage) => {
      if (run.model.kind === NULL_KIND) return proceed({ key: null, engine: 'none', provider: 'none' });
      const key = await keyOf(context, run, run.model.manifest as Manifest, benchmarkOf(context, run));
      const known = await store.extractions.get(key);
      if (
        known !== null &&
        !(await Promise.all(Object.values(known.regions).map((r) => present(r.path)))).every(Boolean)
      ) {
        // The files were deleted to free disk: the row promises what is not there.
        await store.extractions.discard(key);
      }
      const claim = await store.extractions.claim(key, holder, env.leaseSeconds, run.queuedAt);
      if (claim.state === 'failed') throw new KnownFailure(claim.failure);
      if (claim.state === 'done') return proceed(claim.extraction);
      if (claim.state === 'running') {
        await store.runs.release(run.id, holder, { waitingFor: key });
        return;
      }
      ours = key;
      const result = await compute(context, run, key, stage);
      const waiting = await store.extractions.done(key, holder, result);
      ours = null;
      await proceed({ key, ...result });
      await enqueue(store, waiting ?? []);
    },
  );
}
