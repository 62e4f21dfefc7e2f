import type * as Tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ZOO } from '../src/models/index.js';
import { Network } from '../src/network/network.js';
import type { Padding } from '../src/ops/ops.js';
import { tfjsOps } from '../src/ops/tfjs.js';
import { startValues } from '../src/parameters/start.js';
import { tfjsVariables } from '../src/parameters/variables.js';
import { excess, goldenValues } from './support/golden.js';
import { startWasm } from './support/tfjs.js';

let tf: typeof Tf;
beforeAll(async () => {
  tf = await startWasm();
});

const wave = (shape: [number, number, number, number], phase: number): Tf.Tensor4D =>
  tf.tensor4d(goldenValues({ shape, layout: 'NHWC', offset: 0, scale: 1, freq: 0.7, phase }), shape);

const inner = (a: Tf.Tensor, b: Tf.Tensor): number => tf.sum(tf.mul(a, b)).dataSync()[0]!;

const windows: [side: number, kernel: number, stride: number, padding: Padding][] = [
  [6, 3, 1, 'same'],
  [6, 3, 2, 'same'],
  [5, 3, 2, 'same'],
  [8, 7, 4, 'same'],
  [6, 2, 1, 'same'],
  [6, 4, 2, 'same'],
  [6, 3, 2, 1],
  [7, 3, 2, 1],
  [6, 1, 2, 'same'],
  [5, 1, 1, 'same'],
  [6, 5, 1, 0],
  [7, 2, 3, 0],
];

describe('gradients of a convolution on WASM', () => {
  // The convolution is linear in the image and in the kernel, so its gradients are its adjoints, exactly.
  it.each(windows)(
    'side %i, kernel %i, stride %i, padding %s: adjoint of the convolution',
    (side, k, stride, padding) => {
      tf.tidy(() => {
        const [x, otherX] = [wave([2, side, side, 3], 0.1), wave([2, side, side, 3], 1.7)];
        const [w, otherW] = [wave([k, k, 3, 4], 2.3), wave([k, k, 3, 4], 0.9)];
        const conv = (image: Tf.Tensor4D, kernel: Tf.Tensor4D) => tfjsOps(tf).conv(image, kernel, { stride, padding });
        const dy = wave(conv(x, w).shape as [number, number, number, number], 4.1);
        const [dx, dw] = tf.grads((image: Tf.Tensor, kernel: Tf.Tensor) =>
          tf.sum(tf.mul(dy, conv(image as Tf.Tensor4D, kernel as Tf.Tensor4D))),
        )([x, w]);
        expect(inner(dx!, otherX)).toBeCloseTo(inner(dy, conv(otherX, w)), 3);
        expect(inner(dw!, otherW)).toBeCloseTo(inner(dy, conv(x, otherW)), 3);
      });
    },
  );
});

describe('a transposed convolution', () => {
  it.each(windows)(
    'side %i, kernel %i, stride %i, padding %s: adjoint of the convolution',
    (side, k, stride, padding) => {
      tf.tidy(() => {
        const [x, w] = [wave([2, side, side, 3], 0.1), wave([k, k, 3, 4], 2.3)];
        const y = tfjsOps(tf).conv(x, w, { stride, padding });
        const dy = wave(y.shape as [number, number, number, number], 4.1);
        const back = tfjsOps(tf).convTransposed(dy, w, { stride, padding, size: [side, side] });
        expect(back.shape).toEqual(x.shape);
        expect(inner(back, x)).toBeCloseTo(inner(dy, y), 3);
      });
    },
  );
});

