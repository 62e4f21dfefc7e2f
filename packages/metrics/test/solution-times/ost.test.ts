import { describe, expect, it } from 'vitest';
import { objectSolutionTimes } from '../../src/index.js';
import { fixture } from '../fixtures.js';

const STARTS = [70, 80, 90, 100, 110];
const solve = (curve: number[], bracket?: 'best' | 'previous') =>
  objectSolutionTimes(
    curve.map((v) => Float64Array.of(v)),
    STARTS,
    Float64Array.of(1.2),
    bracket,
  )[0];

describe('objectSolutionTimes', () => {
  it('solves the worked cases of METRICS 4 (5e-7 ms)', () => {
    expect(Math.abs(solve([0.1, 0.4, 0.9, 1.6, 2]) - 94.285714)).toBeLessThanOrEqual(5e-7);
    expect(solve([1.5, 1, 1, 1, 1])).toBe(70);
    expect(solve([0.1, 0.2, 0.3, 0.4, 0.5])).toBeNaN();
    expect(Math.abs(solve([0.1, 0.9, 0.3, 1.5, 2]) - 90)).toBeLessThanOrEqual(5e-7);
  });

  it('takes the step just before with bracket "previous" (1e-9 ms)', () => {
    expect(Math.abs(solve([0.1, 0.9, 0.3, 1.5, 2], 'previous') - 97.5)).toBeLessThan(1e-9);
    expect(Math.abs(solve([0.1, 0.9, Number.NaN, 1.5, 2], 'previous') - 90)).toBeLessThan(1e-9);
  });

  it('takes the earliest of equals (1e-9 ms)', () => {
    expect(Math.abs(solve([0.9, 0.9, 0.3, 1.5, 2]) - 85)).toBeLessThan(1e-9);
  });

  it('ignores undefined steps (exact)', () => {
    expect(solve([Number.NaN, Number.NaN, 1.3, 1, 1])).toBe(90);
    expect(solve(new Array(5).fill(Number.NaN))).toBeNaN();
    // A threshold that is met exactly is a hit.
    expect(solve([0.2, 1.2, 1, 1, 1])).toBe(80);
  });

  it('gives the reference’s times from its i1, rounded to 4 decimals there (0.2 ms; the same images solved)', () => {
    const reference = fixture('reference-ost-excerpt');
    const some = reference.some as number[];
    for (const name of ['draw1', 'bl-64']) {
      const subject = reference.subjects[name];
      const times = objectSolutionTimes(
        subject.i1OfSome.map((row: number[]) => Float64Array.from(row)),
        reference.t,
        Float64Array.from(some, (i) => reference.theta[i]),
      );
      some.forEach((image, k) => {
        const expected = subject.ost[image];
        if (expected === null) expect(times[k]).toBeNaN();
        else expect(Math.abs(times[k] - expected)).toBeLessThan(0.2);
      });
    }
  });
});
