import { describe, expect, it } from 'vitest';
import { bootstrap, bootstrapMean, delay, delayPermutationP, RandomState } from '../../src/index.js';
import { fixture } from '../fixtures.js';

const mean = (x: Float64Array, rows: Int32Array): number => rows.reduce((sum, i) => sum + x[i], 0) / rows.length;

describe('delay', () => {
  it('is Challenge minus Control over the solved images (exact)', () => {
    const times = Float64Array.of(100, Number.NaN, 120, 150, 170, 130);
    expect(delay(times, Uint8Array.of(0, 0, 0, 1, 1, 1))).toEqual({
      meanMs: 40,
      medianMs: 40,
      nControl: 2,
      nChallenge: 3,
    });
  });

  it('is null where a group has no solved image', () => {
    const unsolved = delay(Float64Array.of(100, Number.NaN), Uint8Array.of(0, 1));
    expect(unsolved).toEqual({ meanMs: null, medianMs: null, nControl: 1, nChallenge: 0 });
    expect(delayPermutationP(Float64Array.of(100, Number.NaN), Uint8Array.of(0, 1), 100, 1)).toBeNull();
  });

  it('gives the reference’s delays from its times (1e-4 ms)', () => {
    const reference = fixture('reference-ost-excerpt');
    for (const name of ['draw1', 'bl-64']) {
      const { ost, summary } = reference.subjects[name];
      const times = Float64Array.from(ost as (number | null)[], (t) => t ?? Number.NaN);
      const found = delay(times, Uint8Array.from(reference.challenge as number[]));
      expect(Math.abs(found.meanMs! - summary.delayMeanMs)).toBeLessThan(1e-4);
      expect(Math.abs(found.medianMs! - summary.delayMedianMs)).toBeLessThan(1.1e-4);
      expect([found.nControl, found.nChallenge]).toEqual([summary.solvedControl, summary.solvedChallenge]);
    }
  });
});

describe('delayPermutationP', () => {
  it('is the share of label orders as extreme, counted exactly for 3 against 3 (0.01)', () => {
    // 2 of the 20 ways to choose 3 of 6 are as extreme.
    const p = delayPermutationP(Float64Array.of(1, 2, 3, 11, 12, 13), Uint8Array.of(0, 0, 0, 1, 1, 1), 20_000, 4);
    expect(Math.abs(p! - 0.1)).toBeLessThan(0.01);
  });

  it('is 1 when all times are the same, and repeats with its seed (exact)', () => {
    const isChallenge = Uint8Array.of(0, 1, 0, 1, 1);
    expect(delayPermutationP(new Float64Array(5).fill(0.1), isChallenge, 500, 1)).toBe(1);
    const times = Float64Array.of(3, 1, 4, 1, 5);
    expect(delayPermutationP(times, isChallenge, 500, 9)).toBe(delayPermutationP(times, isChallenge, 500, 9));
  });
});

describe('bootstrap', () => {
  it('repeats with its seed and moves with it (exact)', () => {
    const x = Float64Array.from({ length: 50 }, (_, i) => Math.sin(i));
    const of = (seed: number) => bootstrap(50, 400, seed, (rows) => mean(x, rows));
    expect(of(5)).toEqual(of(5));
    expect(of(5)).not.toEqual(of(6));
  });

  it('gives the closed form’s interval of a mean (2 % of its width)', () => {
    const n = 400;
    const x = Float64Array.from({ length: n }, (_, i) => (i + 0.5) / n);
    const interval = bootstrap(n, 20_000, 1, (rows) => mean(x, rows))!;
    const half = 1.959964 * Math.sqrt(1 / 12 / n);
    expect(Math.abs(interval.low - (0.5 - half))).toBeLessThan(0.04 * half);
    expect(Math.abs(interval.high - (0.5 + half))).toBeLessThan(0.04 * half);
  });

  it('covers the true mean in about 95 % of samples (91 to 98 % of 300)', () => {
    const random = new RandomState(12);
    const n = 60;
    let covered = 0;
    for (let sample = 0; sample < 300; sample++) {
      const x = Float64Array.from({ length: n }, () => random.rand());
      const { low, high } = bootstrap(n, 400, sample, (rows) => mean(x, rows))!;
      if (low <= 0.5 && 0.5 <= high) covered++;
    }
    expect(covered / 300).toBeGreaterThan(0.91);
    expect(covered / 300).toBeLessThan(0.98);
  });

  it('is null when fewer than 90 % of the draws are defined', () => {
    let draw = 0;
    expect(bootstrap(3, 100, 1, () => (draw++ % 8 === 0 ? null : 1))).toBeNull();
    draw = 0;
    expect(bootstrap(3, 100, 1, () => (draw++ % 20 === 0 ? Number.NaN : 1))).toEqual({ low: 1, high: 1, defined: 95 });
  });
});

describe('bootstrapMean', () => {
  it('draws each stratum by itself: two constant bands leave no doubt (exact), unstratified they do', () => {
    const x = Float64Array.from({ length: 40 }, (_, i) => i % 2);
    const strata = Array.from(x);
    expect(bootstrapMean(x, 500, 1, { strata })).toEqual({ low: 0.5, high: 0.5, defined: 500 });
    const plain = bootstrapMean(x, 500, 1)!;
    expect(plain.high - plain.low).toBeGreaterThan(0.2);
  });

  it('doubts that 330 of 330 are always right: its lower limit is that of the exact binomial (0.004)', () => {
    const all = new Float64Array(330).fill(1);
    expect(bootstrapMean(all, 500, 1)).toEqual({ low: 1, high: 1, defined: 500 });
    const { low, high } = bootstrapMean(all, 4000, 1, { support: { low: 0, high: 1 } })!;
    expect(high).toBe(1);
    // Clopper and Pearson: .025^(1/330).
    expect(Math.abs(low - 0.025 ** (1 / 330))).toBeLessThan(0.004);
  });

  it('leaves NaN out, and is null without a value (exact)', () => {
    expect(bootstrapMean(Float64Array.of(2, Number.NaN, 2), 50, 1)).toEqual({ low: 2, high: 2, defined: 50 });
    expect(bootstrapMean(Float64Array.of(Number.NaN), 50, 1)).toBeNull();
  });
});
