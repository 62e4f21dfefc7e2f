import type * as Tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type GrclWeights, grclStep } from '../src/models/grcl.js';
import { ZOO } from '../src/models/index.js';
import { rclStep } from '../src/models/rcl.js';
import { resnetSharedStep } from '../src/models/resnet-shared.js';
import { Network } from '../src/network/network.js';
import { tfjsOps } from '../src/ops/tfjs.js';
import { goldenValues } from './support/golden.js';
import { dataOf, images, runOnTfjs, trainedValues } from './support/network.js';
import { startWasm } from './support/tfjs.js';

let tf: typeof Tf;
beforeAll(async () => {
  tf = await startWasm();
});

/** Small enough to run many of them. */
const SMALL = { widths: [8, 8, 12, 16], image: 32, steps: 4 };
const image = images(2, SMALL.image);

const itOf = (network: Network, values: ReadonlyMap<string, Float32Array>, frames = [image]): Float32Array[] =>
  runOnTfjs(tf, network, values, frames, ({ it }) => dataOf(it));

const wave = (shape: number[], phase: number): Tf.Tensor =>
  tf.tensor(goldenValues({ shape, layout: 'NHWC', offset: 0, scale: 0.7, freq: 0.7, phase }), shape);

describe('without its recurrence', () => {
  it.each(['bl', 'bt', 'blt'])('%s with recurrent kernels of 0 stays at every step what b is', (model) => {
    const network = Network.of({ ...SMALL, model });
    const b = Network.of({ model: 'b', widths: SMALL.widths, image: SMALL.image });
    const values = trainedValues(network, 3);
    for (const [name, tensor] of values) if (/\.[LT]$/.test(name)) tensor.fill(0);
    const [expected] = itOf(b, values);
    const steps = itOf(network, values);
    expect(steps).toHaveLength(SMALL.steps);
    for (const step of steps) expect(step).toEqual(expected);
  });

  it('rcl begins with its feed-forward pass', () => {
    const network = Network.of({ ...SMALL, model: 'rcl' });
    const values = trainedValues(network, 3);
    const silent = new Map(
      [...values].map(([name, tensor]) => [name, name.endsWith('.Wr') ? tensor.map(() => 0) : tensor]),
    );
    // Below IT the last iteration counts: only a network without recurrence there shows IT's own first pass.
    const below = new Map(
      [...values].map(([name, tensor]) => [name, /^(V1|V2|V4)\.Wr$/.test(name) ? tensor.map(() => 0) : tensor]),
    );
    expect(itOf(network, below)[0]).toEqual(itOf(network, silent)[0]);
    expect(itOf(network, below)[1]).not.toEqual(itOf(network, silent)[1]);
  });

  it('leaky with a time constant of one step is the same network without a leak', () => {
    const learned = Network.of({ ...SMALL, model: 'leaky' });
    const bl = Network.of({ ...SMALL, model: 'bl' });
    const values = trainedValues(learned, 5);
    // sig(-1e9) = 0, so tau = 1.
    for (const [name, tensor] of values) if (name.endsWith('.xi')) tensor.fill(-1e9);
    const asBl = new Map(
      [...values].map(([name, tensor]) => [name.replace(/\.F$/, '.B').replace(/\.R$/, '.L'), tensor]),
    );
    const expected = itOf(bl, asBl);
    for (const [t, step] of itOf(learned, values).entries()) expect(step).toEqual(expected[t]);
    const fixed = Network.of({ ...SMALL, model: 'leaky', tau: 1 });
    expect(fixed.parameters.map(({ name }) => name).filter((name) => name.endsWith('.xi'))).toEqual([]);
    for (const [t, step] of itOf(fixed, values).entries()) expect(step).toEqual(expected[t]);
  });

  it('leaky with a fixed time constant of 3 steps is the fresh network with learned ones', () => {
    const learned = Network.of({ ...SMALL, model: 'leaky' });
    const values = trainedValues(learned, 5);
    for (const [name, tensor] of values) if (name.endsWith('.xi')) tensor.fill(0);
    const fixed = itOf(Network.of({ ...SMALL, model: 'leaky', tau: 3 }), values);
    for (const [t, step] of itOf(learned, values).entries()) {
      for (const [i, value] of step.entries()) expect(fixed[t]![i]).toBeCloseTo(value, 5);
    }
  });

  it('grcl with its gate forced open is rcl with those norms', () => {
    tf.tidy(() => {
      const ops = tfjsOps(tf);
      const affine = (phase: number) => ({ gamma: wave([4], phase), beta: wave([4], phase + 1) });
      const norm = (phase: number) => (x: Tf.Tensor) => ops.groupNorm(x, affine(phase), 2);
      const [nR, nP] = [norm(0.1), norm(0.2)];
      const kernels = { Wr: wave([3, 3, 4, 4], 1), Wgr: wave([1, 1, 4, 4], 2) };
      // A beta of 100 saturates the gate.
      const open = { gamma: tf.zeros([4]), beta: tf.fill([4], 100) };
      const weights: GrclWeights<Tf.Tensor> = { ...kernels, nR, nP, nGR: (x) => ops.groupNorm(x, open, 2) };
      const drive = { input: wave([2, 5, 5, 4], 3), gate: wave([2, 5, 5, 4], 4) };
      // rcl adds R * h; with the norms around it the recurrent term is nP(nR(R * h)).
      let [gated, plain]: [Tf.Tensor | null, Tf.Tensor | null] = [null, null];
      for (let t = 0; t < 4; t++) {
        gated = grclStep(ops, weights, drive, gated);
        plain =
          plain === null
            ? rclStep(ops, kernels.Wr, (x) => x, drive.input, null)
            : ops.relu(ops.add(drive.input, nP(nR(ops.conv(plain, kernels.Wr)))));
        expect(gated.dataSync()).toEqual(plain.dataSync());
      }
    });
  });

  it('resnet-shared after n iterations is a residual network of n blocks with the weights copied', () => {
    tf.tidy(() => {
      const ops = tfjsOps(tf);
      const block = () => {
        const [first, second] = [0.3, 0.4].map((phase) => ({ gamma: wave([4], phase), beta: wave([4], phase + 1) }));
        return {
          W1: wave([3, 3, 4, 4], 1),
          W2: wave([3, 3, 4, 4], 2),
          n1: (x: Tf.Tensor) => ops.groupNorm(x, first!, 1),
          n2: (x: Tf.Tensor) => ops.groupNorm(x, second!, 1),
        };
      };
      const shared = block();
      const blocks = [block(), block(), block(), block(), block()];
      const h0 = wave([2, 5, 5, 4], 3);
      let recurrent = h0;
      let deep = h0;
      for (const { W1, W2, n1, n2 } of blocks) {
        recurrent = resnetSharedStep(ops, shared, recurrent);
        // Written out: a pre-activation block of He et al. 2016.
        deep = tf.add(deep, ops.conv(tf.relu(n2(ops.conv(tf.relu(n1(deep)), W1))), W2));
        expect(recurrent.dataSync()).toEqual(deep.dataSync());
      }
    });
  });
});