describe('gradients written by hand', () => {
  // Against what TensorFlow.js derives from the formula, operator by operator.
  const plain = (x: Tf.Tensor, gamma: Tf.Tensor, beta: Tf.Tensor, groups: number): Tf.Tensor => {
    const [n, height, width, channels] = x.shape as [number, number, number, number];
    const grouped = tf.reshape(x, [n, height * width, groups, channels / groups]);
    const centred = tf.sub(grouped, tf.mean(grouped, [1, 3], true));
    const deviation = tf.sqrt(tf.add(tf.mean(tf.square(centred), [1, 3], true), 1e-5));
    return tf.add(tf.mul(tf.reshape(tf.div(centred, deviation), x.shape), gamma), beta);
  };

  it.each([
    [1, 4],
    [2, 8],
    [3, 12],
    [8, 8],
  ])('of a group norm with %i groups of %i channels are those of its formula', (groups, channels) => {
    tf.tidy(() => {
      const x = wave([3, 4, 5, channels], 0.2);
      const [gamma, beta] = [0.5, 1.5].map((phase) => tf.reshape(wave([1, 1, 1, channels], phase), [channels]));
      const dy = wave([3, 4, 5, channels], 2.1);
      const ofNorm = (f: (x: Tf.Tensor, gamma: Tf.Tensor, beta: Tf.Tensor) => Tf.Tensor): Tf.Tensor[] =>
        tf.grads((a, b, c) => tf.sum(tf.mul(dy, f(a!, b!, c!))))([x, gamma!, beta!]);
      const ours = ofNorm((a, b, c) => tfjsOps(tf).groupNorm(a, { gamma: b, beta: c }, groups));
      for (const [i, gradient] of ofNorm((a, b, c) => plain(a, b, c, groups)).entries()) {
        expect(ours[i]!.shape).toEqual(gradient.shape);
        expect(excess(ours[i]!.dataSync(), gradient.dataSync(), 1e-4)).toBeLessThan(1e-4);
      }
    });
  });

  it('of a rectifier are 1 above 0 and 0 elsewhere', () => {
    tf.tidy(() => {
      const x = tf.tensor1d([-2, 0, 1e-6, 3]);
      const dx = tf.grad((a: Tf.Tensor) => tf.sum(tf.mul(tfjsOps(tf).relu(a), 5)))(x);
      expect([...dx.dataSync()]).toEqual([0, 0, 5, 5]);
    });
  });
});

const SMALL = { widths: [4, 4, 8, 8], image: 16, classes: 3 };

function small(model: string): Network {
  const { unrolling, firstWidth, fixedForm } = ZOO.get(model)!;
  return Network.of({
    ...SMALL,
    model,
    widths: [firstWidth ?? 4, 4, 8, 8],
    // The last norms of residual branches and kernels that start at 0 need a step before they let anything through.
    ...(unrolling === 'once' ? {} : { steps: 3 }),
    ...(fixedForm ? { image: 32 } : {}),
  });
}

/** Weights after so many steps of plain gradient descent on four images, and the loss before each. */
function descend(model: string, steps: number): { weights: Float32Array[]; losses: number[]; still: string[] } {
  const network = small(model);
  const side = network.architecture.imageSide;
  const variables = tfjsVariables(tf, network.parameters, startValues(network.parameters, 1));
  const losses: number[] = [];
  const moved = new Set<string>();
  for (let step = 0; step < steps; step++) {
    tf.tidy(() => {
      const [image, labels] = [wave([4, side, side, 3], 0.4), tf.oneHot([0, 1, 2, 0], 3)];
      const { value, grads } = tf.variableGrads(() => {
        const { logits } = network.run(tfjsOps(tf), ({ name }) => variables.get(name) as Tf.Tensor, [image]);
        const each = logits.map((one) => tf.reshape(tf.losses.softmaxCrossEntropy(labels, one) as Tf.Tensor, [1]));
        return tf.mean(tf.concat(each)) as Tf.Scalar;
      }, [...variables.values()]);
      losses.push(value.dataSync()[0]!);
      for (const [name, variable] of variables) {
        const gradient = grads[variable.name];
        if (gradient == null) continue;
        if (inner(gradient, gradient) > 0) moved.add(name);
        variable.assign(tf.sub(variable, tf.mul(0.01, gradient)));
      }
    });
  }
  const weights = [...variables.values()].map((variable) => variable.dataSync() as Float32Array);
  const still = [...variables.keys()].filter((name) => !moved.has(name));
  for (const variable of variables.values()) variable.dispose();
  return { weights, losses, still };
}

describe('a network learns', () => {
  it.each([...ZOO.keys()])('%s: every tensor has a gradient, and the loss falls', (model) => {
    const { losses, still } = descend(model, 4);
    expect(still).toEqual([]);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
  });

  it('the same weights from the same seed', () => {
    const [one, again] = [descend('blt', 3), descend('blt', 3)];
    expect(again.losses).toEqual(one.losses);
    expect(again.weights).toEqual(one.weights);
  });

  it('and leaves no tensor behind', () => {
    descend('bl', 1);
    const before = tf.memory().numTensors;
    descend('bl', 2);
    expect(tf.memory().numTensors).toBe(before);
  });
});
