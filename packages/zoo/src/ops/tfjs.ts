import type * as Tf from '@tensorflow/tfjs-core';
import { type Affine, EPSILON, type Ops, type Padding, sizeOf } from './ops.js';
import { tfjsGroupNorm } from './tfjs-group-norm.js';

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

  // The gradient of TensorFlow.js tests for NaN on the way, with six operators in place of three.
  const relu = tf.customGrad((...given) => {
    const [x, save] = given as unknown as [T, Tf.GradSaveFunc];
    const y = tf.relu(x);
    save([y]);
    return { value: y, gradFunc: (dy, [kept]) => tf.mul(dy as T, tf.cast(tf.greater(kept!, 0), 'float32')) };
  });

  // Native TensorFlow knows no numbers for padding: what they mean is put around the image.
  const framed = (x: T, padding: Padding, value: number): Tf.Tensor4D => {
    if (padding === 'same' || padding === 0) return image(x);
    const around: [number, number] = [padding, padding];
    return tf.pad(image(x), [[0, 0], around, around, [0, 0]], value);
  };
  const mode = (padding: Padding): 'same' | 'valid' => (padding === 'same' ? 'same' : 'valid');

  return {
    conv: (x, kernel, { stride = 1, padding = 'same' } = {}) =>
      tf.conv2d(framed(x, padding, 0), kernel as Tf.Tensor4D, stride, mode(padding)),
    convTransposed(x, kernel, { stride = 1, padding = 'same', size }) {
      const frame = padding === 'same' ? 0 : padding;
      const [height, width] = size.map((side) => side + 2 * frame) as [number, number];
      const [batch, channels] = [x.shape[0]!, kernel.shape[2]!];
      const out: [number, number, number, number] = [batch, height, width, channels];
      const y = tf.conv2dTranspose(image(x), kernel as Tf.Tensor4D, out, stride, mode(padding));
      return frame === 0 ? y : tf.slice(y, [0, frame, frame, 0], [batch, ...size, channels]);
    },

    add: (a, b) => tf.add(a, b),
    sub: (a, b) => tf.sub(a, b),
    mul: (a, b) => tf.mul(a, b),
    affine: (x, scale, shift) => tf.add(tf.mul(x, scale), shift),

    reciprocal: (x) => tf.div(1, x),
    relu: (x) => relu(x),
    elu: (x) => tf.elu(x),
    sigmoid: (x) => tf.sigmoid(x),
    tanh: (x) => tf.tanh(x),
    hardSigmoid: (x) => tf.clipByValue(tf.add(tf.mul(x, 0.2), 0.5), 0, 1),
    atMost: (x, limit) => tf.minimum(x, limit),

    groupNorm: (x, affine, groups) => tfjsGroupNorm(tf, x, affine, groups),
    batchNorm: (x, { gamma, beta }: Affine<T>, { mean, variance }) =>
      tf.batchNorm(x, mean as Tf.Tensor1D, variance as Tf.Tensor1D, beta as Tf.Tensor1D, gamma as Tf.Tensor1D, EPSILON),
    localResponseNorm: (x, { radius, bias, alpha, beta }) =>
      tf.localResponseNormalization(image(x), radius, bias, alpha, beta),

    maxPool: (x, size, { stride = 1, padding = 'same' } = {}) =>
      tf.maxPool(framed(x, padding, LOWEST), size, stride, mode(padding)),
    meanPool: (x, size) => tf.avgPool(image(x), size, size, 'valid'),
    nearestTwice: (x) => tf.image.resizeNearestNeighbor(image(x), twice(x)),
    bilinearTwice: (x) => tf.image.resizeBilinear(image(x), twice(x), false, true),
    concat: (parts) => tf.concat([...parts], 3),

    spatialMean: (x) => tf.mean(x, [1, 2]),
    dense: (x, weights, bias) => tf.add(tf.matMul(x as Tf.Tensor2D, weights as Tf.Tensor2D), bias),

    zeros: (shape, like) => tf.zeros([like.shape[0]!, ...shape]),
  };
}

/** Of float32: infinity would become NaN where a gradient multiplies it. */
const LOWEST = -3.4028234663852886e38;

const twice = (x: Tf.Tensor): [number, number] => {
  const [height, width] = sizeOf(x);
  return [2 * height, 2 * width];
};
