import type { Loops } from './loops/loops.js';

/** The dense products and loops that the metrics need. Two implementations pass one conformance suite. */
export interface Kernels {
  /** Who multiplies. */
  readonly name: 'onnxruntime' | 'typescript';
  /** Loops over small matrices, synchronous. */
  readonly loops: Loops;
  /**
   * G = X diag(w) X^T: n*n, symmetric, full, row-major.
   *
   * @param x row-major n*f
   * @param w length f, or null for all ones
   * @throws RangeError when an array does not have its length
   */
  gram(x: Float32Array, n: number, f: number, w: Float64Array | null): Promise<Float64Array>;
  /**
   * A B, row-major rows*columns.
   *
   * @param a rows*inner, or inner*rows where `transposeA`
   * @param b inner*columns, or columns*inner where `transposeB`
   * @param out where the product goes, rows*columns; by default a new array
   * @throws RangeError when an array does not have its length
   */
  multiply(a: Float64Array, b: Float64Array, shape: ProductShape, out?: Float64Array): Promise<Float64Array>;
  /**
   * scale(V X) X^T, count*n, a block of features at a time: what a weighted Gram would give times some vectors, without
   * that Gram.
   *
   * @param x row-major n*f
   * @param v row-major count*n
   * @param scale changes in place a block of V X: count*width row-major, the features `from` .. `from + width - 1`
   * @throws RangeError when an array does not have its length
   */
  sandwich(
    x: Float32Array,
    n: number,
    f: number,
    v: Float64Array,
    count: number,
    scale: (block: Float64Array, from: number, width: number) => void,
  ): Promise<Float64Array>;
}

export interface ProductShape {
  rows: number;
  inner: number;
  columns: number;
  transposeA?: boolean;
  transposeB?: boolean;
  /** b is square and symmetric: with few rows of a it is read in the order that suits it. */
  symmetricB?: boolean;
}

/** What every implementation refuses. */
export function checkGramShapes(x: Float32Array, n: number, f: number, w: Float64Array | null): void {
  if (!Number.isSafeInteger(n) || !Number.isSafeInteger(f) || n < 1 || f < 1) {
    throw new RangeError(`gram needs at least one row and one column, not ${n} x ${f}`);
  }
  if (x.length !== n * f) throw new RangeError(`gram: x has ${x.length} values, not ${n} x ${f}`);
  if (w !== null && w.length !== f) throw new RangeError(`gram: ${w.length} weights for ${f} columns`);
}

export function checkProductShapes(
  a: Float64Array,
  b: Float64Array,
  { rows, inner, columns }: ProductShape,
  out?: Float64Array,
): void {
  if (a.length !== rows * inner || b.length !== inner * columns || rows < 1 || inner < 1 || columns < 1) {
    throw new RangeError(`multiply: ${a.length} and ${b.length} values for ${rows} x ${inner} x ${columns}`);
  }
  if (out !== undefined && out.length !== rows * columns) {
    throw new RangeError(`multiply: a result of ${out.length} values for ${rows} x ${columns}`);
  }
}

export function checkSandwichShapes(x: Float32Array, n: number, f: number, v: Float64Array, count: number): void {
  if (x.length !== n * f || v.length !== count * n || n < 1 || f < 1 || count < 1) {
    throw new RangeError(`sandwich: ${x.length} and ${v.length} values for ${n} x ${f} and ${count} vectors`);
  }
}
