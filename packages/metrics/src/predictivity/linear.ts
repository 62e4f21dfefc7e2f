import type { TrainTest } from '../folds/splits.js';
import { foldKernel, linearCombination, solvePositive } from './fold-kernel.js';
import { largestSquare, type PooledGram } from './pooled-gram.js';
import { checkProblem, type Target } from './problem.js';
import { centreTarget } from './products.js';

/** Share of the largest squared length below which a direction of the features is rounding: a millionth in lengths. */
const DEPENDENT = 1e-12;

export interface LinearPrediction {
  /** One a split: test.length * m, in the order of `test`. */
  predictions: Float64Array[];
  /** Rank of the centred training features in each split. */
  ranks: number[];
}

/**
 * Least squares with an intercept, of the smallest norm where it is not unique (METRICS 5, `linear`); scikit-learn's
 * `LinearRegression`. K = L L' by Cholesky with pivoting gives images as coordinates L in an orthonormal basis of the
 * training features' span; in these the problem is regular. Working from the Gram, directions in which the images reach
 * less than 1e-6 of the longest of them count as none, where scikit-learn, working from X, keeps them down to 1e-16.
 *
 * @throws CorescoreError `metric_undefined`: a response that is not finite, an empty split
 */
export function linearPredict(gram: PooledGram, target: Target, splits: readonly TrainTest[]): LinearPrediction {
  checkProblem(gram, target, splits);
  const fits = splits.map((split) => fit(gram, target, split));
  return { predictions: fits.map((f) => f.predictions), ranks: fits.map((f) => f.rank) };
}

function fit(gram: PooledGram, { y, m }: Target, split: TrainTest): { predictions: Float64Array; rank: number } {
  const n = split.train.length;
  const kernel = foldKernel(gram, split);
  const { yc, mean } = centreTarget(y, m, split.train);
  const { train, test, rank } = coordinates(kernel.train, kernel.test, n, DEPENDENT * largestSquare(gram));
  const normal = new Float64Array(rank * rank);
  for (let p = 0; p < rank; p++) {
    const a = train[p];
    for (let q = 0; q <= p; q++) {
      const b = train[q];
      let sum = 0;
      for (let i = 0; i < n; i++) sum += a[i] * b[i];
      normal[p * rank + q] = sum;
    }
  }
  const right = new Float64Array(rank * m);
  for (let p = 0; p < rank; p++) {
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) right[p * m + j] += train[p][i] * yc[i * m + j];
  }
  // L has full column rank by construction.
  const coefficients = solvePositive(gram.kernels.loops, normal, rank, right, m)!;
  const rows = new Float64Array(split.test.length * rank);
  for (let i = 0; i < split.test.length; i++) for (let p = 0; p < rank; p++) rows[i * rank + p] = test[p][i];
  return { predictions: linearCombination(rows, split.test.length, coefficients, mean), rank };
}

/**
 * Pivoted Cholesky, column by column: K = L L' with as many columns as K has rank, and the rows of L that belong to the
 * test images.
 */
function coordinates(
  k: Float64Array,
  kTest: Float64Array,
  n: number,
  floor: number,
): { train: Float64Array[]; test: Float64Array[]; rank: number } {
  const left = Float64Array.from({ length: n }, (_, i) => k[i * n + i]);
  const train: Float64Array[] = [];
  const test: Float64Array[] = [];
  // Rows of a centred K sum to 0: one of them depends on the others.
  while (train.length < n - 1) {
    let pivot = 0;
    for (let i = 1; i < n; i++) if (left[i] > left[pivot]) pivot = i;
    if (!(left[pivot] > floor)) break;
    const scale = 1 / Math.sqrt(left[pivot]);
    const column = Float64Array.from({ length: n }, (_, i) => k[i * n + pivot]);
    const testColumn = Float64Array.from({ length: kTest.length / n }, (_, i) => kTest[i * n + pivot]);
    train.forEach((earlier, p) => {
      const factor = earlier[pivot];
      for (let i = 0; i < n; i++) column[i] -= factor * earlier[i];
      for (let i = 0; i < testColumn.length; i++) testColumn[i] -= factor * test[p][i];
    });
    for (let i = 0; i < n; i++) {
      column[i] *= scale;
      left[i] -= column[i] * column[i];
    }
    for (let i = 0; i < testColumn.length; i++) testColumn[i] *= scale;
    left[pivot] = 0;
    train.push(column);
    test.push(testColumn);
  }
  return { train, test, rank: train.length };
}
