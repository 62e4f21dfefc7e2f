import { describe, expect, it } from 'vitest';
import {
  type ComparedModel,
  comparePaired,
  compareSeeds,
  RandomState,
  type Statistic,
  shuffledLabels,
  studentTQuantile,
  visibleShift,
} from '../../src/index.js';
import { fixture } from '../fixtures.js';

const reference = fixture('comparison');
const meanOf =
  (x: ArrayLike<number>): Statistic =>
  (rows) => {
    let sum = 0;
    for (const i of rows) sum += x[i];
    return sum / rows.length;
  };
const normal = (random: RandomState): number =>
  Math.sqrt(-2 * Math.log(1 - random.rand())) * Math.cos(2 * Math.PI * random.rand());
const model = (...solved: number[]): ComparedModel => ({ statistic: meanOf(solved), solved: Uint8Array.from(solved) });

describe('comparePaired', () => {
  it('gives the difference and the images that flipped (exact)', () => {
    const found = comparePaired(model(1, 1, 0, 1, 0, 0, 1, 1), model(1, 0, 0, 0, 1, 0, 0, 1), 500, 1);
    expect(found).toMatchObject({ difference: -0.25, n: 8, lost: [1, 3, 6], gained: [4], flipP: 0.625 });
  });

  it('has the interval of the paired differences, not of the two scores (3 % of its width)', () => {
    const random = new RandomState(5);
    const images = Array.from({ length: 400 }, () => 10 * normal(random));
    const own = images.map(() => normal(random));
    const solved = new Uint8Array(400);
    const baseline = { statistic: meanOf(images), solved };
    const candidate = { statistic: meanOf(images.map((v, i) => v + own[i])), solved };
    const { difference, interval } = comparePaired(baseline, candidate, 20_000, 2);
    const error = Math.sqrt(own.reduce((sum, v) => sum + (v - difference!) ** 2, 0)) / 400;
    const width = 2 * 1.959964 * error;
    expect(Math.abs(interval!.low - (difference! - width / 2))).toBeLessThan(0.03 * width);
    expect(Math.abs(interval!.high - (difference! + width / 2))).toBeLessThan(0.03 * width);
  });

  it('is exactly 0 for a model against itself (exact)', () => {
    const same = comparePaired(model(1, 0, 1), model(1, 0, 1), 200, 1);
    expect(same).toEqual({ difference: 0, interval: { low: 0, high: 0 }, n: 3, lost: [], gained: [], flipP: 1 });
  });

  it('is null where a side is undefined, still with its flips; other images are refused', () => {
    const undefinedModel = { statistic: () => null, solved: Uint8Array.of(0, 0) };
    const found = comparePaired(model(1, 0), undefinedModel, 200, 1);
    expect(found).toEqual({ difference: null, interval: null, n: 2, lost: [0], gained: [], flipP: 1 });
    expect(() => comparePaired(model(1), model(1, 0), 10, 1)).toThrow(RangeError);
  });
});

describe('the sign test of the flips', () => {
  const flipP = (lost: number, gained: number) => {
    const n = lost + gained + 1;
    const side = (from: number, to: number) =>
      model(...Array.from({ length: n }, (_, i) => (i >= from && i < to ? 1 : 0)));
    return comparePaired(side(0, lost), side(lost, lost + gained), 10, 1).flipP;
  };

  it('is the binomial one: 4 to 0 is .125, 8 to 1 is 20 in 512, 3 to 3 is 1; 600 to 500 is SciPy’s (1e-9)', () => {
    expect(flipP(4, 0)).toBeCloseTo(0.125, 12);
    expect(flipP(0, 4)).toBeCloseTo(0.125, 12);
    expect(flipP(8, 1)).toBeCloseTo(20 / 512, 12);
    expect(flipP(3, 3)).toBe(1);
    // scipy.stats.binomtest(500, 1100).pvalue
    expect(flipP(600, 500)).toBeCloseTo(0.0028195449914364284, 9);
  });

  it('does not take four flips to one side for a change, where the interval alone does', () => {
    const solved = Array.from({ length: 100 }, (_, i) => (i < 60 ? 1 : 0));
    const worse = solved.map((v, i) => (i < 4 ? 0 : v));
    const { interval, flipP: p } = comparePaired(model(...solved), model(...worse), 4000, 1);
    expect(interval!.high).toBeLessThan(0);
    expect(p).toBeGreaterThan(0.05);
  });
});

describe('studentTQuantile', () => {
  it('is SciPy’s (1e-6 relative)', () => {
    for (const { p, degrees, value } of reference.quantiles) {
      expect(Math.abs(studentTQuantile(p, degrees) / value - 1), `${p}, ${degrees}`).toBeLessThan(1e-6);
    }
  });
});

describe('visibleShift', () => {
  it('is the noncentrality that SciPy’s noncentral t sees in 80 %, and the mean of its chi (2e-5 relative)', () => {
    for (const { degrees, limit, shift, bias } of reference.shifts) {
      const found = visibleShift(0.8, limit, degrees);
      expect(Math.abs(found.shift / shift - 1), `${degrees}`).toBeLessThan(2e-5);
      expect(Math.abs(found.bias / bias - 1), `${degrees}`).toBeLessThan(2e-5);
    }
  });
});

