import { describe, expect, it } from 'vitest';
import { leastSquaresLine, partialSpearman, pearson, rank, spearman } from '../../src/index.js';
import { fixture, maxDifference } from '../fixtures.js';

const c = fixture('correlations');
const withMissing = Float64Array.from(c.a as number[], (v, i) => (c.missing.includes(i) ? Number.NaN : v));
const groups = Int32Array.from(c.groups as number[]);

describe('correlations', () => {
  it('ranks with ties as SciPy does (exact)', () => {
    expect([...rank(c.a)]).toEqual(c.ranks);
    expect(rank([])).toEqual(new Float64Array(0));
  });

  it('Spearman with ties and Pearson as SciPy and NumPy give them (1e-12)', () => {
    expect(Math.abs(spearman(c.a, c.b)! - c.spearman)).toBeLessThan(1e-12);
    expect(Math.abs(pearson(c.a, c.b)! - c.pearson)).toBeLessThan(1e-12);
  });

  it('partial Spearman over the defined rows, without and with a factor, as least squares gives it (1e-12)', () => {
    expect(Math.abs(partialSpearman(withMissing, c.b, c.given)! - c.partial)).toBeLessThan(1e-12);
    expect(Math.abs(partialSpearman(withMissing, c.b, c.given, groups)! - c.partialGroups)).toBeLessThan(1e-12);
  });

  it('a given column that repeats another changes nothing (1e-9)', () => {
    const [g, h] = c.given;
    expect(Math.abs(partialSpearman(c.a, c.b, [g, h, g])! - partialSpearman(c.a, c.b, [g, h])!)).toBeLessThan(1e-9);
  });

  it('is null, not 0, where a residual vanishes', () => {
    expect(partialSpearman(c.a, c.b, [c.a])).toBeNull();
    expect(partialSpearman(new Float64Array(40).fill(3), c.b, c.given)).toBeNull();
    expect(partialSpearman(new Float64Array(40).fill(Number.NaN), c.b, c.given)).toBeNull();
  });

  it('is null for a constant side or a single row', () => {
    expect(spearman([1, 1, 1], [1, 2, 3])).toBeNull();
    expect(pearson([0.1, 0.1, 0.1], [1, 2, 3])).toBeNull();
    expect(pearson([1], [2])).toBeNull();
  });

  it('refuses NaN rather than dropping rows, and sides of different length', () => {
    expect(() => spearman([1, Number.NaN], [1, 2])).toThrow('NaN in the first array, row 1');
    expect(() => partialSpearman([1, 2], [1, Number.NaN], [])).toThrow('NaN');
    expect(() => pearson([1, 2], [1, 2, 3])).toThrow(RangeError);
  });

  it('gives the reference’s raw and partial rho from its times (2e-5)', () => {
    const reference = fixture('reference-ost-excerpt');
    for (const name of ['draw1', 'bl-64']) {
      const { ost, summary } = reference.subjects[name];
      const times = Float64Array.from(ost as (number | null)[], (t) => t ?? Number.NaN);
      const solved = [...times.keys()].filter((i) => !Number.isNaN(times[i]));
      const raw = spearman(
        solved.map((i) => times[i]),
        solved.map((i) => reference.tau[i]),
      );
      const given = [reference.theta, reference.load];
      expect(Math.abs(raw! - summary.spearmanTau)).toBeLessThan(2e-5);
      expect(Math.abs(partialSpearman(times, reference.tau, given)! - summary.partialThetaLoad)).toBeLessThan(2e-5);
      const object = Int32Array.from(reference.object as number[]);
      const withObject = partialSpearman(times, reference.tau, given, object)!;
      expect(Math.abs(withObject - summary.partialThetaLoadObject)).toBeLessThan(2e-5);
    }
  });
});

describe('leastSquaresLine', () => {
  it('is np.polyfit’s (1e-12)', () => {
    const { slope, intercept } = leastSquaresLine(c.a, c.b);
    expect(maxDifference([slope, intercept], c.line)).toBeLessThan(1e-12);
  });

  it('refuses a constant x', () => {
    expect(() => leastSquaresLine([2, 2], [1, 3])).toThrow('two different values');
  });
});
