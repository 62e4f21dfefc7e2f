import { availableParallelism } from 'node:os';
import { type Clock, CorescoreError, type ScoreReport } from '@corescore/contracts';
import { readNpyHeader } from '@corescore/formats';
import { clockWindows } from '@corescore/metrics';
import { besideTask, besideTasks } from '../controls/observe.js';
import type { Twin } from '../controls/twin.js';
import type { Benchmark } from '../definitions/benchmark.js';
import { predictPlan, predictRecordings } from '../kinds/predictivity/predict.js';
import { buildReport, type Observation } from '../kinds/solution-times/report.js';
import { type ScoringPool, withPool } from '../processes/pool.js';
import { binMixtures, coverage, type Mixture } from './mixtures.js';

/** IT activations of a subject for the benchmark's images. */
export interface Activations {
  /** float32 .npy [step][stimulus][feature], stimuli sorted by id. */
  path: string;
  clock: Clock | undefined;
  /** Whether the activations change over time; if not, they count as one window held over all bins. */
  temporal: boolean;
  /** Activations of the untrained twin, of the same shape; default: none was run. */
  twin?: Twin;
}

export interface ScoreOptions {
  threads?: number;
  /**
   * Whether to run what stands beside the scores (strip, floor, native steps, temporal generalisation, each step against
   * each time bin); default true.
   */
  beside?: boolean;
  /** Tasks done so far, of how many: time mixtures decoded, parts of the recordings predicted, what stands beside them. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

function plan(
  benchmark: Benchmark,
  activations: Activations,
  steps: number,
): { mixtures: Mixture[]; ofBin: number[]; notes: string[]; temporal: boolean } {
  const { clock } = activations;
  const firstStep = clock?.firstStep ?? 0;
  if (clock === undefined || !activations.temporal) {
    const only = new Float64Array(steps);
    only[firstStep] = 1;
    const why =
      clock === undefined ? 'The model declares no clock' : 'The recorded activations do not change over time';
    return {
      mixtures: [only],
      ofBin: [0],
      notes: [`${why}: not temporal, one window held over all bins.`],
      temporal: false,
    };
  }
  const windows = clockWindows(clock, steps);
  const { mixtures, ofBin } = binMixtures(windows, benchmark.bins, firstStep);
  if (mixtures.length === 0) {
    const first = benchmark.bins[0].startMs;
    const last = benchmark.bins[benchmark.bins.length - 1].endMs;
    throw new CorescoreError(
      'invalid_manifest',
      `The clock covers ${windows[0].startMs}-${windows[windows.length - 1].endMs} ms; the benchmark measures ${first}-${last} ms.`,
      {
        field: '/clock',
        remedy: `Declare a clock whose windows fall within ${first}-${last} ms after image onset.`,
      },
    );
  }
  return {
    mixtures,
    ofBin,
    notes: [`The clock ${coverage(ofBin, benchmark.bins)}; mapping: overlap.`],
    temporal: true,
  };
}

async function observe(
  benchmark: Benchmark,
  activations: Activations,
  pool: ScoringPool,
  options: ScoreOptions,
): Promise<Observation> {
  const header = await readNpyHeader(activations.path);
  if (header.shape.length !== 3 || header.shape[1] !== benchmark.labels.length) {
    throw new CorescoreError(
      'array_shape',
      `The activations have shape ${header.shape.join(' x ')}; the benchmark has ${benchmark.labels.length} images.`,
      {
        remedy: 'Give one array [step][stimulus][feature] over all images of the stimulus set.',
      },
    );
  }
  const { mixtures, ofBin, notes, temporal } = plan(benchmark, activations, header.shape[0]);
  // Without time the one mixture stands for every bin of the recordings.
  const firstStep = activations.clock?.firstStep ?? 0;
  const overSteps = options.beside === false ? 'not_run' : { firstStep, benchmark };
  const predictions = temporal
    ? predictPlan(mixtures, ofBin, overSteps)
    : predictPlan(
        mixtures,
        benchmark.bins.map(() => 0),
        'not_temporal',
      );
  const recorded = {
    path: activations.path,
    mixtures,
    ofBin,
    temporal,
    steps: header.shape[0],
    firstStep,
    twin: activations.twin ?? { reason: 'not_run' as const, note: 'no twin was run' },
  };
  const beside = options.beside === false ? null : besideTasks(benchmark, recorded, pool);
  const total = mixtures.length + predictions.tasks + (beside?.tasks.length ?? 0);
  let done = 0;
  const onDone = () => {
    done += 1;
    options.onProgress?.(done, total);
  };
  // The first task may take long: that it has begun is told before.
  options.onProgress?.(0, total);
  const decodeOne = async (mixture: number) => {
    const task = besideTask(benchmark, recorded, mixture);
    const found =
      beside === null
        ? { main: await pool.run('decodeMixture', task), beside: null }
        : await pool.run('decodeBeside', task).then((all) => ({ main: all.main, beside: all }));
    onDone();
    return found;
  };
  const [decoded, predictivity] = await Promise.all([
    Promise.all(mixtures.map((_, mixture) => decodeOne(mixture))),
    predictRecordings(benchmark, activations.path, predictions, pool, onDone),
    ...(beside?.tasks ?? []).map((task) => task().then(onDone)),
  ]);
  const ofMixture = (bin: number) => (bin < 0 ? null : decoded[bin].main);
  const seenBeside = beside?.result(decoded.map((d) => d.beside!)) ?? null;
  return {
    i1: ofBin.map((bin) => ofMixture(bin)?.i1 ?? null),
    correct: ofBin.map((bin) => ofMixture(bin)?.correct ?? null),
    temporal,
    predictivity,
    beside: seenBeside,
    maxDualityGap: Math.max(seenBeside?.maxGap ?? 0, ...decoded.map((d) => d.main.maxGap)),
    notes: [...notes, `Computed with ${await pool.run('kernelsUsed', null)}.`],
  };
}

/** Decodes the activations over time and scores them: the one code path of server, `run --local` and tests. */
export async function scoreActivations(
  benchmark: Benchmark,
  activations: Activations,
  options: ScoreOptions = {},
): Promise<ScoreReport> {
  return withPool(options.threads ?? availableParallelism(), options.signal, async (pool) =>
    buildReport(benchmark, await observe(benchmark, activations, pool, options), pool),
  );
}