const ids = [...ZOO.keys()];

function small(model: string): Network {
  const { unrolling, firstWidth } = ZOO.get(model)!;
  const widths = firstWidth === undefined ? SMALL.widths : [firstWidth, 8, 12, 16];
  return Network.of({ model, widths, image: SMALL.image, ...(unrolling === 'once' ? {} : { steps: SMALL.steps }) });
}

describe('first step', () => {
  const other = images(2, SMALL.image, 9);

  it.each(ids)('%s: IT before it is the same for all images, bit for bit, and from it on is not', (model) => {
    const network = small(model);
    const values = trainedValues(network, 7);
    const [one, two] = [itOf(network, values), itOf(network, values, [other])];
    expect(one).toHaveLength(network.steps);
    for (let t = 0; t < network.steps; t++) {
      if (t < network.firstStep) expect(two[t]).toEqual(one[t]);
      else expect(two[t]).not.toEqual(one[t]);
    }
  });

  it.each([
    ['rgc', 3],
    ['rgc-survey', 3],
    ['resnet-multistate', 3],
    ['cornet-rt', 3],
    ['cornet-r', 1],
    ['prednet', 1],
    ['prednet-sub', 1],
    ['bl', 0],
    ['pcn-global', 0],
    ['rcl', 0],
  ])('of %s is %i', (model, firstStep) => {
    expect(Network.of({ model }).firstStep).toBe(firstStep);
  });

  it.each([
    ['bl', { bottomUp: 1, topDown: 1 }, 3],
    ['blt', { bottomUp: 2, topDown: 1 }, 6],
    ['rgc', { bottomUp: 0, topDown: 1 }, 0],
    ['blt', { bottomUp: 1, topDown: 0 }, 3],
  ])('%s with delays %o sees the image at step %i', (model, delays, firstStep) => {
    const network = Network.of({ ...SMALL, model, delays });
    expect(network.firstStep).toBe(firstStep);
    const values = trainedValues(network, 7);
    const [one, two] = [itOf(network, values), itOf(network, values, [other])];
    expect(one.findIndex((step, t) => step.some((value, i) => value !== two[t]![i]))).toBe(firstStep);
  });

  it('of cornet-rt: IT is driven before it, by a constant that a fresh network does not have', () => {
    const network = small('cornet-rt');
    const before = itOf(network, trainedValues(network, 7)).slice(0, network.firstStep);
    expect(before.map((step) => step.some((value) => value !== 0))).toEqual([true, true, true]);
    const rgc = small('rgc');
    expect(itOf(rgc, trainedValues(rgc, 7))[2]!.every((value) => value === 0)).toBe(true);
  });
});

