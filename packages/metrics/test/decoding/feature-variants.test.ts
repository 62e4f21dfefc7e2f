import { describe, expect, it } from 'vitest';
import { addTrialNoise, chooseFeatures, inverseNormal, noiseToSignal, RandomState } from '../../src/index.js';

const gaussian = (random: RandomState) => inverseNormal((random.uint32() + 0.5) / 2 ** 32);

describe('chooseFeatures', () => {
  const f = 50;
  const x = Float32Array.from({ length: 3 * f }, (_, at) => at);

  it('takes whole columns in their old order; the fewer are among the more (exact)', () => {
    const columns = (count: number) => Array.from(chooseFeatures(x, 3, f, count, 7));
    const few = columns(5);
    expect(few.slice(0, 5)).toEqual([...new Set(few.slice(0, 5))].sort((a, b) => a - b));
    expect(few.slice(5, 10)).toEqual(few.slice(0, 5).map((v) => v + f));
    for (const v of few.slice(0, 5)) expect(columns(20).slice(0, 20)).toContain(v);
    expect(columns(f)).toEqual(Array.from(x));
    expect(Array.from(chooseFeatures(x, 3, f, 5, 8))).not.toEqual(few);
  });

  it('refuses no features, and more than there are', () => {
    for (const count of [0, f + 1, Number.NaN]) expect(() => chooseFeatures(x, 3, f, count, 7)).toThrow(RangeError);
  });
});

describe('addTrialNoise', () => {
  const n = 20_000;
  const random = new RandomState(5);
  // Scales of 1 and 30, and a constant.
  const x = Float32Array.from({ length: n * 3 }, (_, at) => [random.rand(), 100 + 30 * random.rand(), 4][at % 3]);
  const noisy = addTrialNoise(x, n, 3, 0.5, 9);
  const column = (of: Float32Array, j: number) => of.filter((_, at) => at % 3 === j);
  const variance = (of: Float32Array) => {
    const mean = of.reduce((a, b) => a + b, 0) / n;
    return of.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n;
  };

  it('adds the planted ratio of each feature’s own variance (5 standard errors), and nothing to a constant one', () => {
    for (const j of [0, 1]) {
      const clean = column(x, j);
      const noise = column(noisy, j).map((v, i) => v - clean[i]);
      const ratio = variance(noise) / variance(clean);
      expect(Math.abs(ratio / 0.5 - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
      expect(Math.abs(noise.reduce((a, b) => a + b, 0) / n)).toBeLessThan(5 * Math.sqrt(variance(noise) / n));
    }
    expect(column(noisy, 2)).toEqual(column(x, 2));
  });

  it('is a matter of the seed; a ratio of 0 changes nothing (exact)', () => {
    expect(addTrialNoise(x, n, 3, 0.5, 9)).toEqual(noisy);
    expect(addTrialNoise(x, n, 3, 0.5, 10)).not.toEqual(noisy);
    expect(addTrialNoise(x, n, 3, 0, 9)).toEqual(x);
    for (const ratio of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => addTrialNoise(x, n, 3, ratio, 9)).toThrow(RangeError);
  });
});

describe('noiseToSignal', () => {
  const [bins, images, neuroids] = [4, 3000, 5];
  /** Signal variance 4 in the last two bins and none before, so 2 on average; noise variance by neuroid. */
  function planted(noise: readonly number[], repetitions: number): Float64Array[] {
    const random = new RandomState(11);
    const signal = Float64Array.from({ length: bins * images * neuroids }, (_, at) =>
      at >= 2 * images * neuroids ? 2 * gaussian(random) : 0,
    );
    return Array.from({ length: repetitions }, () =>
      signal.map((v, at) => v + Math.sqrt(noise[at % neuroids]) * gaussian(random)),
    );
  }

  it('recovers the planted median, pooled over bins with and without signal (10 %: three standard errors)', () => {
    const ratio = noiseToSignal(planted([0.2, 1, 1.6, 3, 40], 3), bins, images, neuroids);
    expect(Math.abs(ratio / 0.8 - 1)).toBeLessThan(0.1);
  });

  it('is 0 without noise (exact)', () => {
    expect(noiseToSignal(planted([0, 0, 0, 0, 0], 2), bins, images, neuroids)).toBe(0);
  });

  it('is not defined from one repetition, nor where most neuroids have no signal', () => {
    const error = { code: 'metric_undefined', field: 'repetitions' };
    const size = [1, 2, 1] as const;
    const thrown = (work: () => number): unknown => {
      try {
        return work();
      } catch (e) {
        return e;
      }
    };
    expect(thrown(() => noiseToSignal([[1, 2]], ...size))).toMatchObject(error);
    // The mean does not vary over images.
    const flat = [
      [1, 2],
      [2, 1],
    ];
    expect(thrown(() => noiseToSignal(flat, ...size))).toMatchObject(error);
    expect(() => noiseToSignal([[1], [2, 3]], ...size)).toThrow(RangeError);
  });
});
