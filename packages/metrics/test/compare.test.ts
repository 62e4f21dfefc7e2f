import { describe, expect, it } from 'vitest';
import {
  type ComparedModel,
  comparePaired,
  compareSeeds,
  RandomState,
  type Statistic,
  shuffledLabels,
  studentTQuantile,
} from '../src/index.js';
import { fixture } from './fixtures.js';

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
    expect(found).toMatchObject({ difference: -0.25, n: 8, lost: [1, 3, 6], gained: [4] });
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
    expect(same).toEqual({ difference: 0, interval: { low: 0, high: 0 }, n: 3, lost: [], gained: [] });
  });

  it('is null where a side is undefined, still with its flips; other images are refused', () => {
    const undefinedModel = { statistic: () => null, solved: Uint8Array.of(0, 0) };
    const found = comparePaired(model(1, 0), undefinedModel, 200, 1);
    expect(found).toEqual({ difference: null, interval: null, n: 2, lost: [0], gained: [] });
    expect(() => comparePaired(model(1), model(1, 0), 10, 1)).toThrow(RangeError);
  });
});

describe('studentTQuantile', () => {
  it('is SciPy’s (1e-6 relative)', () => {
    for (const { p, degrees, value } of reference.quantiles) {
      expect(Math.abs(studentTQuantile(p, degrees) / value - 1), `${p}, ${degrees}`).toBeLessThan(1e-6);
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

  it('raises 2-8 % false alarms, and sees its smallest loss in 74-86 % of 300 planted comparisons', () => {
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
    expect(seen / 300).toBeLessThan(0.86);
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