describe('compareSeeds', () => {
  const constant = (value: number) => () => value;

  it('is SciPy’s Welch interval where images make no difference (1e-6)', () => {
    for (const { baseline, candidate, degrees, low, high } of reference.welch) {
      const found = compareSeeds(baseline.map(constant), candidate.map(constant), 50, 20, 1);
      expect(Math.abs(found.degrees - degrees)).toBeLessThan(1e-6);
      expect(Math.abs(found.interval.low - low)).toBeLessThan(1e-6);
      expect(Math.abs(found.interval.high - high)).toBeLessThan(1e-6);
    }
  });

  it('is the normal interval over images where seeds make no difference (4 % of its width)', () => {
    const random = new RandomState(3);
    const change = Array.from({ length: 300 }, () => normal(random));
    const baseline = Array.from({ length: 3 }, () => meanOf(new Float64Array(300)));
    const { difference, interval, degrees } = compareSeeds(
      baseline,
      [change, change, change].map(meanOf),
      300,
      10_000,
      1,
    );
    const error = Math.sqrt(change.reduce((sum, v) => sum + (v - difference) ** 2, 0)) / 300;
    expect(Math.abs((interval.high - interval.low) / (2 * 1.968 * error) - 1)).toBeLessThan(0.04);
    expect(Math.abs(degrees - 299)).toBeLessThan(1e-6);
  });

  it('raises 2-8 % false alarms, and sees its smallest loss in 74-87 % of 300 planted comparisons', () => {
    // 5 and 80 % with three standard errors of 300 comparisons, downwards as far as the alarms can go.
    const random = new RandomState(11);
    const n = 60;
    const compared = (loss: number, seed: number) => {
      const images = Array.from({ length: n }, () => normal(random));
      const run = (shift: number) => {
        const trained = shift + 0.1 * normal(random);
        return meanOf(images.map((v) => v + trained + 0.5 * normal(random)));
      };
      return compareSeeds([run(0), run(0), run(0)], [run(-loss), run(-loss), run(-loss)], n, 60, seed);
    };
    const alike = Array.from({ length: 300 }, (_, seed) => compared(0, seed));
    const alarms = alike.filter(({ interval }) => interval.low > 0 || interval.high < 0).length;
    expect(alarms / 300).toBeLessThan(0.08);
    expect(alarms / 300).toBeGreaterThan(0.02);
    const loss = alike.reduce((sum, found) => sum + found.smallestVisibleLoss, 0) / 300;
    const seen = Array.from({ length: 300 }, (_, seed) => compared(loss, seed)).filter(
      (c) => c.interval.high < 0,
    ).length;
    expect(seen / 300).toBeGreaterThan(0.74);
    expect(seen / 300).toBeLessThan(0.87);
  });

  it('counts what images do to a single run once, not twice (6 % of the standard error)', () => {
    // No seed differs, each run has noise of its own, image by image: the error of the difference is sqrt(2 / 3 / n).
    const random = new RandomState(13);
    const n = 2000;
    const errors = Array.from({ length: 20 }, (_, seed) => {
      const run = () => {
        const x = Array.from({ length: n }, () => normal(random));
        const mean = x.reduce((sum, v) => sum + v, 0) / n;
        // Without a spread between runs, so that only the images are left.
        return meanOf(x.map((v) => v - mean));
      };
      return compareSeeds([run(), run(), run()], [run(), run(), run()], n, 200, seed).standardError;
    });
    const mean = errors.reduce((sum, v) => sum + v, 0) / 20;
    expect(Math.abs(mean / Math.sqrt(2 / 3 / n) - 1)).toBeLessThan(0.06);
  });

  it('refuses two seeds a side and a run without a score, with what to do', () => {
    const three = [constant(1), constant(2), constant(3)];
    for (const candidate of [three.slice(1), [...three, () => null]]) {
      expect(() => compareSeeds(three, candidate, 10, 10, 1)).toThrow(
        expect.objectContaining({ code: 'metric_undefined', remedy: expect.any(String) }),
      );
    }
  });
});

describe('shuffledLabels', () => {
  it('keeps the size of each class, repeats with its seed and is NumPy’s permutation (exact)', () => {
    const labels = Int32Array.from({ length: 60 }, (_, i) => i % 3);
    const shuffled = shuffledLabels(labels, 4);
    expect([...shuffled].sort()).toEqual([...labels].sort());
    expect(shuffled).not.toEqual(labels);
    expect(shuffledLabels(labels, 4)).toEqual(shuffled);
    const rows = Int32Array.from({ length: 10 }, (_, i) => i);
    // np.random.RandomState(0).permutation(10)
    expect([...shuffledLabels(rows, 0)]).toEqual([2, 8, 4, 9, 1, 6, 7, 3, 0, 5]);
  });
});
