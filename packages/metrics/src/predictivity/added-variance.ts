import { CorescoreError } from '@corescore/contracts';
import type { Kernels } from '@corescore/linalg';
import type { TrainTest } from '../folds/splits.js';
import { imageCounts } from '../statistics/bootstrap.js';
import { medianInPlace } from './held-out-moments.js';
import { countsOf, type ImageDraws } from './image-draws.js';
import type { PooledGram } from './pooled-gram.js';
import { meanAndError } from './predictivity.js';
import { checkSplits, checkTarget, type Target } from './problem.js';
import { centreTarget } from './products.js';

/**
 * The Gram matrix of two sets of features side by side, the second scaled to the first's total variance over the images.
 * PLS follows variance; without this a step of larger activations would silence the other. It is the mean of theirs, not
 * the sum, so that penalties keep their meaning and a set beside itself is itself, to the bit. A set that is the same
 * for every image adds nothing.
 */
export function sideBySide(first: PooledGram, second: PooledGram): PooledGram {
  const { n, kernels } = first;
  if (second.n !== n) throw new RangeError(`features of ${n} images beside features of ${second.n}`);
  const f = first.f + second.f;
  const own = totalVariance(first);
  const other = totalVariance(second);
  if (!(other > 0)) return { k: first.k, n, f, kernels };
  if (!(own > 0)) return { k: second.k, n, f, kernels };
  const scale = own / other;
  return { k: first.k.map((v, at) => (v + scale * second.k[at]) / 2), n, f, kernels };
}

/** Times n. */
function totalVariance({ k, n }: PooledGram): number {
  let trace = 0;
  for (let i = 0; i < n; i++) trace += k[i * n + i];
  return trace;
}

export interface AddedVariance {
  /** Mean over splits of `perSplit`; null where a split has none. */
  value: number | null;
  /** Standard error over splits. */
  error: number | null;
  /** Median over neuroids of the difference in explained variance. */
  perSplit: (number | null)[];
  /**
   * Variance explained by the first alone and by both in the neuroid that is the median (the mean of the middle two), mean
   * over splits: `both` less `first` is `value`.
   */
  first: number | null;
  both: number | null;
  /** Neuroids whose responses vary over the test images of every split, of `nTotal`. */
  n: number;
  nTotal: number;
}

/**
 * Variance of the responses that a second set of features explains beyond a first (METRICS 5): on held-out images
 * max(0, R^2(first and second)) - max(0, R^2(first)), R^2 = 1 - sum (y - prediction)^2 / sum (y - mean of the training
 * rows)^2. A held-out R^2 has no lower end: one below 0 explains nothing, as the mean does, and to come from there up to 0 is
 * no gain. The difference is taken neuroid by neuroid, where noise of the responses cancels, then the median over neuroids
 * and the mean over splits. It is negative where the second set costs more by overfitting than it brings, and never more
 * than both explain. Divided by the responses' reliability (the split-half ceiling, the share of their variance that is not
 * noise) it is a share of what could be explained.
 *
 * @param first predictions of each split from the first features alone, test.length * m
 * @param both from `sideBySide`, by the same mapping
 * @throws CorescoreError `metric_undefined` for a response or prediction that is not finite
 */
export function addedVariance(
  target: Target,
  splits: readonly TrainTest[],
  first: readonly Float64Array[],
  both: readonly Float64Array[],
): AddedVariance {
  const { m } = target;
  const perSplit = splitErrors(target, splits, first, both).map(({ total, a, b }) => {
    const [totals, alone, together] = [total, a, b].map((rows) => columnSums(rows, m));
    const neuroids = Array.from(totals.keys())
      .filter((j) => totals[j] > 0)
      .map((j) => ({ j, first: explained(alone[j], totals[j]), both: explained(together[j], totals[j]) }));
    return { varies: neuroids.map(({ j }) => j), middle: middleByGain(neuroids) };
  });
  const everywhere = perSplit[0].varies.filter((j) => perSplit.every((split) => split.varies.includes(j)));
  const added = perSplit.map(({ middle }) => (middle === null ? null : middle.both - middle.first));
  return {
    ...meanAndError(added),
    perSplit: added,
    first: meanAndError(perSplit.map(({ middle }) => middle?.first ?? null)).value,
    both: meanAndError(perSplit.map(({ middle }) => middle?.both ?? null)).value,
    n: everywhere.length,
    nTotal: m,
  };
}

