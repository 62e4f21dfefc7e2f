import { CorescoreError } from '@corescore/contracts';
import type { Kernels } from '@corescore/linalg';
import { foldGram, standardisePool } from './fold-gram.js';
import { GAP_LIMIT, SvmSolver } from './svm-solver.js';

export interface DecodeInput {
  /** n*f row-major: features of one time step (or mixture of steps). */
  x: Float32Array;
  n: number;
  f: number;
  /** 0 .. classes - 1 */
  labels: Int32Array;
  classes: number;
  /** Fold of each row, one array a repetition. */
  folds: readonly Int32Array[];
  /** Weight of the hinge loss, on standardised features. */
  c: number;
}

export interface DecodeResult {
  /** One a repetition: n*classes row-major, every row held out. */
  decisions: Float64Array[];
  /** Largest relative duality gap over folds and classes, at most 1e-8. */
  maxGap: number;
}

/**
 * Cross-validated decoder `svm` (METRICS 2): linear SVM, one-vs-rest, hinge loss, on features standardised with the
 * training fold, intercept as LIBLINEAR's regularised constant feature; solved exactly.
 *
 * @throws CorescoreError `metric_undefined`: a class without training images in a fold, a feature that is not finite, a
 *   fold that could not be solved to the gap
 * @throws the signal's reason when it is aborted, between folds
 */
export async function decode(input: DecodeInput, kernels: Kernels, signal?: AbortSignal): Promise<DecodeResult> {
  checkInput(input);
  const { n, labels, classes, c } = input;
  const pool = standardisePool(input.x, n, input.f);
  const decisions: Float64Array[] = [];
  let maxGap = 0;
  for (const fold of input.folds) {
    const held = new Float64Array(n * classes);
    for (const k of [...new Set(fold)].sort((a, b) => a - b)) {
      signal?.throwIfAborted();
      const rows = Int32Array.from(labels.keys());
      const train = rows.filter((i) => fold[i] !== k);
      const test = rows.filter((i) => fold[i] === k);
      checkClasses(labels, classes, train, k);
      const gram = await foldGram(pool, train, test, kernels);
      const solver = new SvmSolver(gram.train, train.length, c);
      for (let label = 0; label < classes; label++) {
        const { gap } = solver.solve(Float64Array.from(train, (i) => (labels[i] === label ? 1 : -1)));
        if (!(gap <= GAP_LIMIT)) throw notConverged(gap, k, label);
        maxGap = Math.max(maxGap, gap);
        test.forEach((i, row) => {
          let sum = 0;
          for (let l = 0, at = row * train.length; l < train.length; l++, at++) sum += gram.test[at] * solver.b[l];
          held[i * classes + label] = sum;
        });
      }
    }
    decisions.push(held);
  }
  return { decisions, maxGap };
}

function checkInput({ x, n, f, labels, classes, folds, c }: DecodeInput): void {
  if (x.length !== n * f) throw new RangeError(`x has ${x.length} values, not ${n} x ${f}`);
  if (labels.length !== n) throw new RangeError(`${labels.length} labels for ${n} images`);
  if (folds.length === 0 || folds.some((fold) => fold.length !== n)) {
    throw new RangeError(`folds: at least one repetition, each of ${n} rows`);
  }
  if (!(c > 0)) throw new RangeError(`c is positive, not ${c}`);
  if (classes < 2 || labels.some((label) => label < 0 || label >= classes)) {
    throw new RangeError(`labels run from 0 to ${classes - 1}, two classes at least`);
  }
}

function checkClasses(labels: Int32Array, classes: number, train: Int32Array, fold: number): void {
  const counts = new Int32Array(classes);
  for (const i of train) counts[labels[i]]++;
  const missing = counts.indexOf(0);
  if (missing < 0) return;
  throw new CorescoreError(
    'metric_undefined',
    `Class ${missing} has no training image in fold ${fold}: its decoder is not defined.`,
    { field: 'folds', remedy: 'Stratify the folds by class, use fewer folds, or give each class images in two folds.' },
  );
}

function notConverged(gap: number, fold: number, label: number): CorescoreError {
  return new CorescoreError(
    'metric_undefined',
    `The decoder of class ${label} in fold ${fold} was left at a relative duality gap of ${gap.toExponential(1)}, above ${GAP_LIMIT}.`,
    { field: 'c', remedy: 'Use a smaller C: the problem is too badly conditioned to be solved exactly.' },
  );
}
