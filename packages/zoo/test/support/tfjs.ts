import { createRequire } from 'node:module';
import type * as Tf from '@tensorflow/tfjs-core';
import { prepareTraining } from '../../src/ops/training.js';

// Main files, which are CommonJS: the packages' ES modules import without extensions, which Node refuses.
const require = createRequire(import.meta.url);

/** TensorFlow.js without a backend. */
export const requireCore = (): typeof Tf => require('@tensorflow/tfjs-core') as typeof Tf;

/** TensorFlow.js on WASM with the kernels that training needs. */
export async function startWasm(): Promise<typeof Tf> {
  const tf = requireCore();
  require('@tensorflow/tfjs-backend-wasm');
  const isSet = await tf.setBackend('wasm');
  await tf.ready();
  if (!isSet || tf.getBackend() !== 'wasm') throw new Error('the WASM backend does not start');
  prepareTraining(tf);
  return tf;
}
