import { referenceKernels } from '@corescore/linalg';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  addedVariance,
  addedVarianceDraws,
  bootstrap,
  type PooledGram,
  percentileInterval,
  plsPredict,
  pooledGram,
  RandomState,
  sideBySide,
} from '../../src/index.js';
import { maxDifference } from '../fixtures.js';
import { resampled, temporal, temporalData } from './temporal-predictivity-data.js';

const { steps, target, splits } = temporalData();
const { n, m, f, components } = temporal;
let grams: PooledGram[];
beforeAll(async () => {
  grams = await Promise.all(steps.map((x) => pooledGram(x, n, f, referenceKernels)));
});

describe('variance explained beyond a first set of features', () => {
  const added = async () => {
    const first = grams[0];
    const both = sideBySide(grams[0], grams[2]);
    const predict = async (gram: PooledGram) => (await plsPredict(gram, target, splits, components)).predictions;
    return { first: await predict(first), both: await predict(both) };
  };

  it('is scikit-learn’s difference in R^2, each at least 0, on features side by side, of one total variance (1e-7)', async () => {
    const { first, both } = await added();
    const found = addedVariance(target, splits, first, both);
    expect(maxDifference(found.perSplit as number[], temporal.added.perSplit)).toBeLessThan(1e-7);
    for (const key of ['value', 'error', 'first', 'both'] as const) {
      expect(Math.abs(found[key]! - temporal.added[key])).toBeLessThan(1e-7);
    }
    expect([found.n, found.nTotal]).toEqual([m, m]);
    // The two that a note names, and the value, are one computation.
    expect(found.both! - found.first!).toBeCloseTo(found.value!, 14);
  });

  it('a first step of pure noise: what it falls below 0 is no gain, in value and interval', async () => {
    // 45 features of noise and 54 training images: the held-out R^2 of the first alone is far below 0.
    const random = new RandomState(5);
    const noise = await pooledGram(
      Float32Array.from({ length: n * f }, () => random.rand()),
      n,
      f,
      referenceKernels,
    );
    const predict = async (gram: PooledGram) => (await plsPredict(gram, target, splits, components)).predictions;
    const first = await predict(noise);
    const both = await predict(sideBySide(noise, grams[2]));
    const raw = splits.map(({ train, test }, s) => {
      const r2 = (predictions: Float64Array, j: number) => {
        const mean = train.reduce((sum, i) => sum + target.y[i * m + j], 0) / train.length;
        let [errors, total] = [0, 0];
        test.forEach((i, t) => {
          errors += (target.y[i * m + j] - predictions[t * m + j]) ** 2;
          total += (target.y[i * m + j] - mean) ** 2;
        });
        return 1 - errors / total;
      };
      const neuroids = Array.from({ length: m }, (_, j) => ({ a: r2(first[s], j), b: r2(both[s], j) }));
      const median = (x: number[]) => x.sort((p, q) => p - q)[(m - 1) / 2];
      return { alone: median(neuroids.map(({ a }) => a)), together: median(neuroids.map(({ b }) => b)) };
    });
    expect(raw.every(({ alone }) => alone < -0.1)).toBe(true);
    const found = addedVariance(target, splits, first, both);
    const explained = raw.reduce((sum, { together }) => sum + together, 0) / raw.length;
    expect(explained).toBeGreaterThan(0.2);
    expect(found.value!).toBeLessThanOrEqual(explained + 1e-12);
    expect(found.both! - found.first!).toBeCloseTo(found.value!, 14);
    const draws = await addedVarianceDraws(target, splits, first, both, { draws: 400, seed: 1 }, referenceKernels);
    const { low, high } = percentileInterval(draws)!;
    expect(low).toBeLessThan(found.value!);
    expect(high).toBeGreaterThan(found.value!);
    // Noise beside noise is worth nothing, rather than what it costs less.
    const nothing = addedVariance(target, splits, first, await predict(noise));
    expect([nothing.value, nothing.first, nothing.both]).toEqual([0, 0, 0]);
  });

  it('a later step that repeats the first, four times as large, adds exactly 0', async () => {
    const copy = await pooledGram(
      steps[0].map((v) => 4 * v),
      n,
      f,
      referenceKernels,
    );
    const predict = async (gram: PooledGram) => (await plsPredict(gram, target, splits, components)).predictions;
    const first = await predict(grams[0]);
    const both = await predict(sideBySide(grams[0], copy));
    const found = addedVariance(target, splits, first, both);
    expect(found.value).toBe(0);
    expect(found.error).toBe(0);
    expect(
      new Set(await addedVarianceDraws(target, splits, first, both, { draws: 20, seed: 1 }, referenceKernels)),
    ).toEqual(new Set([0]));
  });

  it('closed form: predictions at the truth and at the mean of the training rows differ by all of the variance', async () => {
    const perfect = splits.map(({ test }) =>
      Float64Array.from([...test].flatMap((i) => [...target.y.subarray(i * m, (i + 1) * m)])),
    );
    const means = splits.map(({ train, test }) => {
      const mean = new Float64Array(m);
      for (const i of train) for (let j = 0; j < m; j++) mean[j] += target.y[i * m + j] / train.length;
      return Float64Array.from({ length: test.length * m }, (_, at) => mean[at % m]);
    });
    const found = addedVariance(target, splits, means, perfect);
    expect(found.value).toBeCloseTo(1, 12);
    expect(found.first).toBeCloseTo(0, 12);
    expect(addedVariance(target, splits, perfect, means).value).toBeCloseTo(-1, 12);
  });

  it('each draw is the difference over its images, written out (1e-10)', async () => {
    const { first, both } = await added();
    const found = await addedVarianceDraws(target, splits, first, both, { draws: 10, seed: 9 }, referenceKernels);
    let draw = 0;
    bootstrap(n, 10, 9, (rows) => {
      const medians = splits.map((split, s) => {
        const a = resampled(split, first[s], rows, target);
        const b = resampled(split, both[s], rows, target);
        const gains = Array.from({ length: m }, (_, j) => {
          const mean = split.train.reduce((sum, i) => sum + target.y[i * m + j], 0) / split.train.length;
          const errors = [0, 0];
          let total = 0;
          for (let at = j; at < a.responses.length; at += m) {
            errors[0] += (a.responses[at] - a.predicted[at]) ** 2;
            errors[1] += (b.responses[at] - b.predicted[at]) ** 2;
            total += (a.responses[at] - mean) ** 2;
          }
          const [alone, together] = errors.map((e) => Math.max(0, 1 - e / total));
          return together - alone;
        }).sort((x, z) => x - z);
        return gains[(m - 1) / 2];
      });
      expect(Math.abs(found[draw++] - medians.reduce((x, z) => x + z) / splits.length)).toBeLessThan(1e-10);
      return 0;
    });
    expect(draw).toBe(10);
  });

  it('a step that is the same for every image adds nothing, and beside one everything is beyond it', async () => {
    const flat = await pooledGram(new Float32Array(n * f).fill(2), n, f, referenceKernels);
    expect(sideBySide(grams[0], flat)).toEqual({ ...grams[0], f: 2 * f });
    expect(sideBySide(flat, grams[0])).toEqual({ ...grams[0], f: 2 * f });
    const predict = async (gram: PooledGram) => (await plsPredict(gram, target, splits, components)).predictions;
    const found = addedVariance(target, splits, await predict(flat), await predict(sideBySide(flat, grams[2])));
    expect(found.first).toBe(0);
    expect(found.both).toBeGreaterThan(0.5);
  });

  it('refuses predictions that do not fit', async () => {
    expect(() => sideBySide(grams[0], { k: Float64Array.of(1), n: 1, f: 1, kernels: referenceKernels })).toThrow(
      RangeError,
    );
    const { first, both } = await added();
    expect(() => addedVariance(target, splits, first.slice(1), both)).toThrow(RangeError);
    expect(() => addedVariance(target, splits, first, [both[0].slice(1), ...both.slice(1)])).toThrow(RangeError);
    const broken = both[0].slice().fill(Number.NaN, 0, 1);
    expect(() => addedVariance(target, splits, first, [broken, ...both.slice(1)])).toThrow('not finite');
  });

  it('a neuroid that never varies has no R^2 and is left out, with its n', async () => {
    const y = target.y.slice();
    for (let i = 0; i < n; i++) y[i * m + 2] = 0.1;
    const { first, both } = await added();
    expect(addedVariance({ y, n, m }, splits, first, both).n).toBe(m - 1);
  });
});
