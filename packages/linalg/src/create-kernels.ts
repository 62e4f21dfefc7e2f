import type { Kernels } from './kernels.js';
import { createLoops } from './loops/wasm.js';
import { createOrtKernels } from './ort-kernels.js';
import { referenceKernels } from './reference-kernels.js';

/**
 * The fastest kernels that this machine has: products through ONNX Runtime, or in TypeScript where its library does not
 * load (no build for the platform), and loops in WebAssembly; `describeKernels` says which they are.
 */
export async function createKernels(options: { threads: number }): Promise<Kernels & { dispose(): Promise<void> }> {
  try {
    return await createOrtKernels(options);
  } catch {
    return { ...referenceKernels, loops: createLoops(), dispose: async () => {} };
  }
}

/** For a report: who computed it. */
export const describeKernels = ({ name, loops }: Kernels): string =>
  `products by ${name === 'onnxruntime' ? 'ONNX Runtime (f64)' : 'TypeScript'}, loops by ${
    loops.name === 'typescript' ? 'TypeScript' : `WebAssembly (${loops.name.replace('wasm ', '')})`
  }`;
