import { referenceKernels } from '@corescore/linalg';
import { describe, expect, it } from 'vitest';
import {
  EARLY_IT,
  LATE_IT,
  meanInWindow,
  neuroidCorrelations,
  normaliseByCeiling,
  plsPredict,
  pooledGram,
  predictivity,
  predictivityOverTime,
  RandomState,
  spearmanBrown,
  splitHalfCeiling,
} from '../../src/index.js';
import { maxDifference } from '../fixtures.js';
import { cases, ceilings, predictivityData, repetitionsOf } from './predictivity-data.js';

const rows = (...values: number[]) => Int32Array.from(values);

describe('predictivity', () => {
  it.each(cases)('$name: r of each neuroid, their median and its error over splits as NumPy’s (1e-9)', (c) => {
    const { target } = predictivityData(c);
    const predictions = c.splits.map(({ pls }) => Float64Array.from(pls));
    const score = predictivity(target, c.splits, predictions);
    score.perSplit.forEach(({ r }, k) => {
      const expected = c.predictivity.r[k].map((v) => v ?? Number.NaN);
      expect(maxDifference(r, expected)).toBeLessThan(1e-9);
    });
    expect(Math.abs(score.value! - c.predictivity.value)).toBeLessThan(1e-9);
    expect(Math.abs(score.error! - c.predictivity.error)).toBeLessThan(1e-9);
    expect([score.n, score.nTotal]).toEqual([c.constant === null ? c.m : c.m - 1, c.m]);
  });

  it('leaves out a neuroid without variance over the test images, and says how many are left', () => {
    const target = { y: Float64Array.from([1, 5, 2, 5, 3, 5, 5, 1, 6, 2]), n: 5, m: 2 };
    const splits = [
      { train: rows(3, 4), test: rows(0, 1, 2) },
      { train: rows(0, 1), test: rows(3, 4) },
    ];
    const predictions = [Float64Array.from([2, 9, 4, 8, 6, 7]), Float64Array.from([1, 4, 2, 3])];
    const score = predictivity(target, splits, predictions);
    expect(score.perSplit.map((s) => [s.median, s.n])).toEqual([
      [1, 1],
      [0, 2],
    ]);
    expect(score).toMatchObject({ value: 0.5, error: expect.closeTo(0.5 / Math.SQRT2, 12), n: 1, nTotal: 2 });
  });

  it('has no value where no neuroid has a correlation, and no error over a single split', () => {
    const target = { y: Float64Array.from([1, 2, 3, 4]), n: 4, m: 1 };
    const split = [{ train: rows(0, 1), test: rows(2, 3) }];
    expect(predictivity(target, split, [Float64Array.from([7, 7])])).toMatchObject({ value: null, error: null, n: 0 });
    expect(predictivity(target, split, [Float64Array.from([1, 7])])).toMatchObject({ value: 1, error: null, n: 1 });
  });

  it('refuses a single test image, NaN, and predictions of another shape', () => {
    const target = { y: Float64Array.from([1, 2, 3]), n: 3, m: 1 };
    const one = [{ train: rows(0, 1), test: rows(2) }];
    expect(() => predictivity(target, one, [Float64Array.of(1)])).toThrow('Split 0 tests a single image');
    const nan = { ...target, y: Float64Array.from([1, Number.NaN, 3]) };
    expect(() => predictivity(nan, one, [Float64Array.of(1)])).toThrow('neuroid 0 to image 1 is NaN');
    const four = { y: Float64Array.from([1, 2, 3, 4]), n: 4, m: 1 };
    const split = [{ train: rows(0, 1), test: rows(2, 3) }];
    expect(() => predictivity(four, split, [Float64Array.of(1, Number.NaN)])).toThrow('NaN');
    expect(() => predictivity(four, split, [Float64Array.of(1)])).toThrow(RangeError);
    expect(() => predictivity(four, split, [])).toThrow(RangeError);
    expect(() => neuroidCorrelations(Float64Array.of(1), Float64Array.of(1), 2, 1)).toThrow(RangeError);
  });
});

