import { type Kernels, referenceKernels } from '@corescore/linalg';
import { describe, expect, it } from 'vitest';
import {
  argmaxCorrect,
  type Decoder,
  type FittedDecoder,
  type InitialWeights,
  SoftmaxAdamDecoder,
  SoftmaxDecoder,
  SvmDecoder,
  truncatedNormalWeights,
} from '../../src/index.js';
import { maxDifference } from '../fixtures.js';
import { type Images, type MadeData, madeData, pick, reversed } from './decoder-data.js';
import { MlSvmDecoder } from './ml-svm-decoder.js';

/** A feature's first weights do not depend on how many features come after it. */
const initialWeights: InitialWeights = (f, classes) =>
  truncatedNormalWeights(1)(f, classes).map((w) => (w * Math.sqrt(f)) / 10);

const svm = (c = 0.05): Decoder => new SvmDecoder({ c, calibration: 'nested' });
const softmax = (penaliseIntercept: boolean): Decoder => new SoftmaxDecoder({ lambda: 0.463, penaliseIntercept });
const adam = (weights = initialWeights): Decoder => new SoftmaxAdamDecoder({ lambda: 0.463, initialWeights: weights });

const DECODERS: [string, () => Decoder][] = [
  ['svm', svm],
  ['softmax', () => softmax(false)],
  ['softmax, intercept penalised', () => softmax(true)],
  ['softmax-adam', adam],
  ['ml-svm', () => new MlSvmDecoder({ c: 1 })],
];
/** Those that are defined by an optimum: neither the order of rows nor that of features can matter. */
const OPTIMA = DECODERS.slice(0, 3);

const MORE_IMAGES: MadeData = { seed: 21, n: 90, f: 12, classes: 3, signal: 2 };
const MORE_FEATURES: MadeData = { seed: 22, n: 60, f: 90, classes: 3, signal: 2 };
const SHAPES: [string, MadeData][] = [
  ['N > F', MORE_IMAGES],
  ['N < F', MORE_FEATURES],
];

const fit = (decoder: Decoder, images: Images, kernels: Kernels = referenceKernels): Promise<FittedDecoder> =>
  decoder.fit(images.x, images.n, images.f, images.labels, images.classes, kernels);

const decisionsOf = async (decoder: Decoder, train: Images, test: Images): Promise<Float64Array> =>
  (await fit(decoder, train)).decision(test.x, test.n);

const right = (decisions: Float64Array, { labels, classes, n }: Images): number =>
  argmaxCorrect(decisions, labels, classes).reduce((sum, value) => sum + value, 0) / n;

/** Columns in another order, or with more after them. */
const withFeatures = (images: Images, f: number, value: (row: number, feature: number) => number): Images => ({
  ...images,
  f,
  x: Float32Array.from({ length: images.n * f }, (_, at) => value(Math.floor(at / f), at % f)),
});
const reverseFeatures = (images: Images): Images =>
  withFeatures(images, images.f, (i, j) => images.x[i * images.f + images.f - 1 - j]);
const oneMoreFeature = (images: Images, value: (row: number) => number): Images =>
  withFeatures(images, images.f + 1, (i, j) => (j < images.f ? images.x[i * images.f + j] : value(i)));
/** Class c becomes (c + 1) mod classes. */
const relabelled = (images: Images): Images => ({
  ...images,
  labels: images.labels.map((label) => (label + 1) % images.classes),
});
const relabelledDecisions = (decisions: Float64Array, classes: number): Float64Array =>
  decisions.map((_, at) => decisions[at - (at % classes) + (((at % classes) + classes - 1) % classes)]);

