import type { TrainTest } from '../folds/splits.js';
import type { TimeWindow } from '../solution-times/time.js';
import { type Predictivity, predictivity } from './predictivity.js';
import type { Target } from './problem.js';

/** Early and late IT (METRICS 5), ms after image onset. */
export const EARLY_IT: TimeWindow = { startMs: 90, endMs: 110 };
export const LATE_IT: TimeWindow = { startMs: 150, endMs: 200 };

export interface WindowMean {
  /** Null where no bin lies in the window, or one of them has no value. */
  value: number | null;
  /** Bins in the window. */
  bins: number;
}

/** Mean over the bins that lie wholly within the window. @param values one a bin, null where undefined */
export function meanInWindow(
  values: readonly (number | null)[],
  bins: readonly TimeWindow[],
  window: TimeWindow,
): WindowMean {
  if (values.length !== bins.length) throw new RangeError(`${values.length} values for ${bins.length} bins`);
  const inside = values.filter((_, b) => bins[b].startMs >= window.startMs && bins[b].endMs <= window.endMs);
  const defined = inside.filter((v) => v !== null);
  const value = inside.length === 0 || defined.length < inside.length ? null : mean(defined);
  return { value, bins: inside.length };
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

export interface PredictivityOverTime {
  perBin: Predictivity[];
  early: WindowMean;
  late: WindowMean;
}

/**
 * Predictivity of one model step (or mixture) in every time bin of a recording, and its means over early and late IT.
 * Kar et al. (2019): feed-forward networks predict late IT worse than early IT.
 *
 * @param responses one a bin: n*m row-major, the mean over repetitions
 * @param regress fits and predicts on one bin, e.g. `async (target) => (await plsPredict(gram, target, splits)).predictions`; the
 *   pooled Gram serves all bins
 * @throws CorescoreError as `predictivity` and the regression
 */
export async function predictivityOverTime(
  responses: readonly Float64Array[],
  n: number,
  m: number,
  bins: readonly TimeWindow[],
  splits: readonly TrainTest[],
  regress: (target: Target) => Promise<readonly Float64Array[]> | readonly Float64Array[],
): Promise<PredictivityOverTime> {
  if (responses.length !== bins.length) throw new RangeError(`${responses.length} responses for ${bins.length} bins`);
  const perBin: Predictivity[] = [];
  for (const y of responses) {
    const target: Target = { y, n, m };
    perBin.push(predictivity(target, splits, await regress(target)));
  }
  const values = perBin.map((p) => p.value);
  return { perBin, early: meanInWindow(values, bins, EARLY_IT), late: meanInWindow(values, bins, LATE_IT) };
}
