import { createRequire } from 'node:module';
import type * as Tf from '@tensorflow/tfjs-core';
import { registerWasmKernels } from './wasm-kernels.js';

const require = createRequire(import.meta.url);

/**
 * Readies TensorFlow.js for training on whatever backends are registered: the core alone knows no gradients, and WASM
 * lacks one of convolutions.
 */
export function prepareTraining(tf: typeof Tf): void {
  // The core's own list of gradients is an ES module that Node refuses; this package carries a copy and registers it.
  if (tf.getGradient('Conv2D') === undefined) require('@tensorflow/tfjs-layers');
  if (tf.findBackendFactory('wasm') !== null) registerWasmKernels(tf);
}
