import { describe, expect, it } from 'vitest';
import { i1, inverseNormal } from '../../src/index.js';
import { fixture, maxDifference } from '../fixtures.js';

const TRUTHS = Int32Array.of(0, 0, 1, 1, 2, 2);

describe('inverseNormal', () => {
  it('equals scipy.stats.norm.ppf (1e-13 relative)', () => {
    const { p, z } = fixture('normal') as { p: number[]; z: number[] };
    p.forEach((value, i) => {
      expect(Math.abs(inverseNormal(value) - z[i])).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(z[i])));
    });
  });

  it('is infinite at the ends and undefined outside (exact)', () => {
    expect([inverseNormal(0), inverseNormal(1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect([inverseNormal(-0.1), inverseNormal(1.1), inverseNormal(Number.NaN)]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
  });
});

describe('i1', () => {
  it('solves the worked case of METRICS 3 (5e-7)', () => {
    const p = Float64Array.of(
      0.7,
      0.2,
      0.1,
      0.4,
      0.5,
      0.1,
      0.1,
      0.8,
      0.1,
      0.3,
      0.4,
      0.3,
      0.05,
      0.15,
      0.8,
      0.25,
      0.25,
      0.5,
    );
    const expected = [1.692032, 1.085458, 1.705927, 0.665299, 2.082701, 1.229491];
    expect(maxDifference(i1(p, TRUTHS, 3), expected)).toBeLessThanOrEqual(5e-7);
  });

  it('clips the difference in the saturated case of METRICS 3 (5e-7)', () => {
    const p = Float64Array.of(
      ...[0.999999, 5e-7, 5e-7, 0.6, 0.3, 0.1, 1e-5, 0.9999899, 1e-7],
      ...[0.02, 0.97, 0.01, 1e-9, 1e-9, 0.999999998, 0.01, 0.01, 0.98],
    );
    const expected = [5, 3.196519, 5, 3.954062, 5, 4.339607];
    expect(maxDifference(i1(p, TRUTHS, 3), expected)).toBeLessThanOrEqual(5e-7);
  });

  it('skips distractors that no image shows and is NaN where nothing is left (exact)', () => {
    const p = Float64Array.of(0.6, 0.3, 0.1, 0.2, 0.7, 0.1);
    const two = i1(p, Int32Array.of(0, 1), 3);
    const same = i1(Float64Array.of(0.6, 0.3, 0.2, 0.7), Int32Array.of(0, 1), 2);
    expect(maxDifference(two, same)).toBeLessThan(1e-12);
    expect([...i1(Float64Array.of(0.6, 0.4), Int32Array.of(0), 2)]).toEqual([Number.NaN]);
  });

  it('skips inf - inf: certainty on both sides says nothing (exact)', () => {
    expect([...i1(Float64Array.of(1, 0, 1, 0), Int32Array.of(0, 1), 2)]).toEqual([Number.NaN, Number.NaN]);
  });
});