describe('splitHalfCeiling', () => {
  it.each(ceilings)(
    '$repetitions repetitions: NumPy’s value of every halving, corrected to the mean of all (1e-12)',
    (c) => {
      const ceiling = splitHalfCeiling(repetitionsOf(c), c.n, c.m, c.draw);
      expect(maxDifference(ceiling.perHalving as number[], c.perHalving)).toBeLessThan(1e-12);
      expect(Math.abs(ceiling.value! - c.value)).toBeLessThan(1e-12);
      expect(ceiling).toMatchObject({ n: c.m, nTotal: c.m });
      expect(ceiling.reason).toBeUndefined();
    },
  );

  it('one repetition has none; neither have halves that never vary', () => {
    const y = Float64Array.from([1, 2, 3, 4]);
    expect(splitHalfCeiling([y], 2, 2, 1)).toEqual({
      value: null,
      reason: 'no_ceiling',
      perHalving: [],
      n: 0,
      nTotal: 2,
    });
    const flat = new Float64Array(4).fill(3);
    expect(splitHalfCeiling([flat, flat], 2, 2, 1, 3)).toMatchObject({ value: null, reason: 'undefined', n: 0 });
  });

  it('leaves out a neuroid without variance, with its n', () => {
    const y = Float64Array.from([1, 7, 2, 7, 4, 7]);
    expect(splitHalfCeiling([y, y], 3, 2, 1)).toMatchObject({ value: expect.closeTo(1, 12), n: 1, nTotal: 2 });
  });

  it('refuses NaN, a single image and no repetition', () => {
    expect(() => splitHalfCeiling([Float64Array.of(1, Number.NaN)], 2, 1, 1)).toThrow('image 1 is NaN');
    expect(() => splitHalfCeiling([Float64Array.of(1), Float64Array.of(1)], 1, 1, 1)).toThrow('single image');
    expect(() => splitHalfCeiling([], 2, 1, 1)).toThrow(RangeError);
    expect(() => splitHalfCeiling([Float64Array.of(1, 2)], 2, 1, 1, 0)).toThrow(RangeError);
  });

  it('Spearman-Brown at its fixed points, and undefined from its pole on', () => {
    expect([spearmanBrown(1, 2), spearmanBrown(0, 2), spearmanBrown(-1, 2)]).toEqual([1, 0, Number.NaN]);
    expect(spearmanBrown(0.5, 2)).toBeCloseTo(2 / 3, 15);
    expect(spearmanBrown(0.5, 3)).toBeCloseTo(3 / 4, 15);
    expect([spearmanBrown(1, 3), spearmanBrown(-0.5, 3), spearmanBrown(-0.6, 3)]).toEqual([1, Number.NaN, Number.NaN]);
    expect(spearmanBrown(-0.49, 3)).toBeLessThan(-70);
  });

  it.each([3, 5])(
    'is the reliability of the mean of all %i repetitions that is predicted, not of a half of them (.01)',
    (r) => {
      // Signal of variance 1 and noise of variance 1 a repetition: a mean over r has reliability r / (r + 1).
      const random = new RandomState(3);
      const normal = () => Math.sqrt(-2 * Math.log(1 - random.rand())) * Math.cos(2 * Math.PI * random.rand());
      const [n, m] = [4000, 5];
      const signal = Float64Array.from({ length: n * m }, normal);
      const repetitions = Array.from({ length: r }, () => signal.map((v) => v + normal()));
      const found = splitHalfCeiling(repetitions, n, m, 1);
      expect(Math.abs(found.value! - r / (r + 1))).toBeLessThan(0.01);
      expect(found.perHalving).toHaveLength(r === 3 ? 3 : 10);
    },
  );

  it('unequal counts of trials: each neuroid has the ceiling of its own repetitions, whatever the others have', () => {
    const c = ceilings.find(({ repetitions }) => repetitions === 5)!;
    const five = repetitionsOf(c);
    const without = (y: Float64Array, neuroids: number[]) =>
      y.map((v, at) => (neuroids.includes(at % c.m) ? Number.NaN : v));
    // Neuroid 0 was recorded in all, 1 in the last three, 2 in the first only.
    const some = five.map((y, k) => without(y, [...(k < 2 ? [1] : []), ...(k > 0 ? [2] : [])]));
    const found = splitHalfCeiling(some, c.n, c.m, c.draw);
    const alone = (j: number, which: Float64Array[]) =>
      splitHalfCeiling(
        which.map((y) => y.filter((_, at) => at % c.m === j)),
        c.n,
        1,
        c.draw,
      ).perHalving;
    const all = alone(0, five);
    const three = alone(1, five.slice(2));
    expect(three).toHaveLength(3);
    expect(found).toMatchObject({ n: 2, nTotal: 3 });
    // The median of two is their mean.
    found.perHalving.forEach((v, h) => {
      expect(v).toBeCloseTo((all[h]! + three[h % 3]!) / 2, 14);
    });
    const single = [five[0], ...five.slice(1).map((y) => without(y, [0, 1, 2]))];
    expect(splitHalfCeiling(single, c.n, c.m, 1)).toMatchObject({ value: null, reason: 'no_ceiling', nTotal: 3 });
  });
});

