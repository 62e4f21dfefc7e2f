import type { Readout } from './readout.js';

/**
 * The loops over small matrices that the metrics need, all synchronous and in f64. Two implementations pass one
 * conformance suite: plain TypeScript, and WebAssembly SIMD, which keeps its matrices in a memory of its own. What is
 * made here is released by whoever asked for it.
 */
export interface Loops {
  readonly name: 'wasm relaxed simd' | 'wasm simd' | 'typescript';
  /**
   * Cholesky factor of a symmetric positive semidefinite matrix.
   *
   * @param fill writes the lower half of the matrix into n*n row-major, which holds anything before
   * @param floor a pivot at or below it depends on the rows before it: `solve` then gives that unknown 0, and the others
   *   the solution of the system without it
   */
  factor(n: number, fill: (a: Float64Array) => void, floor?: number): Factor;
  /** Dual coordinate descent of the linear SVM on K (n*n, symmetric, positive diagonal). */
  descent(k: Float64Array, n: number): Descent;
  /** A symmetric matrix (n*n) that is multiplied many times. */
  symmetric(a: Float64Array, n: number): SymmetricMatrix;
  /**
   * A linear read-out that descends on minibatches.
   *
   * @param z rows of f features
   * @param first weights to start from, classes*f row-major
   * @param most rows a minibatch
   */
  readout(z: Float32Array, f: number, first: Float64Array, classes: number, most: number): Readout;
}

export interface Factor {
  readonly n: number;
  /** Pivots at or below the floor; 0: positive definite. */
  readonly dependent: number;
  /** Solves A x = b in place. */
  solve(b: Float64Array): void;
  release(): void;
}

export interface Descent {
  /**
   * One epoch: rows in the given order, each b[i] moved to its optimum within 0 <= y[i] b[i] <= c (LIBLINEAR's dual of
   * the hinge loss; Hsieh et al. 2008).
   *
   * @param b overwritten
   * @param f K b, kept up to date
   */
  epoch(y: Float64Array, c: number, order: Int32Array, b: Float64Array, f: Float64Array): void;
  /** f += sum of factors[p] * K[rows[p]] over p < count, at most n. */
  addRows(rows: Int32Array, factors: Float64Array, count: number, f: Float64Array): void;
  release(): void;
}

export interface SymmetricMatrix {
  /** out = A x */
  multiply(x: Float64Array, out: Float64Array): void;
  /**
   * The power method on A = S'S from a vector, q <- A q / |A q|, until the squared change of S q / |S q| is below the
   * tolerance, tested from the second vector on.
   *
   * @param q where it starts, of length 1; becomes the last vector
   * @param aq becomes A q
   * @param most vectors
   * @returns how many vectors there were
   */
  powerMethod(q: Float64Array, aq: Float64Array, tolerance: number, most: number): number;
  /** A -= u v' + v u' */
  subtractPair(u: Float64Array, v: Float64Array): void;
  diagonal(i: number): number;
  release(): void;
}
