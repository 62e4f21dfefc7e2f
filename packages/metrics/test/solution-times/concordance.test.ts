import { describe, expect, it } from 'vitest';
import { bootstrap, concordance, concordanceOfRows, RandomState } from '../../src/index.js';
import { fixture } from '../fixtures.js';

const NEVER = Number.NaN;
const TARGET = Float64Array.of(90, 100, 110, 120);

describe('concordance', () => {
  it.each(fixture('concordance').cases as { ost: (number | null)[]; target: number[]; concordance: number }[])(
    'is (1 + Somers’ D of SciPy) / 2 with the unsolved as one latest time, $neverSolved of them (1e-12)',
    ({ ost, target, concordance: expected }) => {
      const times = Float64Array.from(ost, (t) => t ?? NEVER);
      const { value, ...pairs } = concordance(times, target);
      expect(Math.abs(value! - expected)).toBeLessThanOrEqual(1e-12);
      const all = Object.values(pairs).reduce((a, b) => a + b, 0);
      expect(all).toBe((target.length * (target.length - 1)) / 2);
    },
  );

  it('is 1 for the same order, 0 for the reverse, and (1 + tau) / 2 between (exact)', () => {
    expect(concordance([1, 2, 3, 4], TARGET).value).toBe(1);
    expect(concordance([4, 3, 2, 1], TARGET).value).toBe(0);
    // One of six pairs swapped: tau = 4 / 6.
    expect(concordance([2, 1, 3, 4], TARGET)).toEqual({
      value: 5 / 6,
      concordant: 5,
      discordant: 1,
      tiedTarget: 0,
      unordered: 0,
    });
  });

  it('puts an unsolved image after every solved one, and does not order two of them (exact)', () => {
    // Late images unsolved: 5 pairs ordered, all as the target; the pair of unsolved ones is not counted.
    expect(concordance([80, 85, NEVER, NEVER], TARGET)).toEqual({
      value: 1,
      concordant: 5,
      discordant: 0,
      tiedTarget: 0,
      unordered: 1,
    });
    // The earliest unsolved: its 3 pairs are wrong, where dropping the image would leave a perfect order.
    expect(concordance([NEVER, 80, 85, 90], TARGET).value).toBe(0.5);
  });

  it('counts a tie in the target half, and a tie of the model not at all (exact)', () => {
    expect(concordance([1, 2, 3], [10, 10, 20])).toEqual({
      value: 2.5 / 3,
      concordant: 2,
      discordant: 0,
      tiedTarget: 1,
      unordered: 0,
    });
    expect(concordance([1, 1, 3], [10, 15, 20])).toEqual({
      value: 1,
      concordant: 2,
      discordant: 0,
      tiedTarget: 0,
      unordered: 1,
    });
    expect(concordance([1, 2, 3], [10, 10, 10]).value).toBe(0.5);
  });

  it('is null where the model orders no pair: all unsolved, all at once, one image, none (exact)', () => {
    const none = { value: null, concordant: 0, discordant: 0, tiedTarget: 0 };
    expect(concordance([NEVER, NEVER, NEVER, NEVER], TARGET)).toEqual({ ...none, unordered: 6 });
    expect(concordance([70, 70, 70, 70], TARGET)).toEqual({ ...none, unordered: 6 });
    expect(concordance([70], [90])).toEqual({ ...none, unordered: 0 });
    expect(concordance([], [])).toEqual({ ...none, unordered: 0 });
  });

  it('refuses a target without a time, and times for other images', () => {
    expect(() => concordance([1, 2], [90, NEVER])).toThrow(
      expect.objectContaining({ code: 'metric_undefined', field: 'target' }),
    );
    expect(() => concordance([1, 2], TARGET)).toThrow(RangeError);
  });
});

describe('concordanceOfRows', () => {
  const random = new RandomState(6);
  const target = Float64Array.from({ length: 120 }, () => Math.round(100 + 60 * random.rand()));
  const ost = target.map((t) => (random.rand() < 0.3 ? NEVER : Math.round(t + 40 * (random.rand() - 0.5))));

  it('is the concordance of the images drawn, repeats included (exact)', () => {
    const of = concordanceOfRows(ost, target);
    const rows = Int32Array.from({ length: 120 }, () => random.interval(119));
    const drawn = (x: Float64Array) => Float64Array.from(rows, (row) => x[row]);
    expect(of(rows)).toBe(concordance(drawn(ost), drawn(target)).value);
  });

  it('gives a bootstrap interval about the value, with one draw a repeat of it (exact)', () => {
    const value = concordance(ost, target).value!;
    const interval = bootstrap(120, 500, 3, concordanceOfRows(ost, target))!;
    expect(interval.low).toBeLessThan(value);
    expect(interval.high).toBeGreaterThan(value);
    expect(interval.high - interval.low).toBeLessThan(0.2);
    expect(bootstrap(120, 500, 3, concordanceOfRows(ost, target))).toEqual(interval);
  });

  it('has no interval when nothing is solved', () => {
    const never = new Float64Array(4).fill(NEVER);
    expect(bootstrap(4, 100, 1, concordanceOfRows(never, TARGET))).toBeNull();
  });
});
