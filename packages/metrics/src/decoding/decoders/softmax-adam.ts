import type { Kernels, Loops } from '@corescore/linalg';
import { inverseNormal } from '../../random/normal.js';
import { RandomState } from '../../random/random-state.js';
import type { Decoder, FittedDecoder } from './decoder.js';
import { decide } from './linear-decision.js';
import { softmaxRows } from './softmax-rows.js';
import { type TrainingFold, trainingFold } from './training-fold.js';

const RATE = 1e-4;
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;
const MINIBATCH = 64;
const EPOCHS = 40;
/** Cross-entropy of an epoch's last minibatch below which it stops. */
const TOLERANCE = 1e-4;
const FIRST_INTERCEPT = 1;
/** Standard deviation of the standard normal distribution cut off at -2 and 2. */
const TRUNCATED_DEVIATION = 0.87962566;

/** First weights, f*classes row-major, classes in order of first appearance in the labels. */
export type InitialWeights = (f: number, classes: number) => Float64Array;

/** Truncated normal of standard deviation sqrt(1/f): Brain-Score's distribution, not TensorFlow's stream. */
export function truncatedNormalWeights(seed: number): InitialWeights {
  return (f, classes) => {
    const random = new RandomState(seed);
    const deviation = Math.sqrt(1 / f) / TRUNCATED_DEVIATION;
    return Float64Array.from({ length: f * classes }, () => {
      for (;;) {
        const z = inverseNormal(random.rand());
        if (Math.abs(z) <= 2) return deviation * z;
      }
    });
  };
}

export interface SoftmaxAdamOptions {
  /** Weight of |W|^2 / 2 and |b|^2 / 2 against the mean cross-entropy; .463 in Brain-Score. */
  lambda: number;
  initialWeights: InitialWeights;
}

/**
 * Decoder `softmax-adam` (METRICS 2, parity only): the path of Brain-Score's stand-in for an SVM, which stops long before
 * the optimum: Adam on minibatches of 64, one `RandomState(0)` shuffling the rows each epoch, at most 40 epochs.
 * Converged: an epoch's last minibatch, before its step, had a cross-entropy below 1e-4. With .463 it never gets there.
 */
export class SoftmaxAdamDecoder implements Decoder {
  readonly name = 'softmax-adam';

  constructor(readonly options: SoftmaxAdamOptions) {
    if (!(options.lambda >= 0)) throw new RangeError(`lambda is not negative, not ${options.lambda}`);
  }

  async fit(
    x: Float32Array,
    n: number,
    f: number,
    labels: Int32Array,
    classes: number,
    kernels: Kernels,
  ): Promise<FittedDecoder> {
    const fold = trainingFold(x, n, f, labels, classes);
    const order = [...new Set(labels)];
    const first = this.options.initialWeights(f, classes);
    if (first.length !== f * classes) throw new RangeError(`${first.length} weights, not ${f} x ${classes}`);
    const ordered = new Float64Array(classes * f);
    order.forEach((label, place) => {
      for (let j = 0; j < f; j++) ordered[label * f + j] = first[j * classes + place];
    });
    const intercepts = new Float64Array(classes).fill(FIRST_INTERCEPT);
    const { weights, crossEntropy, steps } = descend(fold, ordered, intercepts, this.options.lambda, kernels.loops);
    const linear = { f, classes, weights, intercepts, standardise: fold.standardise };
    return {
      convergence: {
        converged: crossEntropy < TOLERANCE,
        measure: 'cross-entropy of the last minibatch',
        value: crossEntropy,
        iterations: steps,
      },
      decision: (rows, count) => decide(linear, rows, count),
      probability: (rows, count) => softmaxRows(decide(linear, rows, count), classes),
    };
  }
}

/** Descends from these weights and intercepts; the intercepts, whose gradient is made here, are changed in place. */
function descend(
  { z, n, f, labels, classes }: TrainingFold,
  first: Float64Array,
  intercepts: Float64Array,
  lambda: number,
  loops: Loops,
): { weights: Float64Array; crossEntropy: number; steps: number } {
  const readout = loops.readout(z, f, first, classes, MINIBATCH);
  try {
    const stepIntercepts = adam(intercepts);
    const random = new RandomState(0);
    const p = new Float64Array(MINIBATCH * classes);
    const gradient = new Float64Array(classes);
    let steps = 0;
    let crossEntropy = Number.POSITIVE_INFINITY;
    for (let epoch = 0; epoch < EPOCHS && !(crossEntropy < TOLERANCE); epoch++) {
      const order = random.permutation(n);
      for (let from = 0; from < n; from += MINIBATCH) {
        const rows = order.subarray(from, from + MINIBATCH);
        const batch = p.subarray(0, rows.length * classes);
        readout.scores(rows, batch);
        for (let c = 0; c < classes; c++) gradient[c] = lambda * intercepts[c];
        crossEntropy = residuals(batch, intercepts, rows, labels, gradient);
        steps++;
        const rate = (RATE * Math.sqrt(1 - BETA2 ** steps)) / (1 - BETA1 ** steps);
        readout.descend(batch, lambda, { rate, beta1: BETA1, beta2: BETA2, epsilon: EPSILON });
        stepIntercepts(gradient, rate);
      }
    }
    return { weights: readout.weights(), crossEntropy, steps };
  } finally {
    readout.release();
  }
}

/**
 * Scores without intercepts become (P - Y) / rows in place, whose sums are added to the intercepts' gradient.
 * @returns the mean cross-entropy
 */
function residuals(
  scores: Float64Array,
  intercepts: Float64Array,
  rows: Int32Array,
  labels: Int32Array,
  gradient: Float64Array,
): number {
  const classes = intercepts.length;
  for (let at = 0; at < scores.length; at += classes) {
    for (let c = 0; c < classes; c++) scores[at + c] += intercepts[c];
  }
  softmaxRows(scores, classes);
  let crossEntropy = 0;
  for (let i = 0; i < rows.length; i++) {
    const label = labels[rows[i]];
    crossEntropy -= Math.log(scores[i * classes + label]) / rows.length;
    for (let c = 0; c < classes; c++) {
      const residual = (scores[i * classes + c] - (label === c ? 1 : 0)) / rows.length;
      scores[i * classes + c] = residual;
      gradient[c] += residual;
    }
  }
  return crossEntropy;
}

/** Adam in TensorFlow's form: epsilon outside of the correction (Kingma & Ba 2015, end of section 2). */
function adam(values: Float64Array): (gradient: Float64Array, rate: number) => void {
  const m = new Float64Array(values.length);
  const v = new Float64Array(values.length);
  return (gradient, rate) => {
    for (let i = 0; i < values.length; i++) {
      m[i] += (1 - BETA1) * (gradient[i] - m[i]);
      v[i] += (1 - BETA2) * (gradient[i] ** 2 - v[i]);
      values[i] -= (rate * m[i]) / (Math.sqrt(v[i]) + EPSILON);
    }
  };
}
