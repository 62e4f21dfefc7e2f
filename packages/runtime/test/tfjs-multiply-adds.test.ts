import type * as core from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTfjs } from '../src/session/tfjs-backend.js';
import { countMultiplyAdds } from '../src/session/tfjs-multiply-adds.js';

/** The literature's formulas, with the sizes written out; bl-64's count is compared with its ONNX file's elsewhere. */
let tf: typeof core;
beforeAll(async () => {
  tf = (await startTfjs('wasm', 1)).core;
});
afterAll(() => tf.disposeVariables());

async function counted(of: () => unknown): Promise<number | null> {
  const { multiplyAdds } = await countMultiplyAdds(tf.engine(), async () => tf.tidy(() => void of()));
  return multiplyAdds;
}
const ones = (...shape: number[]) => tf.ones(shape) as never;

describe('multiply-adds of', () => {
  it.each<[string, () => unknown, number]>([
    ['a convolution, 7 x 5 -> 7 x 5', () => tf.conv2d(ones(2, 7, 5, 3), ones(3, 3, 3, 4), 1, 'same'), 2 * 35 * 27 * 4],
    ['one of stride 2', () => tf.conv2d(ones(1, 8, 8, 3), ones(5, 5, 3, 4), 2, 'same'), 16 * 75 * 4],
    [
      'one with a bias and a nonlinearity',
      () =>
        tf.fused.conv2d({
          ...{ x: ones(1, 8, 8, 3), filter: ones(1, 1, 3, 4), strides: 1, pad: 0 },
          ...{ bias: ones(4), activation: 'relu' as const },
        }),
      64 * 3 * 4,
    ],
    ['a depthwise one', () => tf.depthwiseConv2d(ones(1, 8, 8, 6), ones(3, 3, 6, 2), 1, 'same'), 64 * 12 * 9],
    [
      'a transposed one',
      () => tf.conv2dTranspose(ones(1, 4, 4, 6), ones(2, 2, 5, 6), [1, 8, 8, 5], 2, 'same'),
      16 * 6 * 4 * 5,
    ],
    ['a product of matrices', () => tf.matMul(ones(3, 4), ones(4, 5)), 3 * 4 * 5],
    ['transposed ones', () => tf.matMul(ones(4, 3), ones(5, 4), true, true), 3 * 4 * 5],
    ['a stack of them', () => tf.matMul(ones(2, 3, 4), ones(2, 4, 5)), 2 * 3 * 4 * 5],
    ['what multiplies no matrices', () => tf.avgPool(tf.relu(ones(1, 4, 4, 2)), 2, 2, 'valid'), 0],
  ])('%s', async (_, run, expected) => {
    expect(await counted(run)).toBe(expected);
  });

  it('a product without a rule: none are told', async () => {
    const result = tf.ones([2, 4]);
    const engine = { runKernel: <T>(_name: string, _inputs: object) => result as T };
    const run = async () => engine.runKernel('Einsum', { a: ones(2, 3), b: ones(3, 4) });
    expect(await countMultiplyAdds(engine, run)).toEqual({ result, multiplyAdds: null });
  });

  it('a run that fails leaves the engine as it was', async () => {
    const before = tf.engine().runKernel;
    await expect(countMultiplyAdds(tf.engine(), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(tf.engine().runKernel).toBe(before);
  });
});
