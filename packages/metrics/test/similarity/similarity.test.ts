import { referenceKernels } from '@corescore/linalg';
import { describe, expect, it } from 'vitest';
import { dissimilarities, feedForwardSimplicity, linearCka, RandomState, rsa } from '../../src/index.js';
import { fixture, maxDifference } from '../fixtures.js';

interface Case {
  n: number;
  fx: number;
  fy: number;
  x: number[];
  y: number[];
  rdmX: number[];
  rdmY: number[];
  rsa: number;
  cka: number;
}
const cases: Case[] = fixture('similarity').cases;
const gaussian = (seed: number, length: number): Float32Array => {
  const random = new RandomState(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.rand())) * Math.cos(2 * Math.PI * random.rand());
  return Float32Array.from({ length }, normal);
};
const cka = (x: Float32Array, fx: number, y: Float32Array, fy: number, n: number) =>
  linearCka(x, fx, y, fy, n, referenceKernels);
const codeOf = async (act: () => unknown): Promise<unknown> => {
  try {
    await act();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'accepted';
};

describe('rsa', () => {
  it('has SciPy’s dissimilarities and rank correlation (1e-12)', () => {
    for (const { n, fx, fy, x, y, ...expected } of cases) {
      const a = dissimilarities(Float32Array.from(x), n, fx);
      const b = dissimilarities(Float32Array.from(y), n, fy);
      expect(maxDifference(a, expected.rdmX)).toBeLessThan(1e-12);
      expect(maxDifference(b, expected.rdmY)).toBeLessThan(1e-12);
      expect(Math.abs(rsa(a, b)! - expected.rsa)).toBeLessThan(1e-12);
    }
  });

  it('is 0 for equal and 2 for opposite patterns; an image is shifted and scaled freely (1e-7)', () => {
    const x = Float32Array.of(1, 2, 4, 11, 12, 14, -3, -6, -12);
    expect(maxDifference(dissimilarities(x, 3, 3), [0, 2, 2])).toBeLessThan(1e-7);
  });

  it('refuses an image without variance or with NaN, and is null for two images', async () => {
    expect(await codeOf(() => dissimilarities(Float32Array.of(1, 1, 1, 2), 2, 2))).toBe('metric_undefined');
    expect(await codeOf(() => dissimilarities(Float32Array.of(1, Number.NaN, 1, 2), 2, 2))).toBe('metric_undefined');
    expect(rsa(Float64Array.of(1), Float64Array.of(2))).toBeNull();
  });
});

describe('linearCka', () => {
  it('is the mean over quadruples of images, for fewer and more images than features (1e-9)', async () => {
    for (const { n, fx, fy, x, y, ...expected } of cases) {
      const found = await cka(Float32Array.from(x), fx, Float32Array.from(y), fy, n);
      expect(Math.abs(found! - expected.cka)).toBeLessThan(1e-9);
    }
  });

  it('is 1 for a rotated, scaled and shifted copy (1e-6)', async () => {
    const n = 30;
    const x = gaussian(1, n * 2);
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const turned = Float32Array.from(x, (v, i) => 3 * (i % 2 === 0 ? c * v - s * x[i + 1] : s * x[i - 1] + c * v) + 5);
    expect(Math.abs((await cka(x, 2, turned, 2, n))! - 1)).toBeLessThan(1e-6);
  });

  it('is about 0 for unrelated features, many more than images: mean of 20 pairs (0.03)', async () => {
    let sum = 0;
    for (let pair = 0; pair < 20; pair++) {
      sum += (await cka(gaussian(100 + pair, 20 * 200), 200, gaussian(200 + pair, 20 * 200), 200, 20))!;
    }
    // The biased estimator is above 0.9 here.
    expect(Math.abs(sum / 20)).toBeLessThan(0.03);
  });

  it('is null where a side does not vary, and refuses fewer than four images and NaN', async () => {
    expect(await cka(gaussian(1, 10), 2, new Float32Array(5).fill(3), 1, 5)).toBeNull();
    expect(await codeOf(() => cka(gaussian(1, 3), 1, gaussian(2, 3), 1, 3))).toBe('metric_undefined');
    expect(await codeOf(() => cka(gaussian(1, 5), 1, new Float32Array(5).fill(Number.NaN), 1, 5))).toBe(
      'metric_undefined',
    );
  });
});

describe('feedForwardSimplicity', () => {
  it('is 1 / ln(layers), null below two (1e-15)', () => {
    expect(Math.abs(feedForwardSimplicity(15)! - 0.36926937)).toBeLessThan(1e-8);
    expect(feedForwardSimplicity(2)).toBeCloseTo(1 / Math.LN2, 15);
    expect([feedForwardSimplicity(1), feedForwardSimplicity(0)]).toEqual([null, null]);
    expect(() => feedForwardSimplicity(2.5)).toThrow(RangeError);
  });
});