/** Share of the variance that predictions explain, from sums of squares: a worse guess than the mean explains nothing. */
const explained = (squaredErrors: number, total: number): number => Math.max(0, 1 - squaredErrors / total);

interface Explained {
  first: number;
  both: number;
}

/** The neuroid whose gain is the median, or the mean of the middle two; null of none. */
function middleByGain(neuroids: readonly Explained[]): Explained | null {
  const sorted = [...neuroids].sort((x, z) => x.both - x.first - (z.both - z.first));
  const half = sorted.length >> 1;
  if (sorted.length === 0) return null;
  if (sorted.length % 2 === 1) return sorted[half];
  const [below, above] = [sorted[half - 1], sorted[half]];
  return { first: (below.first + above.first) / 2, both: (below.both + above.both) / 2 };
}

/** `addedVariance` in the bootstrap draws of `predictivityDraws`: the same images. @returns NaN where undefined */
export async function addedVarianceDraws(
  target: Target,
  splits: readonly TrainTest[],
  first: readonly Float64Array[],
  both: readonly Float64Array[],
  { draws, seed }: ImageDraws,
  kernels: Pick<Kernels, 'multiply'>,
): Promise<Float64Array> {
  const { n, m } = target;
  const counts = imageCounts(n, draws, seed);
  const out = new Float64Array(draws);
  const gains = new Float64Array(m);
  for (const [s, { total, a, b }] of splitErrors(target, splits, first, both).entries()) {
    const { test } = splits[s];
    const { weights } = countsOf(counts, n, draws, test);
    const sumsOf = (rows: Float64Array): Promise<Float64Array> =>
      kernels.multiply(weights, rows, { rows: draws, inner: test.length, columns: m });
    const [totals, alone, together] = [await sumsOf(total), await sumsOf(a), await sumsOf(b)];
    for (let draw = 0; draw < draws; draw++) {
      let defined = 0;
      for (let at = draw * m; at < (draw + 1) * m; at++) {
        if (totals[at] > 0) gains[defined++] = explained(together[at], totals[at]) - explained(alone[at], totals[at]);
      }
      out[draw] += medianInPlace(gains, defined) / splits.length;
    }
  }
  return out;
}

interface SquaredErrors {
  /** (y - training mean)^2, and of both predictions (y - prediction)^2: test.length * m. */
  total: Float64Array;
  a: Float64Array;
  b: Float64Array;
}

function splitErrors(
  target: Target,
  splits: readonly TrainTest[],
  first: readonly Float64Array[],
  both: readonly Float64Array[],
): SquaredErrors[] {
  checkTarget(target);
  checkSplits(splits, target.n);
  if (first.length !== splits.length || both.length !== splits.length) {
    throw new RangeError(`${first.length} and ${both.length} predictions for ${splits.length} splits`);
  }
  const { y, m } = target;
  return splits.map(({ train, test }, s) => {
    const size = test.length * m;
    for (const predicted of [first[s], both[s]]) {
      if (predicted.length !== size) throw new RangeError(`${predicted.length} values, not ${test.length} x ${m}`);
      if (!predicted.every(Number.isFinite)) {
        throw new CorescoreError('metric_undefined', `Split ${s} has a prediction that is not finite.`, {
          field: 'predictions',
        });
      }
    }
    const { mean } = centreTarget(y, m, train);
    const out = { total: new Float64Array(size), a: new Float64Array(size), b: new Float64Array(size) };
    for (let t = 0; t < test.length; t++) {
      for (let j = 0; j < m; j++) {
        const at = t * m + j;
        const value = y[test[t] * m + j];
        out.total[at] = (value - mean[j]) ** 2;
        out.a[at] = (value - first[s][at]) ** 2;
        out.b[at] = (value - both[s][at]) ** 2;
      }
    }
    return out;
  });
}

function columnSums(rows: Float64Array, m: number): Float64Array {
  const out = new Float64Array(m);
  for (let at = 0; at < rows.length; at++) out[at % m] += rows[at];
  return out;
}