describe.each(DECODERS)('%s', (name, make) => {
  /** Adam's 40 epochs need more images and features than the others to get away from its first weights. */
  const enough = (shape: MadeData): MadeData =>
    name === 'softmax-adam' ? { ...shape, n: shape.n * 10, f: shape.f * 10 } : shape;

  it.each(SHAPES)('%s: tells apart what can be told apart (every image right)', async (_, shape) => {
    const { train, test } = madeData(enough({ ...shape, signal: 64 }));
    expect(right(await decisionsOf(make(), train, test), test)).toBe(1);
  });

  it.each(SHAPES)('%s: probabilities lie in [0, 1] and sum to 1 (1e-12)', async (_, shape) => {
    const { train, test } = madeData(shape);
    const p = (await fit(make(), train)).probability(test.x, test.n);
    expect(p.length).toBe(test.n * 3);
    expect(p.every((value) => value >= 0 && value <= 1)).toBe(true);
    for (let row = 0; row < p.length; row += 3)
      expect(Math.abs(p[row] + p[row + 1] + p[row + 2] - 1)).toBeLessThan(1e-12);
  });

  it('duplicated rows: the fit is defined, copies get the same decisions (exact)', async () => {
    const { train } = madeData(MORE_IMAGES);
    const rows = Array.from(train.labels.keys());
    const twice = pick(train, [...rows, ...rows]);
    const d = await decisionsOf(make(), twice, twice);
    expect(d.every(Number.isFinite)).toBe(true);
    expect(d.subarray(0, d.length / 2)).toEqual(d.subarray(d.length / 2));
  });

  it('a constant feature changes nothing (1e-9)', async () => {
    const { train, test } = madeData(MORE_IMAGES);
    const without = await decisionsOf(make(), train, test);
    const constant = (images: Images) => oneMoreFeature(images, () => 0.1);
    expect(maxDifference(await decisionsOf(make(), constant(train), constant(test)), without)).toBeLessThan(1e-9);
  });

  it('unbalanced classes, 30 : 4 : 4: every class has its probability, the largest is told apart', async () => {
    const { train } = madeData(enough({ ...MORE_FEATURES, n: 135, signal: 64 }));
    const each = train.n / 90;
    const seen = [0, 0, 0];
    const rows = Array.from(train.labels.keys());
    const few = pick(
      train,
      rows.filter((i) => ++seen[train.labels[i]] <= each * (train.labels[i] === 0 ? 30 : 4)),
    );
    const fitted = await fit(make(), few);
    expect(fitted.probability(few.x, few.n).every((value) => value > 0)).toBe(true);
    const large = pick(
      train,
      rows.filter((i) => train.labels[i] === 0),
    );
    expect(right(fitted.decision(large.x, large.n), large)).toBe(1);
  });

  it('names the class that has no training image', async () => {
    const { train } = madeData(MORE_IMAGES);
    const rows = Array.from(train.labels.keys()).filter((i) => train.labels[i] !== 1);
    await expect(fit(make(), pick(train, rows))).rejects.toThrow(
      expect.objectContaining({
        code: 'metric_undefined',
        message: expect.stringContaining('Class 1 has no training image'),
      }),
    );
  });

  it.each([Number.NaN, Number.NEGATIVE_INFINITY])(
    'names the image and the feature that is %s, in fit and after it',
    async (bad) => {
      const { train, test } = madeData(MORE_IMAGES);
      const fitted = await fit(make(), train);
      for (const x of [train.x, test.x]) x[7 * 12 + 2] = bad;
      const error = expect.objectContaining({
        code: 'metric_undefined',
        message: `Feature 2 of image 7 is ${bad}: it cannot be decoded.`,
      });
      await expect(fit(make(), train)).rejects.toThrow(error);
      expect(() => fitted.decision(test.x, test.n)).toThrow(error);
      expect(() => fitted.probability(test.x, test.n)).toThrow(error);
    },
  );

  it('refuses arrays that do not fit each other', async () => {
    const { train } = madeData(MORE_IMAGES);
    await expect(fit(make(), { ...train, f: 11 })).rejects.toThrow('not 60 x 11');
    await expect(fit(make(), { ...train, labels: train.labels.subarray(1) })).rejects.toThrow(
      '59 labels for 60 images',
    );
    await expect(fit(make(), { ...train, classes: 2 })).rejects.toThrow('labels run from 0 to 1');
  });

  it('gives the same numbers every time (exact) and leaves its input as it was', async () => {
    const { train, test } = madeData(MORE_FEATURES);
    const kept = train.x.slice();
    expect(await decisionsOf(make(), train, test)).toEqual(await decisionsOf(make(), train, test));
    expect(train.x).toEqual(kept);
  });

  it('argmax: of tied decisions the lowest class counts', async () => {
    const { train, test } = madeData(MORE_IMAGES);
    const d = await decisionsOf(make(), train, test);
    // The best of the first two classes for both, so that they tie and the third is never better.
    for (let row = 0; row < d.length; row += 3) d.fill(Math.max(...d.subarray(row, row + 3)), row, row + 2);
    expect(argmaxCorrect(d, test.labels, 3)).toEqual(Uint8Array.from(test.labels, (label) => (label === 0 ? 1 : 0)));
  });
});

describe.each(OPTIMA)('%s, defined by an optimum', (name, make) => {
  it.each(SHAPES)('%s: converges', async (_, shape) => {
    const { convergence } = await fit(make(), madeData(shape).train);
    expect(convergence.converged).toBe(true);
    expect(convergence.value).toBeLessThanOrEqual(1e-8);
    expect(convergence.iterations).toBeGreaterThan(0);
  });

  it.each(SHAPES)('%s: the order of images, of features and of classes does not matter (1e-6)', async (_, shape) => {
    const { train, test } = madeData(shape);
    const d = await decisionsOf(make(), train, test);
    expect(maxDifference(await decisionsOf(make(), reversed(train), test), d)).toBeLessThan(1e-6);
    expect(maxDifference(await decisionsOf(make(), reverseFeatures(train), reverseFeatures(test)), d)).toBeLessThan(
      1e-6,
    );
    const other = await decisionsOf(make(), relabelled(train), test);
    expect(maxDifference(other, relabelledDecisions(d, 3))).toBeLessThan(1e-6);
  });

  it('every row twice, at half the weight, changes nothing (1e-6)', async () => {
    const { train, test } = madeData(MORE_IMAGES);
    const rows = Array.from(train.labels.keys());
    const half = name === 'svm' ? svm(0.025) : make();
    const twice = await decisionsOf(half, pick(train, [...rows, ...rows]), test);
    expect(maxDifference(twice, await decisionsOf(make(), train, test))).toBeLessThan(1e-6);
  });

  it('a feature that only test images vary in has no weight (1e-9)', async () => {
    const { train, test } = madeData(MORE_IMAGES);
    const d = await decisionsOf(
      make(),
      oneMoreFeature(train, () => 0.1),
      oneMoreFeature(test, (row) => row),
    );
    expect(maxDifference(d, await decisionsOf(make(), train, test))).toBeLessThan(1e-9);
  });

  it('nothing but constant features: classes of one size tie (1e-9)', async () => {
    const { train } = madeData(MORE_IMAGES);
    const flat = { ...train, x: new Float32Array(train.x.length).fill(3) };
    const d = await decisionsOf(make(), flat, flat);
    for (let at = 0; at < d.length; at++) expect(Math.abs(d[at] - d[0])).toBeLessThan(1e-9);
  });
});

