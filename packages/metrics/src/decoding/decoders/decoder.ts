import type { Kernels } from '@corescore/linalg';

/** How far a fit got. */
export interface Convergence {
  /** Whether `value` is within the limit that the decoder states for `measure`. */
  converged: boolean;
  measure: 'relative duality gap' | 'gradient norm' | 'cross-entropy of the last minibatch';
  value: number;
  /** Epochs of coordinate descent, largest over classes (`svm`); Newton steps (`softmax`); minibatches (`softmax-adam`). */
  iterations: number;
}

/** A decoder of METRICS 2: the constructor takes its hyper-parameters. */
export interface Decoder {
  readonly name: string;
  /**
   * Fits to the images of a training fold; features are standardised with them (ddof 0; std 0 -> 1).
   *
   * @param x n*f row-major, raw units; left as it was
   * @param labels length n, 0 .. classes - 1
   * @throws CorescoreError `metric_undefined`: a class without images, a feature that is not finite
   */
  fit(
    x: Float32Array,
    n: number,
    f: number,
    labels: Int32Array,
    classes: number,
    kernels: Kernels,
  ): Promise<FittedDecoder>;
}

/** x: n*f row-major, raw units; results n*classes row-major. */
export interface FittedDecoder {
  readonly convergence: Convergence;
  /** @throws CorescoreError `metric_undefined` for a feature that is not finite */
  decision(x: Float32Array, n: number): Float64Array;
  /** Rows sum to 1. Errors as `decision`. */
  probability(x: Float32Array, n: number): Float64Array;
}
