import { CorescoreError } from '@corescore/contracts';
import type { TrainTest } from '../folds/splits.js';

/** Responses to predict: n images x m neuroids, row-major. */
export interface Target {
  y: Float64Array;
  n: number;
  m: number;
}

/** Rows a regression with an intercept needs at least. */
const MINIMUM_TRAIN = 2;

/**
 * @throws RangeError when the array does not have its length
 * @throws CorescoreError `metric_undefined` for a response that is not finite, naming neuroid and image
 */
export function checkTarget({ y, n, m }: Target): void {
  if (!(n >= 1) || !(m >= 1) || y.length !== n * m) throw new RangeError(`y has ${y.length} values, not ${n} x ${m}`);
  const at = y.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new CorescoreError(
    'metric_undefined',
    `The response of neuroid ${at % m} to image ${Math.floor(at / m)} is ${y[at]}: it cannot be predicted.`,
    { field: 'target', remedy: 'Leave out the neuroids or images with missing responses, and report how many remain.' },
  );
}

/**
 * @throws RangeError for a row that does not exist, stands twice, or is both trained on and tested
 * @throws CorescoreError `metric_undefined` for fewer than two training images or no test image
 */
export function checkSplits(splits: readonly TrainTest[], n: number): void {
  if (splits.length === 0) throw new RangeError('splits: at least one');
  splits.forEach(({ train, test }, s) => {
    if (train.length < MINIMUM_TRAIN || test.length < 1) {
      throw new CorescoreError(
        'metric_undefined',
        `Split ${s} has ${train.length} training and ${test.length} test images: a regression needs two and one at least.`,
        { field: 'splits', remedy: 'Use more images or larger folds.' },
      );
    }
    const seen = new Uint8Array(n);
    for (const rows of [train, test]) {
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i];
        if (!Number.isInteger(row) || row < 0 || row >= n) throw new RangeError(`split ${s}: no row ${row} of ${n}`);
        if (seen[row] === 1) throw new RangeError(`split ${s} has row ${row} twice`);
        seen[row] = 1;
      }
    }
  });
}

/** What every regression checks before it starts. */
export function checkProblem(gram: { n: number }, target: Target, splits: readonly TrainTest[]): void {
  checkTarget(target);
  if (gram.n !== target.n) throw new RangeError(`features of ${gram.n} images, responses to ${target.n}`);
  checkSplits(splits, target.n);
}
