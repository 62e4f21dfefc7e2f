/** The dense products the metrics need. Two implementations pass one conformance suite. */
export interface Kernels {
  /** 'onnxruntime' | 'typescript' */
  readonly name: string;
  /**
   * G = X diag(w) X^T: n*n, symmetric, full, row-major.
   *
   * @param x row-major n*f
   * @param w length f, or null for all ones
   * @throws RangeError when an array does not have its length
   */
  gram(x: Float32Array, n: number, f: number, w: Float32Array | null): Promise<Float64Array>;
}

/** What every implementation refuses. */
export function checkGramShapes(x: Float32Array, n: number, f: number, w: Float32Array | null): void {
  if (!Number.isSafeInteger(n) || !Number.isSafeInteger(f) || n < 1 || f < 1) {
    throw new RangeError(`gram needs at least one row and one column, not ${n} x ${f}`);
  }
  if (x.length !== n * f) throw new RangeError(`gram: x has ${x.length} values, not ${n} x ${f}`);
  if (w !== null && w.length !== f) throw new RangeError(`gram: ${w.length} weights for ${f} columns`);
}
