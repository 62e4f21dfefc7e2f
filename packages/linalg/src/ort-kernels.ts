import { InferenceSession, Tensor } from 'onnxruntime-node';
import { gramModel } from './gram-model.js';
import { checkGramShapes, type Kernels } from './kernels.js';

/** Rows a product: large enough for full speed, small enough that little of the lower half is computed for nothing. */
const PANEL = 192;

/**
 * Gram matrices through ONNX Runtime's CPU Gemm (f32 products, 6e-8 to 1.3e-7 of the diagonal off an f64 one).
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
      const weights = new Tensor('float32', w ?? new Float32Array(f).fill(1), [f]);
      const g = new Float64Array(n * n);
      for (let from = 0; from < n; from += PANEL) {
        const to = Math.min(from + PANEL, n);
        const a = new Tensor('float32', x.subarray(from * f, to * f), [to - from, f]);
        const b = new Tensor('float32', x.subarray(from * f), [n - from, f]);
        const { g: panel } = await session.run({ a, w: weights, b });
        mirror(panel.data as Float32Array, g, n, from, to);
        // The output lives outside the JavaScript heap: left to the collector, memory grows.
        panel.dispose();
      }
      return g;
    },
    dispose: () => session.release(),
  };
}

/** Writes the rows [from, to) of the upper half, and their transpose. */
function mirror(panel: Float32Array, g: Float64Array, n: number, from: number, to: number): void {
  const width = n - from;
  for (let i = from; i < to; i++) {
    const row = (i - from) * width - from;
    for (let j = i; j < n; j++) {
      const value = panel[row + j];
      g[i * n + j] = value;
      g[j * n + i] = value;
    }
  }
}
