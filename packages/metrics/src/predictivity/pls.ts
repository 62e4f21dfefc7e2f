import { CorescoreError } from '@corescore/contracts';
import type { TrainTest } from '../folds/splits.js';
import { PlsFold } from './pls-fold.js';
import type { PooledGram } from './pooled-gram.js';
import { checkProblem, type Target } from './problem.js';
import { allRows, centreTarget } from './products.js';

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
  // Regression does not mind a shift of the responses, and what is shared by the folds then loses no digits to it.
  const { yc: y, mean: shift } = centreTarget(target.y, target.m, allRows(target.n));
  const shifted = { ...target, y };
  const folds: PlsFold[] = [];
  try {
    const { n, m } = target;
    const { k, kernels } = gram;
    const ky = await kernels.multiply(k, y, { rows: n, inner: n, columns: m });
    const sums = new Float64Array(n);
    for (let i = 0, at = 0; i < n; i++) for (let l = 0; l < n; l++, at++) sums[i] += k[at];
    for (const split of splits) folds.push(await PlsFold.start(gram, shifted, ky, sums, split));
    let active: PlsFold[] = folds;
    for (let component = 1; component <= components && active.length > 0; component++) {
      active = await nextComponent(gram, shifted, ky, active, component === components);
    }
    const predictions = folds.map((fold) => {
      const out = fold.predict();
      for (let at = 0; at < out.length; at++) out[at] += shift[at % m];
      return out;
    });
    return { predictions, iterations: folds.map((fold) => fold.iterations) };
  } finally {
    for (const fold of folds) fold.release();
  }
}

/** One component of all folds side by side, so that K and the responses are read once. Returns those that had one. */
async function nextComponent(
  { k, kernels }: PooledGram,
  { y, n, m }: Target,
  ky: Float64Array,
  active: readonly PlsFold[],
  isLast: boolean,
): Promise<PlsFold[]> {
  const weights = active.map((fold) => fold.nextWeights());
  const folds = active.filter((_, f) => weights[f] !== null);
  const found = weights.filter((w) => w !== null);
  const rows = folds.length;
  if (rows === 0) return [];
  const part = (of: Float64Array, f: number, width: number) => of.subarray(f * width, (f + 1) * width);
  const q = new Float64Array(rows * m);
  found.forEach((w, f) => {
    q.set(w.q, f * m);
  });
  const byNeuroid = { rows, inner: m, columns: n, transposeB: true };
  const byImage = { rows, inner: n, columns: m };
  const byKernel = { rows, inner: n, columns: n, symmetricB: true };
  // K Yc q: of all rows, less that of the test rows, less the mean of the training responses.
  const t = await kernels.multiply(q, ky, byNeuroid);
  const held = onlyRows(await kernels.multiply(q, y, byNeuroid), n, folds, 'test');
  const heldProduct = await kernels.multiply(held, k, byKernel);
  folds.forEach((fold, f) => {
    const own = part(t, f, n);
    const level = found[f].q.reduce((sum, value, j) => sum + value * fold.mean[j], 0);
    for (let i = 0, at = f * n; i < n; i++, at++) own[i] -= heldProduct[at] + level * fold.rowSums[i];
    fold.takeScores(found[f], own);
  });
  const onTrain = onlyRows(t, n, folds, 'train');
  const loadings = await kernels.multiply(onTrain, y, byImage);
  folds.forEach((fold, f) => {
    fold.takeLoadings(part(loadings, f, m));
  });
  if (isLast) return folds;
  const h = await kernels.multiply(onTrain, k, byKernel);
  folds.forEach((fold, f) => {
    fold.takeProduct(part(h, f, n));
  });
  const u = await kernels.multiply(onlyRows(h, n, folds, 'train'), y, byImage);
  folds.forEach((fold, f) => {
    fold.deflate(part(u, f, m));
  });
  return folds;
}

/** A copy, one row a fold, in which only the images of that side of the fold are left. */
function onlyRows(x: Float64Array, n: number, folds: readonly PlsFold[], side: 'train' | 'test'): Float64Array {
  const out = new Float64Array(x.length);
  folds.forEach((fold, f) => {
    for (const i of fold[side]) out[f * n + i] = x[f * n + i];
  });
  return out;
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