// Its minibatches come in the order of the rows and its first weights in that of the features: results depend on both.
describe('softmax-adam, defined by a path', () => {
  const { train, test } = madeData(MORE_FEATURES);

  it('the order of images matters', async () => {
    const [d, other] = [await decisionsOf(adam(), train, test), await decisionsOf(adam(), reversed(train), test)];
    expect(maxDifference(other, d)).toBeGreaterThan(1e-6);
  });

  it('the numbers of classes do not matter: they are taken in order of first appearance (1e-12)', async () => {
    const d = await decisionsOf(adam(), train, test);
    expect(maxDifference(await decisionsOf(adam(), relabelled(train), test), relabelledDecisions(d, 3))).toBeLessThan(
      1e-12,
    );
  });

  it('the order of features does not matter where the first weights follow it (1e-9)', async () => {
    const following: InitialWeights = (f, classes) => {
      const weights = initialWeights(f, classes);
      return weights.map((_, at) => weights[(f - 1 - Math.floor(at / classes)) * classes + (at % classes)]);
    };
    const d = await decisionsOf(adam(), train, test);
    const other = await decisionsOf(adam(following), reverseFeatures(train), reverseFeatures(test));
    expect(maxDifference(other, d)).toBeLessThan(1e-9);
  });
});

describe('svm beside ml-svm', () => {
  /** Each image of class 0 with its negative as class 1: the best intercept is 0, whether it is regularised or not. */
  const mirrored = (images: Images): Images => {
    const rows = Array.from(images.labels.keys()).filter((i) => images.labels[i] === 0);
    const twice = pick({ ...images, classes: 2 }, [...rows, ...rows]);
    const half = twice.x.length / 2;
    return {
      ...twice,
      x: twice.x.map((v, at) => (at < half ? v - 3.5 : 3.5 - v)),
      labels: twice.labels.map((_, at) => (at < rows.length ? 0 : 1)),
    };
  };

  // It leaves out steps of alpha under 1e-3; one is worth 1e-3 |z|^2 in a decision, |z|^2 about the number of features: .09.
  it.each(SHAPES)('%s: the same decisions on mirrored images (0.1) and the same argmax', async (_, shape) => {
    const { train, test } = madeData(shape);
    const held = mirrored(test);
    const ours = await decisionsOf(svm(1), mirrored(train), held);
    const oracle = await decisionsOf(new MlSvmDecoder({ c: 1 }), mirrored(train), held);
    expect(maxDifference(ours, oracle)).toBeLessThan(0.1);
    expect(argmaxCorrect(ours, held.labels, 2)).toEqual(argmaxCorrect(oracle, held.labels, 2));
  });
});

describe('hyper-parameters and calibration', () => {
  it('refuses a weight that is not positive, and held-out decisions of another shape', async () => {
    expect(() => svm(0)).toThrow('c is positive');
    expect(() => new SoftmaxDecoder({ lambda: 0, penaliseIntercept: false })).toThrow('lambda is positive');
    expect(() => new SoftmaxDecoder({ c: -1, penaliseIntercept: false })).toThrow('c is positive');
    expect(() => new SoftmaxAdamDecoder({ lambda: -1, initialWeights })).toThrow('lambda is not negative');
    const { train } = madeData(MORE_IMAGES);
    const held = { decisions: new Float64Array(5), labels: train.labels };
    await expect(fit(new SvmDecoder({ c: 1, calibration: held }), train)).rejects.toThrow('5 decisions');
    await expect(
      fit(
        adam(() => new Float64Array(3)),
        train,
      ),
    ).rejects.toThrow('3 weights');
  });

  it('nested probabilities need three images a class', async () => {
    const { train } = madeData(MORE_IMAGES);
    let seen = 0;
    const rows = Array.from(train.labels.keys()).filter((i) => train.labels[i] !== 2 || ++seen <= 2);
    await expect(fit(svm(), pick(train, rows))).rejects.toThrow(
      expect.objectContaining({
        code: 'metric_undefined',
        message: expect.stringContaining('Class 2 has fewer than 3'),
      }),
    );
  });
});
