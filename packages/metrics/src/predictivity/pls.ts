import { CorescoreError } from '@corescore/contracts';
import type { TrainTest } from '../splits.js';
import { PlsFold } from './pls-fold.js';
import type { PooledGram } from './pooled-gram.js';
import { checkProblem, type Target } from './problem.js';

const COMPONENTS = 25;

export interface PlsPrediction {
  /** One a split: test.length * m, in the order of `test`. */
  predictions: Float64Array[];
  /** One a split: inner iterations of each component, scikit-learn's `n_iter_`; shorter where the rank ran out. */
  iterations: number[][];
}

/**
 * PLS2 regression (METRICS 5, `pls`), as scikit-learn's `PLSRegression(n_components, scale=False)` fits and predicts,
 * on one pooled Gram for all splits (PERF 3): the same start vector (first neuroid whose residual is not ~0) and the
 * same stop rule (squared change of the X-weights < 1e-6, at most 500 iterations), without which predictions differ far
 * above 1e-6. Where features or responses are exhausted before the last component, the fit ends there; scikit-learn
 * goes on with rounding. A neuroid that is constant over the training rows is predicted at that constant.
 *
 * @param components default 25
 * @throws CorescoreError `metric_undefined`: more components than training images or features, a response that is not
 *   finite, an empty split
 */
export async function plsPredict(
  gram: PooledGram,
  target: Target,
  splits: readonly TrainTest[],
  components: number = COMPONENTS,
): Promise<PlsPrediction> {
  checkProblem(gram, target, splits);
  checkComponents(gram, splits, components);
  const { n, m, y } = target;
  const { k, kernels } = gram;
  const ky = await kernels.multiply(k, y, { rows: n, inner: n, columns: m });
  const folds: PlsFold[] = [];
  try {
    for (const split of splits) folds.push(await PlsFold.start(gram, target, ky, split));
    let active = folds;
    for (let component = 1; component <= components && active.length > 0; component++) {
      // All folds side by side: K is read once a component.
      const scores = active.map((fold) => fold.nextScores());
      active = active.filter((_, i) => scores[i] !== null);
      const found = scores.filter((t) => t !== null);
      if (component === components || active.length === 0) break;
      const t = new Float64Array(n * active.length);
      active.forEach((fold, column) => {
        fold.onTrain(found[column], t, active.length, column);
      });
      const kt = await kernels.multiply(k, t, { rows: n, inner: n, columns: active.length });
      active.forEach((fold, column) => {
        fold.deflate(kt, active.length, column);
      });
    }
    return { predictions: folds.map((fold) => fold.predict()), iterations: folds.map((fold) => fold.iterations) };
  } finally {
    for (const fold of folds) fold.release();
  }
}

function checkComponents({ f }: PooledGram, splits: readonly TrainTest[], components: number): void {
  if (!Number.isInteger(components) || components < 1) {
    throw new RangeError(`components is a whole number from 1, not ${components}`);
  }
  const most = Math.min(f, ...splits.map((split) => split.train.length));
  if (components <= most) return;
  throw new CorescoreError(
    'metric_undefined',
    `PLS with ${components} components needs as many training images and features; there are ${most} at most.`,
    { field: 'components', remedy: `Use at most ${most} components, or more images and features.` },
  );
}
