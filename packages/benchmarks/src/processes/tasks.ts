import { describeKernels } from '@corescore/linalg';
import { bootstrap, bootstrapMean, type DecodedStep, decodeStep, type MeanSampling } from '@corescore/metrics';
import { type OstSample, type OstStatistic, ostStatistic } from '../kinds/solution-times/ost-statistics.js';
import type { DecodeTask } from './decode-task.js';
import { mixedFeatures, threadKernels } from './features.js';
import { guarded, type ThreadResult } from './task-result.js';

export { decodeReadOuts, decodeSoFar, decodeVariants, generalise } from '../controls/tasks.js';
export { addedToFirst, chosenDraws, predictBins } from './predict-tasks.js';
export { similarBins } from './similarity-tasks.js';

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
  sampling: MeanSampling;
  draws: number;
  seed: number;
}

/** Which kernels this machine computes with, in words. */
export function kernelsUsed(): Promise<ThreadResult<string>> {
  return guarded(async () => describeKernels(await threadKernels()));
}

export function decodeMixture(task: DecodeTask): Promise<ThreadResult<DecodedStep>> {
  return guarded(async () => {
    const { x, n, f } = await mixedFeatures(task.path, task.weights);
    const { labels, classes, folds, c } = task;
    return decodeStep({ x, n, f, labels, classes, folds, c }, await threadKernels());
  });
}

/** 95 % interval over images; null when too few draws are defined. */
export function ostInterval(task: OstIntervalTask): Promise<ThreadResult<Interval | null>> {
  const { sample, statistic, draws, seed } = task;
  return guarded(() => bootstrap(sample.ostMs.length, draws, seed, ostStatistic(statistic, sample)));
}

export function meanIntervals(task: MeanIntervalTask): Promise<ThreadResult<(Interval | null)[]>> {
  const { curves, draws, seed, sampling } = task;
  return guarded(() => curves.map((curve) => bootstrapMean(curve, draws, seed, sampling)));
}
