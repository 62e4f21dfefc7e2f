import type * as Tf from '@tensorflow/tfjs-core';
import { type Affine, channelsOf, EPSILON, type Ops, type Padding, sizeOf } from './ops.js';

/**
 * The interface on TensorFlow.js, on whatever backend is set: eager, and differentiable by `tf.grads` and
 * `tf.variableGrads`. Memory is the caller's (`tf.tidy`).
 *
 * No tensor has more than four axes: on WASM, slices, transpositions and unstacking of five take ten times as long.
 * @param tf TensorFlow.js with its backend set
 */
export function tfjsOps(tf: typeof Tf): Ops<Tf.Tensor> {
  type T = Tf.Tensor;
  const image = (x: T): Tf.Tensor4D => x as Tf.Tensor4D;

  /** Mean over height, width and the channels of a group, back at the channels: [batch][1][1][channel]. */
  function groupMean(x: T, groups: number): T {
    const channels = channelsOf(x);
    const grouped = tf.reshape(tf.mean(x, [1, 2]), [-1, groups, channels / groups]);
    const mean = tf.mean(grouped, 2, true);
    return tf.reshape(tf.mul(mean, tf.ones([1, 1, channels / groups])), [-1, 1, 1, channels]);
  }

  const pad = (padding: Padding): 'same' | number => padding;

  return {
    conv: (x, kernel, { stride = 1, padding = 'same' } = {}) =>
      tf.conv2d(image(x), kernel as Tf.Tensor4D, stride, pad(padding)),
    convTransposed(x, kernel, { stride = 1, padding = 'same', size }) {
      const out: [number, number, number, number] = [x.shape[0]!, ...size, kernel.shape[2]!];
      return tf.conv2dTranspose(image(x), kernel as Tf.Tensor4D, out, stride, pad(padding));
    },

    add: (a, b) => tf.add(a, b),
    sub: (a, b) => tf.sub(a, b),
    mul: (a, b) => tf.mul(a, b),
    affine: (x, scale, shift) => tf.add(tf.mul(x, scale), shift),

    reciprocal: (x) => tf.div(1, x),
    relu: (x) => tf.relu(x),
    elu: (x) => tf.elu(x),
    sigmoid: (x) => tf.sigmoid(x),
    tanh: (x) => tf.tanh(x),
    hardSigmoid: (x) => tf.clipByValue(tf.add(tf.mul(x, 0.2), 0.5), 0, 1),
    atMost: (x, limit) => tf.minimum(x, limit),

    groupNorm(x, { gamma, beta }, groups) {
      const centred = tf.sub(x, groupMean(x, groups));
      const variance = groupMean(tf.square(centred), groups);
      return tf.add(tf.mul(centred, tf.mul(tf.rsqrt(tf.add(variance, EPSILON)), gamma)), beta);
    },
    batchNorm: (x, { gamma, beta }: Affine<T>, { mean, variance }) =>
      tf.batchNorm(x, mean as Tf.Tensor1D, variance as Tf.Tensor1D, beta as Tf.Tensor1D, gamma as Tf.Tensor1D, EPSILON),
    localResponseNorm: (x, { radius, bias, alpha, beta }) =>
      tf.localResponseNormalization(image(x), radius, bias, alpha, beta),

    maxPool: (x, size, { stride = 1, padding = 'same' } = {}) => tf.maxPool(image(x), size, stride, pad(padding)),
    meanPool: (x, size) => tf.avgPool(image(x), size, size, 'valid'),
    nearestTwice: (x) => tf.image.resizeNearestNeighbor(image(x), twice(x)),
    bilinearTwice: (x) => tf.image.resizeBilinear(image(x), twice(x), false, true),
    concat: (parts) => tf.concat([...parts], 3),

    spatialMean: (x) => tf.mean(x, [1, 2]),
    dense: (x, weights, bias) => tf.add(tf.matMul(x as Tf.Tensor2D, weights as Tf.Tensor2D), bias),

    zeros: (shape, like) => tf.zeros([like.shape[0]!, ...shape]),
  };
}

const twice = (x: Tf.Tensor): [number, number] => {
  const [height, width] = sizeOf(x);
  return [2 * height, 2 * width];
};
