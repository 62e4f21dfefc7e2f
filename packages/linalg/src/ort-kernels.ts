import type { InferenceSession } from 'onnxruntime-node';
import {
  checkGramShapes,
  checkProductShapes,
  checkSandwichShapes,
  type Kernels,
  type ProductShape,
} from './kernels.js';
import { createLoops } from './loops/wasm.js';
import { productModel, weightedGramModel } from './onnx-models.js';
import { Scratch } from './scratch.js';

/** Rows a product: large enough for full speed, small enough that little of the lower half is computed for nothing. */
const PANEL = 192;
/** Rows of a product with a symmetric matrix up to which that matrix goes to the left. */
const FEW_ROWS = 48;
/** Columns a product: bounds the f64 copy, 21 MB for 1,318 rows. */
const COLUMNS = 2048;

/**
 * Products through ONNX Runtime's CPU Gemm, in f64; loops in WebAssembly. An f32 Gemm takes half the time, but its
 * rounding gives K negative eigenvalues of 1e-6 of the diagonal; where K is singular (fewer features than images, dead or
 * repeated features) and the classes cannot be told apart, the decoder's optimum then exists to a gap of 1e-7 only.
 * Side by side in scoring processes, sessions of one thread each beat one session over all cores.
 */
export async function createOrtKernels(options: { threads: number }): Promise<Kernels & { dispose(): Promise<void> }> {
  // It reports usage to its makers unless this stands in the environment before its first session.
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const open = (model: Uint8Array) =>
    InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      // Spinning threads cost 5 to 30 % CPU and gain no time here; the value must be a string.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  const both = [false, true];
  const [weighted, widening, products] = await Promise.all([
    open(weightedGramModel()),
    Promise.all(both.map((transposeB) => open(productModel(false, transposeB, true)))),
    Promise.all(both.flatMap((transposeA) => both.map((transposeB) => open(productModel(transposeA, transposeB))))),
  ]);

  const scratch = new Scratch();

  /** The result goes straight into an array of ours: memory of the engine's would wait for the collector. */
  async function product(
    session: InferenceSession,
    a: Float64Array,
    b: Float64Array | Float32Array,
    { rows, inner, columns, transposeA = false, transposeB = false }: ProductShape,
    out: Float64Array = new Float64Array(rows * columns),
  ): Promise<Float64Array> {
    await session.run(
      {
        a: new Tensor('float64', a, transposeA ? [inner, rows] : [rows, inner]),
        b: new Tensor(
          b instanceof Float32Array ? 'float32' : 'float64',
          b,
          transposeB ? [columns, inner] : [inner, columns],
        ),
      },
      { g: new Tensor('float64', out, [rows, columns]) },
    );
    return out;
  }

  /** a b as (b a^T)^T: Gemm packs its right side anew each time, which of a large b costs more than the product. */
  async function symmetricProduct(
    a: Float64Array,
    b: Float64Array,
    { rows, inner }: ProductShape,
    out: Float64Array = new Float64Array(rows * inner),
  ): Promise<Float64Array> {
    const turned = await product(products[1], b, a, { rows: inner, inner, columns: rows, transposeB: true });
    for (let i = 0; i < rows; i++) for (let j = 0, at = i; j < inner; j++, at += rows) out[i * inner + j] = turned[at];
    return out;
  }

  return {
    name: 'onnxruntime',
    loops: createLoops(),
    async gram(x, n, f, w) {
      checkGramShapes(x, n, f, w);
      const most = Math.min(f, COLUMNS);
      const panelSize = Math.min(PANEL, n) * n;
      return scratch.with(8 * (n * most + panelSize), async (buffer) => {
        const g = new Float64Array(n * n);
        const whole = new Float64Array(buffer, 8 * n * most, panelSize);
        for (let from = 0; from < f; from += COLUMNS) {
          const width = Math.min(COLUMNS, f - from);
          const block = new Float64Array(buffer, 0, n * width);
          copyColumns(x, n, f, from, width, block);
          const scale = w === null ? null : w.subarray(from, from + width);
          for (let top = 0; top < n; top += PANEL) {
            const rows = Math.min(PANEL, n - top);
            const a = block.subarray(top * width, (top + rows) * width);
            const b = block.subarray(top * width);
            const panel = whole.subarray(0, rows * (n - top));
            if (scale === null) {
              await product(products[1], a, b, { rows, inner: width, columns: n - top, transposeB: true }, panel);
            } else {
              await weighted.run(
                {
                  a: new Tensor('float64', a, [rows, width]),
                  w: new Tensor('float64', scale, [width]),
                  b: new Tensor('float64', b, [n - top, width]),
                },
                { g: new Tensor('float64', panel, [rows, n - top]) },
              );
            }
            addPanel(panel, g, n, top, top + rows);
          }
        }
        for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) g[i * n + j] = g[j * n + i];
        return g;
      });
    },
    async multiply(a, b, shape, out) {
      checkProductShapes(a, b, shape, out);
      if (shape.symmetricB === true && shape.transposeA !== true && shape.rows <= FEW_ROWS) {
        return symmetricProduct(a, b, shape, out);
      }
      const session = products[2 * Number(shape.transposeA ?? false) + Number(shape.transposeB ?? false)];
      return product(session, a, b, shape, out);
    },
    async sandwich(x, n, f, v, count, scale) {
      checkSandwichShapes(x, n, f, v, count);
      const most = Math.min(f, COLUMNS);
      const out = new Float64Array(count * n);
      return scratch.with(8 * count * (most + n) + 4 * n * most, async (buffer) => {
        const part = new Float64Array(buffer, 8 * count * most, count * n);
        for (let from = 0; from < f; from += COLUMNS) {
          const width = Math.min(COLUMNS, f - from);
          const inside = new Float64Array(buffer, 0, count * width);
          const block = new Float32Array(buffer, 8 * count * (most + n), n * width);
          copyColumns(x, n, f, from, width, block);
          await product(widening[0], v, block, { rows: count, inner: n, columns: width }, inside);
          scale(inside, from, width);
          await product(widening[1], inside, block, { rows: count, inner: width, columns: n, transposeB: true }, part);
          for (let at = 0; at < out.length; at++) out[at] += part[at];
        }
        return out;
      });
    },
    dispose: async () => {
      await Promise.all([weighted, ...widening, ...products].map((session) => session.release()));
    },
  };
}

function copyColumns(
  x: Float32Array,
  n: number,
  f: number,
  from: number,
  width: number,
  to: Float64Array | Float32Array,
): void {
  for (let i = 0; i < n; i++) to.set(x.subarray(i * f + from, i * f + from + width), i * width);
}

/** Adds a panel of rows, whose columns start at its first row, to the upper half of `g`. */
function addPanel(panel: Float64Array, g: Float64Array, n: number, top: number, bottom: number): void {
  for (let i = top; i < bottom; i++) {
    const row = (i - top) * (n - top) - top;
    for (let j = i; j < n; j++) g[i * n + j] += panel[row + j];
  }
}
