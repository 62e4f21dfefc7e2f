import { InferenceSession, Tensor } from 'onnxruntime-node';
import { gramModel } from './gram-model.js';
import { checkGramShapes, type Kernels } from './kernels.js';

// ONNX Runtime reports usage to its makers unless this stands in the environment before its first session.
process.env['ORT_DISABLE_TELEMETRY'] = '1';

/** Rows a product: large enough for full speed, small enough that little of the lower half is computed for nothing. */
const PANEL = 192;
/** Columns a product: bounds the f64 copy, 10 MB for 1,318 rows. */
const COLUMNS = 1024;

/**
 * Gram matrices through ONNX Runtime's CPU Gemm, in f64. An f32 Gemm takes half the time, but its rounding gives K
 * negative eigenvalues of 1e-6 of the diagonal; where K is singular (fewer features than images, dead or repeated
 * features) and the classes cannot be told apart, the decoder's optimum then exists to a gap of 1e-7 only.
 * Side by side in worker threads, sessions of one thread each beat one session over all cores.
 */
export async function createOrtKernels(options: { threads: number }): Promise<Kernels & { dispose(): Promise<void> }> {
  const session = await InferenceSession.create(gramModel(), {
    executionProviders: ['cpu'],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    // Spinning threads cost 5 to 30 % CPU and gain no time here; the value must be a string.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  return {
    name: 'onnxruntime',
    async gram(x, n, f, w) {
      checkGramShapes(x, n, f, w);
      const g = new Float64Array(n * n);
      for (let from = 0; from < f; from += COLUMNS) {
        const width = Math.min(COLUMNS, f - from);
        await addColumns(session, columns(x, n, f, from, width), weights(w, from, width), g, n);
      }
      for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) g[i * n + j] = g[j * n + i];
      return g;
    },
    dispose: () => session.release(),
  };
}

function columns(x: Float32Array, n: number, f: number, from: number, width: number): Float64Array {
  if (width === f) return new Float64Array(x);
  const out = new Float64Array(n * width);
  for (let i = 0; i < n; i++) out.set(x.subarray(i * f + from, i * f + from + width), i * width);
  return out;
}

const weights = (w: Float32Array | null, from: number, width: number): Float64Array =>
  w === null ? new Float64Array(width).fill(1) : new Float64Array(w.subarray(from, from + width));

/** Adds the products of a block of columns to the upper half of `g`, one panel of rows after the other. */
async function addColumns(
  session: InferenceSession,
  x: Float64Array,
  w: Float64Array,
  g: Float64Array,
  n: number,
): Promise<void> {
  const width = w.length;
  for (let from = 0; from < n; from += PANEL) {
    const to = Math.min(from + PANEL, n);
    const { g: output } = await session.run({
      a: new Tensor('float64', x.subarray(from * width, to * width), [to - from, width]),
      w: new Tensor('float64', w, [width]),
      b: new Tensor('float64', x.subarray(from * width), [n - from, width]),
    });
    const panel = output.data as Float64Array;
    for (let i = from; i < to; i++) {
      const row = (i - from) * (n - from) - from;
      for (let j = i; j < n; j++) g[i * n + j] += panel[row + j];
    }
    // The output lives outside the JavaScript heap: left to the collector, memory grows.
    output.dispose();
  }
}
