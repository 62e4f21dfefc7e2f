import { referenceKernels } from '@corescore/linalg';
import { describe, expect, it } from 'vitest';
import {
  argmaxCorrect,
  type Decoder,
  decode,
  type FittedDecoder,
  RandomState,
  SoftmaxAdamDecoder,
  SoftmaxDecoder,
  SvmDecoder,
  stratifiedKFold,
  truncatedNormalWeights,
} from '../../src/index.js';
import { maxDifference } from '../fixtures.js';
import { adamCases, type Images, madeData, nestedCases, reversed, softmaxCases } from './decoder-data.js';

const fit = (decoder: Decoder, { x, n, f, labels, classes }: Images): Promise<FittedDecoder> =>
  decoder.fit(x, n, f, labels, classes, referenceKernels);

describe('softmax', () => {
  it.each(softmaxCases)(
    '$name: decisions and probabilities of scikit-learn’s newton-cg run to its optimum (1e-6), gradient norm within 1e-8',
    async (c) => {
      const { train, test } = madeData(c);
      const fitted = await fit(new SoftmaxDecoder({ c: c.c, penaliseIntercept: c.penaliseIntercept }), train);
      expect(maxDifference(fitted.decision(test.x, test.n), c.decisions)).toBeLessThan(1e-6);
      expect(maxDifference(fitted.probability(test.x, test.n), c.probabilities)).toBeLessThan(1e-6);
      expect(fitted.convergence).toMatchObject({ converged: true, measure: 'gradient norm' });
      expect(fitted.convergence.value).toBeLessThanOrEqual(1e-8);
    },
  );

  it('lambda is 1 / (c * images) (1e-12)', async () => {
    const { train, test } = madeData(softmaxCases[0]);
    const byC = await fit(new SoftmaxDecoder({ c: 0.05, penaliseIntercept: false }), train);
    const byLambda = await fit(new SoftmaxDecoder({ lambda: 1 / (0.05 * train.n), penaliseIntercept: false }), train);
    expect(maxDifference(byC.decision(test.x, test.n), byLambda.decision(test.x, test.n))).toBeLessThan(1e-12);
  });
});

describe('svm', () => {
  it.each(nestedCases)(
    '$name: LinearSVC’s decisions and CalibratedClassifierCV’s nested probabilities (1e-6: both peers iterate), gap within 1e-8',
    async (c) => {
      const { train, test } = madeData(c);
      const fitted = await fit(new SvmDecoder({ c: c.c, calibration: 'nested' }), train);
      expect(maxDifference(fitted.decision(test.x, test.n), c.decisions)).toBeLessThan(1e-6);
      expect(maxDifference(fitted.probability(test.x, test.n), c.probabilities)).toBeLessThan(1e-6);
      expect(fitted.convergence.value).toBeLessThanOrEqual(1e-8);
    },
  );

  it('is the decoder of `decode` (1e-5)', async () => {
    const { train: images } = madeData(nestedCases[0]);
    const fold = stratifiedKFold(Array.from(images.labels, String), 5, 1);
    const { decisions } = await decode({ ...images, folds: [fold], c: 0.01 }, referenceKernels);
    const { f, classes } = images;
    const rows = Array.from(fold.keys());
    const [train, test] = [rows.filter((i) => fold[i] !== 0), rows.filter((i) => fold[i] === 0)];
    const of = (those: number[]) => Float32Array.from(those.flatMap((i) => [...images.x.subarray(i * f, (i + 1) * f)]));
    const decoder = new SvmDecoder({ c: 0.01, calibration: { decisions: decisions[0], labels: images.labels } });
    const labels = Int32Array.from(train, (i) => images.labels[i]);
    const fitted = await decoder.fit(of(train), train.length, f, labels, classes, referenceKernels);
    const held = test.flatMap((i) => [...decisions[0].subarray(i * classes, (i + 1) * classes)]);
    expect(maxDifference(fitted.decision(of(test), test.length), held)).toBeLessThan(1e-5);
  });
});

describe('softmax-adam', () => {
  /** What `make_decoders.py` starts from. */
  const start =
    ({ seed, aligned }: { seed: number; aligned: number }, order: number[]) =>
    (f: number, classes: number): Float64Array => {
      const random = new RandomState(seed + 100);
      return Float64Array.from({ length: f * classes }, (_, at) => {
        const [j, place] = [Math.floor(at / classes), at % classes];
        return random.rand() - 0.5 + (j % classes === order[place] ? aligned : 0);
      });
    };

  it.each(adamCases)('$name: the path of a NumPy derivation from the same first weights (1e-9)', async (c) => {
    const { train, test } = madeData(c);
    const images = reversed(train);
    const order = [...new Set(images.labels)];
    const fitted = await fit(new SoftmaxAdamDecoder({ lambda: c.lam, initialWeights: start(c, order) }), images);
    expect(maxDifference(fitted.decision(test.x, test.n), c.decisions)).toBeLessThan(1e-9);
    expect(maxDifference(fitted.probability(test.x, test.n), c.probabilities)).toBeLessThan(1e-9);
    expect(Math.abs(fitted.convergence.value - c.entropy)).toBeLessThan(1e-9);
    expect(fitted.convergence).toMatchObject({ iterations: c.steps, converged: c.entropy < 1e-4 });
  });

  it('has a case that ran out of epochs and one that stopped', () => {
    expect(adamCases.map((c) => c.entropy < 1e-4)).toEqual([false, true]);
  });

  it('first weights: deviation sqrt(1/f) (1 %), cut off at two deviations of the normal, other ones for another seed', () => {
    const [f, classes] = [5000, 10];
    const weights = truncatedNormalWeights(1)(f, classes);
    const limit = (2 * Math.sqrt(1 / f)) / 0.87962566;
    const deviation = Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / weights.length);
    expect(weights.length).toBe(f * classes);
    expect(Math.abs(deviation * Math.sqrt(f) - 1)).toBeLessThan(0.01);
    expect(Math.max(...weights.map(Math.abs))).toBeLessThanOrEqual(limit);
    expect(truncatedNormalWeights(1)(f, classes)).toEqual(weights);
    expect(truncatedNormalWeights(2)(f, classes)).not.toEqual(weights);
  });

  it('converges where its stop rule is met and says that it does not elsewhere: its argmax is right all the same', async () => {
    const { train, test } = madeData({ seed: 3, n: 300, f: 400, classes: 3, signal: 64 });
    const decoder = new SoftmaxAdamDecoder({ lambda: 0.463, initialWeights: truncatedNormalWeights(0) });
    const fitted = await fit(decoder, train);
    expect(fitted.convergence.converged).toBe(false);
    expect(argmaxCorrect(fitted.decision(test.x, test.n), test.labels, 3).every((right) => right === 1)).toBe(true);
  });
});