describe('several frames', () => {
  const [first, second] = [images(1, SMALL.image, 1), images(1, SMALL.image, 2)];

  it.each(['bl', 'convlstm', 'rgc'])('%s sees another one at every step, the last one to the end', (model) => {
    const network = small(model);
    const values = trainedValues(network, 7);
    const still = itOf(network, values, [first]);
    const moving = itOf(network, values, [first, second]);
    const { firstStep } = network;
    for (let t = 0; t <= firstStep; t++) expect(moving[t]).toEqual(still[t]);
    expect(moving[firstStep + 1]).not.toEqual(still[firstStep + 1]);
    expect(itOf(network, values, [first, second, second, second])).toEqual(moving);
  });

  it.each(['rcl', 'pcn-global', 'ff-alexnet', 'cornet-s'])('are refused by %s, whose areas stay with one', (model) => {
    const network = small(model);
    expect(() => itOf(network, trainedValues(network, 7), [first, second])).toThrow(/looks at one still image/);
  });
});

describe('prednet', () => {
  it.each(['prednet', 'prednet-sub'])(
    '%s never reads the frames from the step on from which it extrapolates',
    (model) => {
      const config = { model, widths: [3, 8, 12, 16], image: SMALL.image, steps: 4 };
      const network = Network.of({ ...config, extrapolateFrom: 2 });
      const values = trainedValues(network, 11);
      const [first, second] = [images(1, SMALL.image, 1), images(1, SMALL.image, 2)];
      const from2 = (value: number) => [first, second, ...[2, 3, 4].map(() => first.map(() => value))];
      // A rectifier on WASM makes 0 of NaN: numbers that no image has show as well whether a frame is read.
      const [nan, huge] = [itOf(network, values, from2(Number.NaN)), itOf(network, values, from2(1e6))];
      expect(nan).toEqual(itOf(network, values, [first, second]));
      expect(huge).toEqual(nan);
      const reading = Network.of(config);
      expect(itOf(reading, values, from2(1e6)).at(-1)).not.toEqual(itOf(reading, values, [first, second]).at(-1));
      // Frames that are read count: the second one moves what follows.
      const others = itOf(network, values, [first, images(1, SMALL.image, 3)]);
      expect(others.at(-1)).not.toEqual(nan.at(-1));
    },
  );

  it('gives prediction and error of every layer and step', () => {
    const network = small('prednet');
    const shapes = runOnTfjs(tf, network, trainedValues(network, 1), [image], ({ inner }) =>
      Object.fromEntries(Object.entries(inner).map(([name, steps]) => [name, [steps.length, ...steps[0]!.shape]])),
    );
    expect(shapes).toMatchObject({
      prediction0: [5, 2, 16, 16, 3],
      error0: [5, 2, 16, 16, 6],
      prediction3: [5, 2, 2, 2, 16],
    });
  });
});
