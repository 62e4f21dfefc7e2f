import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { type Benchmark, type Prepared, prepareActivations, SUPPLIED } from '@corescore/benchmarks';
import { CorescoreError, canonicalJson, isNetwork, type Manifest } from '@corescore/contracts';
import { removeSealed, sealFile } from '@corescore/contracts/sealed';
import { activationsKey, chooseEngine, outputIdentity } from '@corescore/runtime';
import type { ClaimedRun, ExtractionRow, QueueJob, StoredModelVersion } from '@corescore/store';
import { type Context, enqueue, modelLimits, newHolder } from '../context.js';
import { conduct, KnownFailure, type Stage } from './conduct.js';
import { filesOf, stateOf, writingDerived } from './derived.js';
import { checkOut } from './model-files.js';
import { NULL_KIND, sourceOf } from './null-rows.js';

/** Everything that decides the bytes of the activations: runs with the same key share them. */
async function keyOf({ env }: Context, model: StoredModelVersion, benchmark: Benchmark): Promise<string> {
  const manifest = model.manifest as Manifest;
  const stimulusDigest = benchmark.definition.stimulusSet.digest;
  if (isNetwork(manifest)) {
    const { engine, provider } = await chooseEngine(manifest.kind, env.providers);
    return activationsKey({
      semanticDigest: model.semanticDigest ?? model.digest,
      input: manifest.input,
      imageDegrees: benchmark.definition.visualDegrees,
      stimulusDigest,
      output: outputIdentity(manifest, 'IT'),
      engine,
      provider,
    });
  }
  const parts = {
    files: model.files,
    regions: manifest.regions,
    stimuli: manifest.stimuli,
    set: stimulusDigest,
    ...SUPPLIED,
  };
  return createHash('sha256').update(canonicalJson(parts)).digest('hex');
}

async function compute(
  context: Context,
  run: ClaimedRun,
  model: StoredModelVersion,
  key: string,
  { signal, progress }: Stage,
): Promise<Omit<ExtractionRow, 'key'>> {
  const { store, env } = context;
  const benchmark = benchmarkOf(context, run);
  const manifest = model.manifest as Manifest;
  const outDir = dirname(await store.blobs.derivedPath(key, 'IT.npy'));
  // What an extraction that was cut off, or is not whole any more, has left under these names.
  for (const region of benchmark.definition.regions) await removeSealed(join(outDir, `${region}.npy`));
  const { files, release } = await checkOut(context, model, signal);
  const prepared = await writingDerived(outDir, async () => {
    const made: Prepared = await prepareActivations(benchmark, {
      manifest,
      files,
      outDir,
      limits: modelLimits(env),
      onProgress: progress('images'),
      onLog: (line) => void store.events.log(run.id, line).catch(() => undefined),
      signal,
    });
    for (const { path } of Object.values(made.regions)) await sealFile(path);
    return made;
  }).finally(release);
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
      const model = run.model.kind === NULL_KIND ? await sourceOf(context, run) : run.model;
      if (model === null) return proceed({ key: null, engine: 'none', provider: 'none' });
      const key = await keyOf(context, model, benchmarkOf(context, run));
      const known = await store.extractions.get(key);
      for (const file of known === null ? [] : filesOf(known)) {
        // Deleted to free disk, or damaged: the row promises what is not there.
        if ((await stateOf(file)) !== 'whole') await store.extractions.discard(key);
      }
      const claim = await store.extractions.claim(key, holder, env.leaseSeconds, run.queuedAt);
      if (claim.state === 'failed') throw new KnownFailure(claim.failure);
      if (claim.state === 'done') return proceed(claim.extraction);
      if (claim.state === 'running') {
        await store.runs.release(run.id, holder, { waitingFor: key });
        return;
      }
      ours = key;
      const result = await compute(context, run, model, key, stage);
      const waiting = await store.extractions.done(key, holder, result);
      ours = null;
      await proceed({ key, ...result });
      await enqueue(store, waiting ?? []);
    },
  );
}
