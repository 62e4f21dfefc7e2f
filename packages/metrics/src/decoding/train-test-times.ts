import { CorescoreError } from '@corescore/contracts';
import type { Kernels } from '@corescore/linalg';
import type { Decoder, FittedDecoder } from './decoders/decoder.js';
import { argmaxCorrect } from './probabilities.js';

export interface TrainTestInput {
  /** One a time step: n*f row-major, the same images and features in each. All steps are held in memory. */
  steps: readonly Float32Array[];
  n: number;
  f: number;
  /** 0 .. classes - 1 */
  labels: Int32Array;
  classes: number;
  /** Fold of each row, one array a repetition; the same at every step. */
  folds: readonly Int32Array[];
}

export interface TrainTestTimes {
  /** [train step][test step]: length n, share of repetitions in which the held-out image was named right. */
  correct: Float64Array[][];
  /** Mean of `correct` over images, steps*steps, row-major (train, test); chance is 1 / classes. */
  accuracy: Float64Array;
  /** Fits that did not reach the decoder's limit. */
  notConverged: number;
}

/**
 * Temporal generalisation (METRICS 4; King & Dehaene 2014): a decoder fitted at step t reads out step t'. An image is never
 * in the training fold of a decoder that reads it, at no step. Features at t' are standardised as those of t were, so that
 * the read-out is the same function of the activations throughout. The diagonal is the time course of accuracy; a code that
 * stays fills the square, one that moves on fills the diagonal alone.
 *
 * @throws CorescoreError `metric_undefined`: no steps, or what `decoder` throws (a class missing in a training fold, NaN)
 * @throws the signal's reason when it is aborted, between fits
 */
export async function trainTestTimes(
  { steps, n, f, labels, classes, folds }: TrainTestInput,
  decoder: Decoder,
  kernels: Kernels,
  signal?: AbortSignal,
): Promise<TrainTestTimes> {
  if (steps.length === 0) {
    throw new CorescoreError('metric_undefined', 'Temporal generalisation needs a step.', { field: 'steps' });
  }
  if (labels.length !== n || steps.some((x) => x.length !== n * f)) throw new RangeError(`steps are not ${n} x ${f}`);
  if (folds.length === 0 || folds.some((fold) => fold.length !== n)) {
    throw new RangeError(`folds: at least one repetition, each of ${n} rows`);
  }
  const correct = steps.map(() => steps.map(() => new Float64Array(n)));
  let notConverged = 0;
  for (const fold of folds) {
    const images = { n, f, labels, classes, fold };
    for (const [t, x] of steps.entries()) {
      const fitted = await fitFolds(x, images, decoder, kernels, signal);
      notConverged += fitted.notConverged;
      for (const [s, other] of steps.entries()) {
        fitted.readOut(other).forEach((right, image) => {
          correct[t][s][image] += right / folds.length;
        });
      }
    }
  }
  const mean = (x: Float64Array) => x.reduce((sum, v) => sum + v, 0) / n;
  return { correct, accuracy: Float64Array.from(correct.flat(), mean), notConverged };
}

export interface FoldedImages {
  n: number;
  f: number;
  /** 0 .. classes - 1 */
  labels: Int32Array;
  classes: number;
  /** Fold of each row. */
  fold: Int32Array;
}

export interface FittedFolds {
  /** Length n: 1 where the decoder that has not seen the image names it right from its features at another step, n*f. */
  readOut(x: Float32Array): Uint8Array;
  notConverged: number;
}

/**
 * One row of temporal generalisation: the decoders of all folds fitted at one step, ready to read out any other. Holds the
 * decoders, not the features, so that steps can come from disk one at a time. Errors and abort as `trainTestTimes`.
 */
export async function fitFolds(
  x: Float32Array,
  { n, f, labels, classes, fold }: FoldedImages,
  decoder: Decoder,
  kernels: Kernels,
  signal?: AbortSignal,
): Promise<FittedFolds> {
  const rows = Int32Array.from(labels.keys());
  const fits: { test: Int32Array; fitted: FittedDecoder }[] = [];
  for (const k of new Set(fold)) {
    signal?.throwIfAborted();
    const train = rows.filter((i) => fold[i] !== k);
    const trainLabels = train.map((i) => labels[i]);
    const fitted = await decoder.fit(take(x, f, train), train.length, f, trainLabels, classes, kernels);
    fits.push({ test: rows.filter((i) => fold[i] === k), fitted });
  }
  return {
    readOut(other) {
      if (other.length !== n * f) throw new RangeError(`the step is not ${n} x ${f}`);
      const correct = new Uint8Array(n);
      for (const { test, fitted } of fits) {
        const decisions = fitted.decision(take(other, f, test), test.length);
        const right = argmaxCorrect(
          decisions,
          test.map((i) => labels[i]),
          classes,
        );
        test.forEach((image, at) => {
          correct[image] = right[at];
        });
      }
      return correct;
    },
    notConverged: fits.filter(({ fitted }) => !fitted.convergence.converged).length,
  };
}

function take(x: Float32Array, f: number, rows: Int32Array): Float32Array {
  const out = new Float32Array(rows.length * f);
  for (let at = 0; at < rows.length; at++) out.set(x.subarray(rows[at] * f, (rows[at] + 1) * f), at * f);
  return out;
}
