/**
 * Loads a binding, runs operators whose results are known and prints what it found. A process of its own: a library of
 * another ABI may end it.
 */
import type * as Tf from '@tensorflow/tfjs-core';
import { loadNative, type TfjsNode } from './load.js';

export interface Trial {
  tensorflow: string;
  gpu: boolean;
}

/** Sums of 3 x 3 windows, same padding, over ones: 4 in the corners, 6 at the edges, 9 inside. */
const WINDOW_SUMS = '4,6,4,6,9,6,4,6,4';

function tryOperators(tf: TfjsNode): void {
  const expect = (what: string, found: Tf.Tensor, wanted: string): void => {
    if (String([...found.dataSync()]) !== wanted)
      throw new Error(`${what} gives ${[...found.dataSync()]}, not ${wanted}.`);
  };
  const ones = tf.ones<Tf.Rank.R4>([1, 3, 3, 1]);
  expect('a convolution', tf.conv2d(ones, tf.ones<Tf.Rank.R4>([3, 3, 1, 1]), 1, 'same'), WINDOW_SUMS);
  expect(
    'a matrix product',
    tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([1, 1, 1, 0], [2, 2])),
    '3,1,7,3',
  );
  expect('a maximum pool', tf.maxPool(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), 2, 1, 'valid'), '4');
}

const [, , folder, device] = process.argv;
try {
  const native = loadNative({ folder: folder!, threads: 1, gpu: device === 'gpu' });
  tryOperators(native);
  const { binding, isUsingGpuDevice } = native.backend();
  process.stdout.write(JSON.stringify({ tensorflow: binding.TF_Version, gpu: isUsingGpuDevice } satisfies Trial));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
