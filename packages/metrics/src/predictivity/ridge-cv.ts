import type { TrainTest } from '../folds/splits.js';
import { foldKernel, linearCombination, solveColumns } from './fold-kernel.js';
import type { PooledGram } from './pooled-gram.js';
import { checkProblem, type Target } from './problem.js';
import { addProduct, allRows, centreTarget } from './products.js';
import { alphaTooSmall, checkAlpha } from './ridge.js';
import { factorShifted, type ShiftedFactor, solveShifted, type Tridiagonal, tridiagonalise } from './tridiagonal.js';

export interface RidgeCvPrediction {
  /** One a split: test.length * m, in the order of `test`. */
  predictions: Float64Array[];
  /** The alpha that each split chose: one for all its neuroids. */
  alphas: number[];
}

/**
 * Ridge regression whose alpha is chosen inside each training fold (METRICS 5, `ridge-cv`), as scikit-learn's
 * `RidgeCV(alphas)`: of the grid the alpha with the least squared leave-one-out error, averaged over training images
 * and neuroids; the first of equals. (What scikit-learn calls generalised cross-validation is this exact leave-one-out
 * error, from the diagonal of the inverse.) One decomposition of K serves the whole grid.
 *
 * @throws RangeError for an empty grid or an alpha that is not positive
 * @throws CorescoreError `metric_undefined` as `ridgePredict`
 */
export function ridgeCvPredict(
  gram: PooledGram,
  target: Target,
  splits: readonly TrainTest[],
  alphas: readonly number[],
): RidgeCvPrediction {
  checkProblem(gram, target, splits);
  if (alphas.length === 0) throw new RangeError('alphas: at least one');
  alphas.forEach(checkAlpha);
  const chosen = splits.map((split) => chooseAlpha(gram, target, split, alphas));
  return { predictions: chosen.map((c) => c.predictions), alphas: chosen.map((c) => c.alpha) };
}

function chooseAlpha(
  gram: PooledGram,
  target: Target,
  split: TrainTest,
  alphas: readonly number[],
): { alpha: number; predictions: Float64Array } {
  const n = split.train.length;
  const m = target.m;
  const kernel = foldKernel(gram, split);
  const { yc, mean } = centreTarget(target.y, m, split.train);
  // The constant vector is K's null vector. Lifted to the mean of the diagonal, its part of the inverse stays small and
  // can be taken off without cancellation: the intercept is not penalised.
  let lift = 0;
  for (let i = 0; i < n; i++) lift += kernel.train[i * n + i] / n;
  for (let i = 0; i < kernel.train.length; i++) kernel.train[i] += lift / n;
  const t = tridiagonalise(kernel.train, n);
  const qy = new Float64Array(n * m);
  addProduct(qy, transposed(t.q, n), n, allRows(n), yc, m);
  let best: { alpha: number; error: number; dual: Float64Array } | null = null;
  for (const alpha of alphas) {
    const factor = factorShifted(t, alpha);
    if (factor === null) throw alphaTooSmall(alpha);
    const dual = new Float64Array(n * m);
    const solved = solveColumns(qy, n, m, (column) => solveShifted(factor, column));
    addProduct(dual, t.q, n, allRows(n), solved, m);
    const error = leaveOneOutError(dual, inverseDiagonal(t, factor), 1 / (n * (lift + alpha)), m);
    if (best === null || error < best.error) best = { alpha, error, dual };
  }
  const { alpha, dual } = best!;
  return { alpha, predictions: linearCombination(kernel.test, split.test.length, dual, mean) };
}

/** Diagonal of Q (T + alpha I)^-1 Q'. */
function inverseDiagonal({ n, q }: Tridiagonal, factor: ShiftedFactor): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const row = q.subarray(i * n, (i + 1) * n);
    const solved = row.slice();
    solveShifted(factor, solved);
    for (let j = 0; j < n; j++) out[i] += row[j] * solved[j];
  }
  return out;
}

/** Mean of (c / diagonal of the inverse)^2: the residuals of fits without the image itself. */
function leaveOneOutError(dual: Float64Array, diagonal: Float64Array, constant: number, m: number): number {
  let sum = 0;
  for (let at = 0; at < dual.length; at++) sum += (dual[at] / (diagonal[Math.floor(at / m)] - constant)) ** 2;
  return sum / dual.length;
}

function transposed(q: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[j * n + i] = q[i * n + j];
  return out;
}
