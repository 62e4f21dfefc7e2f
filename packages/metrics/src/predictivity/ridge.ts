import { CorescoreError } from '@corescore/contracts';
import type { TrainTest } from '../folds/splits.js';
import { foldKernel, linearCombination, solvePositive } from './fold-kernel.js';
import type { PooledGram } from './pooled-gram.js';
import { checkProblem, type Target } from './problem.js';
import { centreTarget } from './products.js';

/**
 * Ridge regression in its dual form (METRICS 5, `ridge`): min |Yc - Xc B|^2 + alpha |B|^2 with an intercept that is not
 * penalised; scikit-learn's `Ridge(alpha)`.
 *
 * @returns one array a split: test.length * m, in the order of `test`
 * @throws RangeError unless alpha > 0 (`linearPredict` is alpha = 0)
 * @throws CorescoreError `metric_undefined`: a response that is not finite, an empty split, an alpha too small to count
 */
export function ridgePredict(
  gram: PooledGram,
  target: Target,
  splits: readonly TrainTest[],
  alpha: number,
): Float64Array[] {
  checkProblem(gram, target, splits);
  checkAlpha(alpha);
  return splits.map((split) => {
    const n = split.train.length;
    const kernel = foldKernel(gram, split);
    const { yc, mean } = centreTarget(target.y, target.m, split.train);
    for (let i = 0; i < n; i++) kernel.train[i * n + i] += alpha;
    const dual = solvePositive(gram.kernels.loops, kernel.train, n, yc, target.m);
    if (dual === null) throw alphaTooSmall(alpha);
    return linearCombination(kernel.test, split.test.length, dual, mean);
  });
}

export function checkAlpha(alpha: number): void {
  if (!(alpha > 0 && alpha < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`alpha is a positive number, not ${alpha}`);
  }
}

export const alphaTooSmall = (alpha: number): CorescoreError =>
  new CorescoreError('metric_undefined', `alpha = ${alpha} vanishes beside the features' Gram matrix.`, {
    field: 'alpha',
    remedy: 'Use a larger alpha, or linear regression.',
  });
