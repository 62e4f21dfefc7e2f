import type { Kernels } from '@corescore/linalg';
import type { Decoder, FittedDecoder } from './decoder.js';
import { decide, fromDual } from './linear-decision.js';
import { softmaxRows } from './softmax-rows.js';
import { GRADIENT_LIMIT, solveSoftmax } from './softmax-solver.js';
import { trainingFold } from './training-fold.js';

/** `lambda` weighs |W|^2 / 2 against the mean cross-entropy; `c` is scikit-learn's: lambda = 1 / (c * images). */
export type SoftmaxOptions = ({ lambda: number } | { c: number }) & {
  /** true: .463 for the OST benchmark; false: scikit-learn's convention, for i2n. */
  penaliseIntercept: boolean;
};

/**
 * Decoder `softmax` (METRICS 2): multinomial logistic regression at its optimum, on standardised features.
 * Converged: norm of the gradient of the mean objective at most 1e-8.
 */
export class SoftmaxDecoder implements Decoder {
  readonly name = 'softmax';

  constructor(readonly options: SoftmaxOptions) {
    const weight = 'c' in options ? options.c : options.lambda;
    if (!(weight > 0)) throw new RangeError(`${'c' in options ? 'c' : 'lambda'} is positive, not ${weight}`);
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
    const k = await kernels.gram(fold.z, n, f, null);
    const lambda = 'c' in this.options ? 1 / (this.options.c * n) : this.options.lambda;
    const interceptPenalty = this.options.penaliseIntercept ? lambda : 0;
    const solution = await solveSoftmax({ k, n, labels, classes, lambda, interceptPenalty, kernels });
    const linear = fromDual(fold, solution.dual, solution.intercepts);
    return {
      convergence: {
        converged: solution.gradientNorm <= GRADIENT_LIMIT,
        measure: 'gradient norm',
        value: solution.gradientNorm,
        iterations: solution.newtonSteps,
      },
      decision: (rows, count) => decide(linear, rows, count),
      probability: (rows, count) => softmaxRows(decide(linear, rows, count), classes),
    };
  }
}
