import { type Activations, type Benchmark, scoreActivations, scoreControls, withControls } from '@corescore/benchmarks';
import { isNetwork, type Manifest, type Receipt, type ScoreReport } from '@corescore/contracts';
import type { ClaimedRun, QueueJob } from '@corescore/store';
import { type Context, newHolder, VERSION } from '../context.js';
import { conduct } from './conduct.js';
import { DerivedLost, filesOf, withDerived } from './derived.js';
import { benchmarkOf } from './extract.js';
import { ensureNullRows, NULL_KIND, scoreNullRow } from './null-rows.js';
import { scoreAgain } from './score-again.js';
import { twinOf } from './twin.js';

function receiptOf(run: ClaimedRun, benchmark: Benchmark, report: ScoreReport): Receipt {
  const { extraction } = run;
  return {
    runId: run.id,
    model: { owner: run.model.owner, name: run.model.name, digest: run.model.digest },
    benchmark: report.benchmark,
    benchmarkDigest: report.benchmarkDigest,
    stimulusSetDigest: run.stimulusSetDigest,
    activations: extraction === null ? {} : { IT: extraction.key },
    versions: { corescore: VERSION, engine: extraction?.engine ?? 'none', node: process.versions.node },
    engine: extraction?.engine ?? 'none',
    provider: extraction?.provider ?? 'none',
    seeds: {
      folds: (benchmark.definition.parameters['folds'] as { seeds: number[] }).seeds,
      bootstrap: benchmark.bootstrap.seed,
    },
    scoringVersion: report.scoringVersion,
    scores: report.scores,
  };
}

/** A `score` job: computes headline and controls, and writes scores, series, images and receipt in one transaction. */
export async function scoreRun(context: Context, job: QueueJob): Promise<void> {
  const { store, env } = context;
  const holder = newHolder();
  const run = await store.runs.claim(job.runId, 'scoring', holder, env.leaseSeconds);
  if (run === null) return;
  await conduct(context, { run, holder }, async ({ signal, progress }) => {
    const benchmark = benchmarkOf(context, run);
    const onTwin = progress('images of the untrained twin');
    const onProgress = progress('time steps');
    const score = async (): Promise<ScoreReport> => {
      if (run.model.kind === NULL_KIND) return scoreNullRow(context, run, benchmark, { onProgress, signal });
      const { extraction, ...activations } = activationsOf(run);
      const headline = await scoreActivations(benchmark, activations, { onProgress, signal });
      const beside = env.beside === 'yes' || (env.beside === 'networks' && isNetwork(run.model.manifest as Manifest));
      if (!beside) return headline;
      const twin = await twinOf(context, { ...run, extraction }, benchmark, signal, onTwin);
      return withDerived('path' in twin ? [twin] : [], signal, () =>
        headlineWithControls(benchmark, { ...activations, twin }, headline, { onProgress, signal }),
      );
    };
    const report = await withDerived(run.extraction === null ? [] : filesOf(run.extraction), signal, score);
    if (!(await store.runs.finish(run.id, holder, { report, receipt: receiptOf(run, benchmark, report) }))) return;
    await ensureNullRows(context, benchmark);
    await scoreAgain(context);
  });
}

/** Until controls are rows of their own: all of them, merged into the report of the headline. */
async function headlineWithControls(
  benchmark: Benchmark,
  activations: Activations,
  headline: ScoreReport,
  { onProgress, signal }: { onProgress: (done: number, total: number) => void; signal: AbortSignal },
): Promise<ScoreReport> {
  const controls = await scoreControls(benchmark, activations, {
    headline,
    signal,
    onProgress: (_control, done, total) => onProgress(done, total),
  });
  return withControls(headline, controls);
}

function activationsOf(run: ClaimedRun) {
  const { extraction } = run;
  const it = extraction?.regions.IT;
  // Another run has found them gone while this one waited.
  if (extraction === null || it === undefined) throw new DerivedLost(false, 'IT.npy');
  return { extraction, path: it.path, temporal: it.temporal, clock: (run.model.manifest as Manifest).clock };
}
