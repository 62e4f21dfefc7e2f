import { CorescoreError, type ErrorContext, type ProblemCode } from '@corescore/contracts';
import { readNpyHeader, readNpyRows } from '@corescore/formats';
import { createOrtKernels, type Kernels } from '@corescore/linalg';
import {
  bootstrap,
  type DecodedStep,
  decodeStep,
  plsPredict,
  pooledGram,
  predictivity,
  type TrainTest,
} from '@corescore/metrics';
import { type OstSample, type OstStatistic, ostStatistic } from './ost-statistics.js';
import type { BinPredictivity } from './predictivity-scores.js';

/** The cross-validated decode of one mixture of recorded steps. `path`: .npy [step][stimulus][feature]. */
export interface DecodeTask {
  path: string;
  weights: Float64Array;
  labels: Int32Array;
  classes: number;
  folds: Int32Array[];
  c: number;
}

/** PLS from one mixture of recorded steps to the responses of some bins, image x neuroid. */
export interface PredictTask {
  path: string;
  weights: Float64Array;
  responses: Float64Array[];
  neuroids: number;
  splits: TrainTest[];
  components: number;
}

export interface Interval {
  low: number;
  high: number;
}

export interface OstIntervalTask {
  statistic: OstStatistic;
  sample: OstSample;
  draws: number;
  seed: number;
}

export interface MeanIntervalTask {
  /** Curves over the same images; each gets the interval of its mean, all from the same draws. */
  curves: Float64Array[];
  draws: number;
  seed: number;
}

/** An error class does not survive the way between threads: what is ours travels as data. */
export type ThreadResult<T> =
  | { ok: true; value: T }
  | { ok: false; code: ProblemCode; detail: string; context: ErrorContext };

export async function guarded<T>(work: () => Promise<T> | T): Promise<ThreadResult<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (!(error instanceof CorescoreError)) throw error;
    const context: ErrorContext = {};
    if (error.field !== undefined) context.field = error.field;
    if (error.remedy !== undefined) context.remedy = error.remedy;
    return { ok: false, code: error.code, detail: error.message, context };
  }
}

let kernels: Promise<Kernels> | undefined;

/** The threads are ours, one task each: one-thread sessions side by side beat one session over all cores. */
export function threadKernels(): Promise<Kernels> {
  kernels ??= createOrtKernels({ threads: 1 });
  return kernels;
}

/** Reads the steps that have a weight one at a time, so that a thread never holds more than two. */
export async function mixedFeatures(
  path: string,
  weights: Float64Array,
): Promise<{ x: Float32Array; n: number; f: number }> {
  const header = await readNpyHeader(path);
  const [, n, f] = header.shape;
  const used = [...weights.keys()].filter((s) => weights[s] !== 0);
  if (used.length === 1) return { x: await readNpyRows(path, header, used[0], 1), n, f };
  const sum = new Float64Array(n * f);
  for (const step of used) {
    const rows = await readNpyRows(path, header, step, 1);
    const w = weights[step];
    for (let i = 0; i < sum.length; i++) sum[i] += w * rows[i];
  }
  return { x: Float32Array.from(sum), n, f };
}

export function decodeMixture(task: DecodeTask): Promise<ThreadResult<DecodedStep>> {
  return guarded(async () => {
    const { x, n, f } = await mixedFeatures(task.path, task.weights);
    const { labels, classes, folds, c } = task;
    return decodeStep({ x, n, f, labels, classes, folds, c }, await threadKernels());
  });
}

export function predictBins(task: PredictTask): Promise<ThreadResult<BinPredictivity[]>> {
  return guarded(async () => {
    const { x, n, f } = await mixedFeatures(task.path, task.weights);
    const gram = await pooledGram(x, n, f, await threadKernels());
    // A subject with fewer features than components is regressed on all it has.
    const components = Math.min(task.components, f, ...task.splits.map((split) => split.train.length));
    const found: BinPredictivity[] = [];
    for (const y of task.responses) {
      const target = { y, n, m: task.neuroids };
      const { predictions } = await plsPredict(gram, target, task.splits, components);
      const { value, perSplit, n: defined } = predictivity(target, task.splits, predictions);
      found.push({ value, perSplit: perSplit.map((split) => split.median), n: defined, components });
    }
    return found;
  });
}

/** 95 % percentile interval over images; null when too few draws are defined. */
export function ostInterval(task: OstIntervalTask): Promise<ThreadResult<Interval | null>> {
  const { sample, statistic, draws, seed } = task;
  return guarded(() => bootstrap(sample.ostMs.length, draws, seed, ostStatistic(statistic, sample)));
}

export function meanIntervals(task: MeanIntervalTask): Promise<ThreadResult<(Interval | null)[]>> {
  return guarded(() =>
    task.curves.map((curve) =>
      bootstrap(curve.length, task.draws, task.seed, (rows) => {
        let sum = 0;
        let n = 0;
        for (const row of rows) {
          const v = curve[row];
          if (Number.isNaN(v)) continue;
          sum += v;
          n += 1;
        }
        return n === 0 ? null : sum / n;
      }),
    ),
  );
}
