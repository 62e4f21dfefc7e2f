import { referenceKernels } from '@corescore/linalg';
import { describe, expect, it } from 'vitest';
import {
  ckaEstimate,
  dissimilarities,
  linearCka,
  pairRanks,
  patternCorrelations,
  pooledGram,
  RandomState,
  rsa,
  rsaEstimate,
  studentTQuantile,
  submatrix,
} from '../../src/index.js';

const random = new RandomState(4);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.rand())) * Math.cos(2 * Math.PI * random.rand());

/** Features of `n` images and responses that share `shared` of their variance with them. */
function related(n: number, f: number, shared: number): { x: Float32Array; y: Float32Array } {
  const x = Float32Array.from({ length: n * f }, normal);
  return { x, y: x.map((v) => Math.sqrt(shared) * v + Math.sqrt(1 - shared) * normal()) };
}
const N = 60;
const F = 12;
const GROUPS = 10;
const group = Int32Array.from({ length: N }, (_, i) => i % GROUPS);
const rowsOf = (x: Float32Array, keep: (i: number) => boolean) => x.filter((_, at) => keep(Math.floor(at / F)));
/** The jackknife's interval from the statistic without each group. */
function intervalOf(value: number, left: number[]): [number, number] {
  const mean = left.reduce((a, b) => a + b) / left.length;
  const error = Math.sqrt(((left.length - 1) / left.length) * left.reduce((a, v) => a + (v - mean) ** 2, 0));
  return [
    value - studentTQuantile(0.975, left.length - 1) * error,
    value + studentTQuantile(0.975, left.length - 1) * error,
  ];
}

describe('similarity with an interval over images', () => {
  const { x, y } = related(N, F, 0.5);

  it('pattern correlations are 1 less the dissimilarities (1e-6), NaN for an image without variance', async () => {
    const r = await patternCorrelations(x, N, F, referenceKernels);
    const d = dissimilarities(x, N, F);
    let pair = 0;
    for (let i = 0; i < N; i++) {
      for (let j = i + 1; j < N; j++) expect(Math.abs(1 - r[i * N + j] - d[pair++])).toBeLessThan(1e-6);
    }
    const flat = x.slice().fill(3, 2 * F, 3 * F);
    const broken = await patternCorrelations(flat, N, F, referenceKernels);
    expect([...broken.keys()].filter((at) => Number.isNaN(broken[at])).length).toBe(2 * N - 1);
  });

  it('cka and its interval are those of each leave-out computed from the features (1e-9)', async () => {
    const gram = async (of: Float32Array) => (await pooledGram(of, N, F, referenceKernels)).k;
    const found = ckaEstimate(await gram(x), await gram(y), N, group, GROUPS);
    const without = async (g: number) => {
      const keep = (i: number) => group[i] !== g;
      const n = group.filter((h) => h !== g).length;
      return (await linearCka(rowsOf(x, keep), F, rowsOf(y, keep), F, n, referenceKernels))!;
    };
    const left = await Promise.all(Array.from({ length: GROUPS }, (_, g) => without(g)));
    const value = await without(-1);
    const [low, high] = intervalOf(value, left);
    expect(Math.abs(found.value! - value)).toBeLessThan(1e-9);
    expect(Math.abs(found.low! - low)).toBeLessThan(1e-9);
    expect(Math.abs(found.high! - high)).toBeLessThan(1e-9);
  });

  it('rsa is Spearman’s of the dissimilarities (1e-9); ranks kept in the jackknife move its interval by under a tenth', async () => {
    const r = await Promise.all([x, y].map((of) => patternCorrelations(of, N, F, referenceKernels)));
    const found = rsaEstimate(pairRanks(r[0], N), pairRanks(r[1], N), N, group, GROUPS);
    const without = (g: number) => {
      const keep = (i: number) => group[i] !== g;
      const n = group.filter((h) => h !== g).length;
      return rsa(dissimilarities(rowsOf(x, keep), n, F), dissimilarities(rowsOf(y, keep), n, F))!;
    };
    const value = without(-1);
    const [low, high] = intervalOf(
      value,
      Array.from({ length: GROUPS }, (_, g) => without(g)),
    );
    expect(Math.abs(found.value! - value)).toBeLessThan(1e-9);
    expect(Math.abs((found.high! - found.low!) / (high - low) - 1)).toBeLessThan(0.1);
  });

  it('the interval of cka is as wide as independent samples spread (within a half of it)', async () => {
    const estimates = [];
    for (let sample = 0; sample < 60; sample++) {
      const s = related(N, F, 0.5);
      const grams = await Promise.all([s.x, s.y].map(async (of) => (await pooledGram(of, N, F, referenceKernels)).k));
      estimates.push(ckaEstimate(grams[0], grams[1], N, group, GROUPS));
    }
    const values = estimates.map((e) => e.value!);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const sd = Math.sqrt(values.reduce((a, v) => a + (v - mean) ** 2, 0) / (values.length - 1));
    const half = estimates.reduce((a, e) => a + (e.high! - e.low!) / 2, 0) / estimates.length;
    // A jackknife's error scatters by a quarter at ten groups, and tends to be too large rather than too small.
    expect(half / (studentTQuantile(0.975, GROUPS - 1) * sd)).toBeGreaterThan(0.75);
    expect(half / (studentTQuantile(0.975, GROUPS - 1) * sd)).toBeLessThan(1.5);
  });

  it('has no interval where a leave-out is undefined', () => {
    const images = Int32Array.from([0, 1, 2, 3]);
    const k = submatrix(
      Float64Array.from({ length: 25 }, (_, i) => i % 7),
      5,
      images,
    );
    const found = ckaEstimate(k, k, 4, Int32Array.of(0, 1, 0, 1), 2);
    expect([found.low, found.high]).toEqual([null, null]);
    const flat = new Float64Array(16).fill(1);
    expect(rsaEstimate(pairRanks(flat, 4), pairRanks(k, 4), 4, images, 4).value).toBeNull();
  });
});
