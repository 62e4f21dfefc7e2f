import type * as Tf from '@tensorflow/tfjs-core';
import { type Affine, channelsOf, EPSILON, sizeOf } from './ops.js';

/**
 * Group norm with a gradient of its own: derived operator by operator it takes twice as many, and in nets of this size
 * TensorFlow.js spends half of a training step on calling operators. Means over groups are products with a block
 * matrix, so that no tensor has five axes.
 *
 * With n = x - mean, s = 1 / sqrt(variance + epsilon) and M the mean over a group's channels and places:
 *
 *     y = gamma s n + beta
 *     dx = gamma s dy - s M(gamma dy) - s² n M(gamma dy s n)
 */
export function tfjsGroupNorm(
  tf: typeof Tf,
  x: Tf.Tensor,
  { gamma, beta }: Affine<Tf.Tensor>,
  groups: number,
): Tf.Tensor {
  const means = meansOf(tf, channelsOf(x), groups);
  const norm = tf.customGrad((...given) => {
    const [input, scale, shift, save] = given as unknown as [Tf.Tensor, Tf.Tensor, Tf.Tensor, Tf.GradSaveFunc];
    const centred = tf.sub(input, means.spread(means.overGroups(means.overPlaces(input))));
    const variance = means.overGroups(means.overPlaces(tf.square(centred)));
    const inverse = tf.rsqrt(tf.add(variance, EPSILON));
    const slope = means.spread(tf.mul(inverse, scale));
    save([centred, inverse, slope, scale]);
    return {
      value: tf.add(tf.mul(centred, slope), shift),
      gradFunc: (dy, saved) => gradients(tf, dy as Tf.Tensor, saved, means),
    };
  });
  return norm(x, gamma, beta);
}

/** Means of activations; those over places are [batch][channel]. */
interface Means {
  overPlaces(x: Tf.Tensor): Tf.Tensor2D;
  /** From channels to their groups, back at the channels. */
  overGroups(means: Tf.Tensor): Tf.Tensor2D;
  /** [batch][1][1][channel] */
  spread(means: Tf.Tensor): Tf.Tensor;
}

function meansOf(tf: typeof Tf, channels: number, groups: number): Means {
  const blocks = groupBlocks(tf, channels, groups);
  return {
    overPlaces: (x) => tf.mean(x, [1, 2]),
    overGroups: (means) => tf.matMul(means as Tf.Tensor2D, blocks),
    spread: (means) => tf.reshape(means, [-1, 1, 1, channels]),
  };
}

function gradients(tf: typeof Tf, dy: Tf.Tensor, saved: Tf.Tensor[], means: Means): Tf.Tensor[] {
  const [centred, inverse, slope, scale] = saved as [Tf.Tensor, Tf.Tensor, Tf.Tensor, Tf.Tensor];
  const { overPlaces, overGroups, spread } = means;
  const [height, width] = sizeOf(dy);
  const shiftMean = overPlaces(dy);
  const scaleMean = tf.mul(overPlaces(tf.mul(dy, centred)), inverse);
  const level = tf.mul(inverse, overGroups(tf.mul(shiftMean, scale)));
  const tilt = tf.mul(tf.square(inverse), overGroups(tf.mul(scaleMean, scale)));
  const dx = tf.sub(tf.mul(dy, slope), tf.add(tf.mul(centred, spread(tilt)), spread(level)));
  const total = (mean: Tf.Tensor): Tf.Tensor => tf.mul(tf.sum(mean, 0), height * width);
  return [dx, total(scaleMean), total(shiftMean)];
}

/** Made once for a backend and kept with it: [channel][channel], 1 / channels of a group within a group. */
const made = new WeakMap<object, Map<string, Tf.Tensor2D>>();

function groupBlocks(tf: typeof Tf, channels: number, groups: number): Tf.Tensor2D {
  const backend = tf.backend();
  const ofBackend = made.get(backend) ?? new Map<string, Tf.Tensor2D>();
  made.set(backend, ofBackend);
  const key = `${channels} ${groups}`;
  let blocks = ofBackend.get(key);
  if (blocks === undefined) {
    const size = channels / groups;
    const values = new Float32Array(channels * channels);
    for (let row = 0; row < channels; row++) {
      const first = Math.floor(row / size) * size;
      values.fill(1 / size, row * channels + first, row * channels + first + size);
    }
    blocks = tf.keep(tf.tensor2d(values, [channels, channels]));
    ofBackend.set(key, blocks);
  }
  return blocks;
}
