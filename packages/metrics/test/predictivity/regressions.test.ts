import { referenceKernels } from '@corescore/linalg';
import { describe, expect, it } from 'vitest';
import { linearPredict, plsPredict, pooledGram, ridgeCvPredict, ridgePredict } from '../../src/index.js';
import {
  alphas,
  cases,
  type PredictivityCase,
  predictivityData,
  relativeDifference,
  ridgeAlpha,
} from './predictivity-data.js';

const prepared = async (c: PredictivityCase) => {
  const { x, target } = predictivityData(c);
  return { x, target, gram: await pooledGram(x, c.n, c.f, referenceKernels) };
};

describe.each(cases)('$name', (c) => {
  it('ridge: Ridge’s predictions (1e-9 of the largest)', async () => {
    const { gram, target } = await prepared(c);
    const predictions = ridgePredict(gram, target, c.splits, ridgeAlpha);
    c.splits.forEach(({ ridge }, k) => {
      expect(relativeDifference(predictions[k], ridge)).toBeLessThan(1e-9);
    });
  });

  it('ridge-cv: RidgeCV’s alpha (exact) and predictions (1e-9 of the largest)', async () => {
    const { gram, target } = await prepared(c);
    const { predictions, alphas: chosen } = ridgeCvPredict(gram, target, c.splits, alphas);
    c.splits.forEach(({ ridgeCv, alpha }, k) => {
      expect(chosen[k]).toBe(alpha);
      expect(relativeDifference(predictions[k], ridgeCv)).toBeLessThan(1e-9);
    });
  });

  it('linear: LinearRegression’s predictions (1e-9 of the largest) and the rank', async () => {
    const { gram, target } = await prepared(c);
    const { predictions, ranks } = linearPredict(gram, target, c.splits);
    c.splits.forEach(({ linear, train }, k) => {
      expect(ranks[k]).toBe(Math.min(train.length - 1, c.f));
      expect(relativeDifference(predictions[k], linear)).toBeLessThan(1e-9);
    });
  });
});

describe('the regressions among themselves', () => {
  const c = cases[0];

  it('linear is PLS with as many components as the features have rank (1e-9 of the largest), and says the rank', async () => {
    const { x, target } = await prepared(c);
    const repeated = Float32Array.from({ length: c.n * 30 }, (_, at) => x[Math.floor(at / 30) * c.f + (at % 5)]);
    const gram = await pooledGram(repeated, c.n, 30, referenceKernels);
    const { predictions, ranks } = linearPredict(gram, target, c.splits);
    expect(ranks).toEqual([5, 5]);
    const pls = (await plsPredict(gram, target, c.splits, 5)).predictions;
    predictions.forEach((p, k) => {
      expect(relativeDifference(p, pls[k])).toBeLessThan(1e-9);
    });
  });

  it('ridge tends to linear as alpha falls, and to the mean as it grows (1e-6 of the largest)', async () => {
    const { x, gram, target } = await prepared(c);
    const linear = linearPredict(gram, target, c.splits).predictions[0];
    expect(relativeDifference(ridgePredict(gram, target, c.splits, 1e-8)[0], linear)).toBeLessThan(1e-6);
    const dead = await pooledGram(new Float32Array(c.n * c.f), c.n, c.f, referenceKernels);
    const mean = linearPredict(dead, target, c.splits);
    expect(mean.ranks).toEqual([0, 0]);
    // Alive in the held-out images alone: nothing can be learnt from it.
    const heldOut = x.map((v, at) => (c.splits[0].test.includes(Math.floor(at / c.f)) ? v : 0.1));
    const unseen = linearPredict(await pooledGram(heldOut, c.n, c.f, referenceKernels), target, [c.splits[0]]);
    expect(unseen).toEqual({ predictions: [mean.predictions[0]], ranks: [0] });
    expect(relativeDifference(ridgePredict(gram, target, c.splits, 1e12)[0], mean.predictions[0])).toBeLessThan(1e-6);
  });

  it('ridge-cv over one alpha is ridge (1e-12 of the largest), also where no feature varies', async () => {
    const { gram, target } = await prepared(c);
    const { predictions } = ridgeCvPredict(gram, target, c.splits, [10]);
    expect(relativeDifference(predictions[1], ridgePredict(gram, target, c.splits, 10)[1])).toBeLessThan(1e-12);
    const dead = await pooledGram(new Float32Array(c.n * c.f), c.n, c.f, referenceKernels);
    const flat = ridgeCvPredict(dead, target, c.splits, alphas);
    expect(relativeDifference(flat.predictions[0], linearPredict(dead, target, c.splits).predictions[0])).toBeLessThan(
      1e-12,
    );
  });

  it('refuses an alpha that is not positive, an empty grid, and an alpha that rounding swallows', async () => {
    const { gram, target } = await prepared(c);
    for (const alpha of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => ridgePredict(gram, target, c.splits, alpha)).toThrow(RangeError);
      expect(() => ridgeCvPredict(gram, target, c.splits, [1, alpha])).toThrow(RangeError);
    }
    expect(() => ridgeCvPredict(gram, target, c.splits, [])).toThrow(RangeError);
    const { x } = predictivityData(c);
    const two = Float32Array.from({ length: c.n * 2 }, (_, at) => x[(at >> 1) * c.f] * 2 ** 20);
    const singular = await pooledGram(two, c.n, 2, referenceKernels);
    expect(() => ridgePredict(singular, target, c.splits, 1e-9)).toThrow('vanishes beside');
  });
});
