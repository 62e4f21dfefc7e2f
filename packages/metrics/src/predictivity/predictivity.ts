import { CorescoreError } from '@corescore/contracts';
import type { TrainTest } from '../folds/splits.js';
import { pearson } from '../statistics/correlation.js';
import { checkSplits, checkTarget, type Target } from './problem.js';

export interface SplitPredictivity {
  /** Pearson's r of each neuroid over the test images; NaN where it is undefined. */
  r: Float64Array;
  /** Median over the neuroids that have one; null where none has. */
  median: number | null;
  /** How many have one, of `r.length`. */
  n: number;
}

export interface Predictivity {
  /** Mean over splits of the medians; null where a split has none. */
  value: number | null;
  /** Standard error over splits: population sd / sqrt(splits). Null for a single split. */
  error: number | null;
  perSplit: SplitPredictivity[];
  /** Neuroids with a correlation in every split, of `nTotal`. */
  n: number;
  nTotal: number;
}

/** Mean of the two middle values; null of nothing. NaN counts as absent. */
export function medianOf(values: Float64Array): number | null {
  const sorted = values.filter((v) => !Number.isNaN(v)).sort();
  if (sorted.length === 0) return null;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Pearson's r of each of m neuroids between two n*m arrays; NaN where one side is constant: such a neuroid is left out
 * of the median and counted, never taken as 0.
 * @throws CorescoreError `metric_undefined` for NaN
 */
export function neuroidCorrelations(a: Float64Array, b: Float64Array, n: number, m: number): Float64Array {
  if (a.length !== n * m || b.length !== n * m)
    throw new RangeError(`${a.length} and ${b.length} values, not ${n} x ${m}`);
  const x = new Float64Array(n);
  const y = new Float64Array(n);
  const out = new Float64Array(m);
  for (let j = 0; j < m; j++) {
    for (let i = 0; i < n; i++) {
      x[i] = a[i * m + j];
      y[i] = b[i * m + j];
    }
    out[j] = pearson(x, y) ?? Number.NaN;
  }
  return out;
}

/**
 * Predictivity (METRICS 5): Pearson's r of each neuroid over the held-out images, median over neuroids, mean over
 * splits.
 *
 * A neuroid whose responses, or predictions, do not vary over a split's test images has no correlation there; it is
 * left out of that split's median, and `n` says how many have one everywhere.
 *
 * @param predictions one a split: test.length * m in the order of `test`, as the `...Predict` functions give them
 * @throws CorescoreError `metric_undefined`: a response or prediction that is not a number, a split with a single test
 *   image
 */
export function predictivity(
  target: Target,
  splits: readonly TrainTest[],
  predictions: readonly Float64Array[],
): Predictivity {
  checkTarget(target);
  checkSplits(splits, target.n);
  if (predictions.length !== splits.length) {
    throw new RangeError(`${predictions.length} predictions for ${splits.length} splits`);
  }
  const { m } = target;
  const perSplit = splits.map(({ test }, s) => {
    if (test.length < 2) throw singleImage(s);
    const r = neuroidCorrelations(predictions[s], responses(target, test), test.length, m);
    return { r, median: medianOf(r), n: r.filter((v) => !Number.isNaN(v)).length };
  });
  const everywhere = perSplit[0].r.filter((_, j) => perSplit.every(({ r }) => !Number.isNaN(r[j]))).length;
  return { ...meanAndError(perSplit.map((s) => s.median)), perSplit, n: everywhere, nTotal: m };
}

function responses({ y, m }: Target, rows: Int32Array): Float64Array {
  const out = new Float64Array(rows.length * m);
  rows.forEach((i, row) => {
    out.set(y.subarray(i * m, (i + 1) * m), row * m);
  });
  return out;
}

/** Mean and standard error over splits; null where one is absent. */
export function meanAndError(values: readonly (number | null)[]): { value: number | null; error: number | null } {
  const defined = values.filter((v) => v !== null);
  if (defined.length < values.length) return { value: null, error: null };
  const n = defined.length;
  const mean = defined.reduce((sum, v) => sum + v, 0) / n;
  const variance = defined.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n;
  return { value: mean, error: n > 1 ? Math.sqrt(variance / n) : null };
}

const singleImage = (split: number): CorescoreError =>
  new CorescoreError('metric_undefined', `Split ${split} tests a single image: a correlation needs two.`, {
    field: 'splits',
    remedy: 'Hold out at least two images a split.',
  });
