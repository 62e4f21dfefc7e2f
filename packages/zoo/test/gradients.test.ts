import type * as Tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Network } from '../src/network/network.js';
import type { Padding } from '../src/ops/ops.js';
import { tfjsOps } from '../src/ops/tfjs.js';
import { startValues } from '../src/parameters/start.js';
import { tfjsVariables } from '../src/parameters/variables.js';
import { goldenValues } from './support/golden.js';
import { startWasm } from './support/tfjs.js';

let tf: typeof Tf;
beforeAll(async () => {
  tf = await startWasm();
});

const wave = (shape: [number, number, number, number], phase: number): Tf.Tensor4D =>
  tf.tensor4d(goldenValues({ shape, layout: 'NHWC', offset: 0, scale: 1, freq: 0.7, phase }), shape);

const inner = (a: Tf.Tensor, b: Tf.Tensor): number => tf.sum(tf.mul(a, b)).dataSync()[0]!;

describe('gradients of a convolution on WASM', () => {
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

describe('a network', () => {
  it.each(['ff-alexnet', 'bl', 'blt'])(
    '%s learns: every tensor has a gradient, and a step along it lowers the loss',
    (model) => {
      const network = Network.of({
        model,
        widths: [4, 4, 8, 8],
        image: 16,
        strides: [2, 2, 2, 1],
        classes: 3,
        ...(model === 'ff-alexnet' ? {} : { steps: 3 }),
      });
      const variables = tfjsVariables(tf, network.parameters, startValues(network.parameters, 1));
      const [images, labels] = [wave([4, 16, 16, 3], 0.4), tf.oneHot([0, 1, 2, 0], 3)];
      const loss = (): Tf.Scalar =>
        tf.tidy(() => {
          const { logits } = network.run(tfjsOps(tf), ({ name }) => variables.get(name) as Tf.Tensor, [images]);
          const losses = logits.map((step) => tf.losses.softmaxCrossEntropy(labels, step) as Tf.Tensor);
          return tf.mean(tf.concat(losses.map((one) => tf.reshape(one, [1])))) as Tf.Scalar;
        });
      const { value, grads } = tf.variableGrads(loss, [...variables.values()]);
      for (const [name, variable] of variables) {
        const gradient = grads[variable.name];
        const size = gradient === null ? null : inner(gradient, gradient);
        // A last norm of a residual branch that starts at 0 lets nothing through to what stands before it.
        expect(size, name).not.toBeNull();
        variable.assign(tf.sub(variable, tf.mul(0.02, gradient)));
      }
      expect(loss().dataSync()[0]).toBeLessThan(value.dataSync()[0]!);
      for (const variable of variables.values()) variable.dispose();
    },
  );
});
