import { type Readout, rounded } from './readout.js';

/** What `assembly/readout.ts` exports, and the memory it works in; pointers are byte offsets. */
export interface ReadoutExports {
  memory: WebAssembly.Memory;
  allocate(bytes: number): number;
  release(at: number): void;
  gatherRows(z: number, stride: number, rows: number, count: number, panel: number): void;
  readOut(panel: number, count: number, stride: number, weights: number, classes: number, out: number): void;
  addOuter(panel: number, count: number, stride: number, residuals: number, classes: number, gradient: number): void;
  scaleInto(factor: number, x: number, y: number, length: number): void;
  adam(
    x: number,
    gradient: number,
    m: number,
    v: number,
    length: number,
    rate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
  ): void;
}

/** In WebAssembly. Arguments as `Loops.readout`. */
export function wasmReadout(
  exports: ReadoutExports,
  z: Float32Array,
  f: number,
  first: Float64Array,
  classes: number,
  most: number,
): Readout {
  const stride = f + (f % 2);
  const n = z.length / f;
  const length = classes * stride;
  const rowsAt = exports.allocate(
    4 * n * stride + 8 * (4 * length + rounded(most) * (stride + classes)) + 4 * most + 16,
  );
  const weights = rowsAt + 4 * n * stride;
  const [gradient, mean, square, panel] = [1, 2, 3, 4].map((place) => weights + 8 * place * length);
  const inside = panel + 8 * rounded(most) * stride;
  const order = inside + 8 * rounded(most) * classes;
  // A view is made for each copy: it does not outlive the memory's next growth.
  const doubles = (at: number, many: number) => new Float64Array(exports.memory.buffer, at, many);
  const held = new Float32Array(exports.memory.buffer, rowsAt, n * stride);
  for (let i = 0; i < n; i++) {
    held.set(z.subarray(i * f, (i + 1) * f), i * stride);
    held.fill(0, i * stride + f, (i + 1) * stride);
  }
  doubles(weights, 4 * length).fill(0);
  for (let c = 0; c < classes; c++) doubles(weights + 8 * c * stride, f).set(first.subarray(c * f, (c + 1) * f));
  let count = 0;
  return {
    scores(rows, out) {
      count = rounded(rows.length);
      new Int32Array(exports.memory.buffer, order, rows.length).set(rows);
      exports.gatherRows(rowsAt, stride, order, rows.length, panel);
      doubles(panel + 8 * rows.length * stride, (count - rows.length) * stride).fill(0);
      exports.readOut(panel, count, stride, weights, classes, inside);
      out.set(doubles(inside, rows.length * classes));
    },
    descend(residuals, decay, { rate, beta1, beta2, epsilon }) {
      doubles(inside, count * classes)
        .fill(0)
        .set(residuals);
      exports.scaleInto(decay, weights, gradient, length);
      exports.addOuter(panel, count, stride, inside, classes, gradient);
      exports.adam(weights, gradient, mean, square, length, rate, beta1, beta2, epsilon);
    },
    weights() {
      const out = new Float64Array(classes * f);
      for (let c = 0; c < classes; c++) out.set(doubles(weights + 8 * c * stride, f), c * f);
      return out;
    },
    release: () => exports.release(rowsAt),
  };
}