describe('normaliseByCeiling', () => {
  it('v1 is CORnet-S on the private MajajHong2015 IT, .600 of .82184 -> .533 (5e-4); v2 is r^2 / ceiling', () => {
    expect(Math.abs(normaliseByCeiling(0.6, 0.82184, 'v1')! - 0.533)).toBeLessThan(5e-4);
    expect(normaliseByCeiling(0.6, 0.82184, 'v2')).toBeCloseTo(0.36 / 0.82184, 15);
  });

  it('has no value without r or without a positive ceiling', () => {
    expect(normaliseByCeiling(null, 0.8, 'v2')).toBeNull();
    expect(normaliseByCeiling(0.5, null, 'v1')).toBeNull();
    expect(normaliseByCeiling(0.5, 0, 'v2')).toBeNull();
    expect(normaliseByCeiling(0.5, -0.1, 'v1')).toBeNull();
  });
});

describe('over time', () => {
  const bins = Array.from({ length: 18 }, (_, k) => ({ startMs: 70 + 10 * k, endMs: 80 + 10 * k }));
  // scikit-learn's predictivity of bl-64 step 4 in the 18 bins, and its window means (pattern of reference_pls.json).
  const perBin = [
    0.0313, 0.2372, 0.3849, 0.4024, 0.437, 0.4889, 0.5304, 0.5608, 0.5756, 0.5736, 0.5732, 0.5714, 0.5661, 0.5721,
    0.5676, 0.5687, 0.5718, 0.5682,
  ];

  it('early and late are the reference’s window means (1e-4)', () => {
    const early = meanInWindow(perBin, bins, EARLY_IT);
    const late = meanInWindow(perBin, bins, LATE_IT);
    expect(early.bins).toBe(2);
    expect(late.bins).toBe(5);
    expect(Math.abs(early.value! - 0.3937)).toBeLessThan(1e-4);
    expect(Math.abs(late.value! - 0.572)).toBeLessThan(1e-4);
  });

  it('a bin without a value, or no bin in the window, gives none', () => {
    expect(meanInWindow([null, 1], bins.slice(2, 4), EARLY_IT)).toEqual({ value: null, bins: 2 });
    expect(meanInWindow([1, 1], bins.slice(0, 2), EARLY_IT)).toEqual({ value: null, bins: 0 });
    expect(() => meanInWindow([1], bins, EARLY_IT)).toThrow(RangeError);
  });

  it('each bin is regressed on the one Gram and scored for itself', async () => {
    const [c] = cases;
    const { x, target } = predictivityData(c);
    const gram = await pooledGram(x, c.n, c.f, referenceKernels);
    const negative = target.y.map((v) => -2 * v);
    const over = await predictivityOverTime(
      [target.y, negative],
      c.n,
      c.m,
      bins.slice(2, 4),
      c.splits,
      async (t) => (await plsPredict(gram, t, c.splits, c.components)).predictions,
    );
    for (const bin of over.perBin) expect(Math.abs(bin.value! - c.predictivity.value)).toBeLessThan(1e-9);
    expect(over.early).toEqual({ value: (over.perBin[0].value! + over.perBin[1].value!) / 2, bins: 2 });
    expect(over.late).toEqual({ value: null, bins: 0 });
    await expect(predictivityOverTime([target.y], c.n, c.m, bins, c.splits, () => [])).rejects.toThrow(RangeError);
  });
});
