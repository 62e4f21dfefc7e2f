import { checkGramShapes, checkProductShapes, checkSandwichShapes, type Kernels } from './kernels.js';
import { typescriptLoops } from './loops/typescript.js';

/** Columns a block: two rows of it stay in the first-level cache. */
const COLUMNS = 1024;

/** Adds the products of the columns [from, to) to the upper half of `g`, two rows against two. */
function addBlock(
  x: Float32Array,
  w: Float64Array | null,
  scaled: Float64Array,
  g: Float64Array,
  n: number,
  f: number,
  from: number,
): void {
  const width = scaled.length / 2;
  for (let i = 0; i < n; i += 2) {
    const i2 = Math.min(i + 1, n - 1);
    for (let k = 0; k < width; k++) {
      const weight = w === null ? 1 : w[from + k];
      scaled[k] = weight * x[i * f + from + k];
      scaled[width + k] = weight * x[i2 * f + from + k];
    }
    for (let j = i; j < n; j += 2) {
      const j2 = Math.min(j + 1, n - 1);
      let s11 = 0;
      let s12 = 0;
      let s21 = 0;
      let s22 = 0;
      let p = j * f + from;
      let q = j2 * f + from;
      for (let k = 0; k < width; k++) {
        const a = scaled[k];
        const b = scaled[width + k];
        const c = x[p++];
        const d = x[q++];
        s11 += a * c;
        s12 += a * d;
        s21 += b * c;
        s22 += b * d;
      }
      g[i * n + j] += s11;
      if (j2 > j) g[i * n + j2] += s12;
      if (i2 > i) g[i2 * n + j] += s21;
      if (i2 > i && j2 > j) g[i2 * n + j2] += s22;
    }
  }
}

/** Plain TypeScript, sums in f64: the reference of the conformance suite, and the fall-back without the native library. */
export const referenceKernels: Kernels = {
  name: 'typescript',
  loops: typescriptLoops,
  async gram(x, n, f, w) {
    checkGramShapes(x, n, f, w);
    const g = new Float64Array(n * n);
    for (let from = 0; from < f; from += COLUMNS) {
      const width = Math.min(COLUMNS, f - from);
      addBlock(x, w, new Float64Array(2 * width), g, n, f, from);
    }
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) g[i * n + j] = g[j * n + i];
    return g;
  },
  async multiply(a, b, shape, into) {
    checkProductShapes(a, b, shape, into);
    const { rows, inner, columns, transposeA = false, transposeB = false } = shape;
    const out = into?.fill(0) ?? new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      for (let k = 0; k < inner; k++) {
        const value = transposeA ? a[k * rows + i] : a[i * inner + k];
        for (let j = 0; j < columns; j++)
          out[i * columns + j] += value * (transposeB ? b[j * inner + k] : b[k * columns + j]);
      }
    }
    return out;
  },
  async sandwich(x, n, f, v, count, scale) {
    checkSandwichShapes(x, n, f, v, count);
    const inside = new Float64Array(count * f);
    for (let c = 0; c < count; c++) {
      for (let i = 0; i < n; i++) for (let k = 0; k < f; k++) inside[c * f + k] += v[c * n + i] * x[i * f + k];
    }
    scale(inside, 0, f);
    const out = new Float64Array(count * n);
    for (let c = 0; c < count; c++) {
      for (let i = 0; i < n; i++) for (let k = 0; k < f; k++) out[c * n + i] += inside[c * f + k] * x[i * f + k];
    }
    return out;
  },
};
