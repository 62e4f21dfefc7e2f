import { describe, expect, it } from 'vitest';
import { createLoops, type Loops, typescriptLoops } from '../src/index.js';

/** Without structure, so that the rows are independent; -0.5 .. 0.5. */
const scattered = (i: number, k: number): number => {
  const v = Math.sin(12.9898 * (i + 1) + 78.233 * (k + 1)) * 43758.5453;
  return v - Math.floor(v) - 0.5;
};

/** B B^T with B n*rank, plus `ridge` on the diagonal. */
function positive(n: number, rank: number, ridge = 0): Float64Array {
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < rank; k++) a[i * n + j] += scattered(i, k) * scattered(j, k);
      if (i === j) a[i * n + j] += ridge;
    }
  return a;
}

const vector = (n: number, phase: number) => Float64Array.from({ length: n }, (_, i) => Math.cos(i + phase));

const times = (a: Float64Array, x: Float64Array): Float64Array =>
  x.map((_, i) => x.reduce((sum, v, j) => sum + a[i * x.length + j] * v, 0));

const largestDifference = (a: Float64Array, b: Float64Array) =>
  a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);

/** The upper half is not to be read. */
const lowerHalf = (a: Float64Array, n: number) => (into: Float64Array) => {
  into.fill(Number.NaN);
  for (let i = 0; i < n; i++) into.set(a.subarray(i * n, i * n + i + 1), i * n);
};

const IMPLEMENTATIONS: Loops[] = [typescriptLoops, createLoops('wasm simd'), createLoops()];

it('every supported Node has relaxed SIMD', () => {
  expect(IMPLEMENTATIONS.map((loops) => loops.name)).toEqual(['typescript', 'wasm simd', 'wasm relaxed simd']);
});

describe.each(IMPLEMENTATIONS.map((loops) => [loops.name, loops] as const))('loops: %s', (_, loops) => {
  // Around the blocks of 24 columns and the tiles of three rows.
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 23, 24, 25, 26, 31, 48, 49, 50, 64, 71, 131])(
    'solves a positive definite system of %i (1e-10)',
    (n) => {
      const a = positive(n, n, 1);
      const expected = vector(n, 0);
      const x = times(a, expected);
      const factor = loops.factor(n, lowerHalf(a, n));
      expect(factor.dependent).toBe(0);
      factor.solve(x);
      factor.release();
      expect(largestDifference(x, expected)).toBeLessThan(1e-10);
    },
  );

  it.each([
    [6, 2],
    [7, 3],
    [9, 8],
    [60, 31],
  ])('counts the dependent rows of a %i x %i product and solves the rest (1e-7)', (n, rank) => {
    const a = positive(n, rank);
    const factor = loops.factor(n, lowerHalf(a, n), 1e-9);
    expect(factor.dependent).toBe(n - rank);
    const right = times(
      a,
      Float64Array.from({ length: n }, (_, i) => 1 + (i % 5)),
    );
    const x = right.slice();
    factor.solve(x);
    factor.release();
    expect(x.filter((v) => v !== 0).length).toBe(rank);
    // The right-hand side lies in the range of A, so that the reduced solution solves all of it.
    expect(largestDifference(times(a, x), right)).toBeLessThan(1e-7);
  });

  it('does not take an indefinite matrix, or NaN, for a definite one', () => {
    expect(loops.factor(2, (a) => a.set([1, 2, 2, 1])).dependent).toBe(1);
    expect(loops.factor(2, (a) => a.set([1, 0, Number.NaN, 1])).dependent).toBe(1);
  });

  it('keeps several factors side by side while its memory grows, and gives it back', () => {
    const sizes = [40, 300, 7, 200];
    for (let round = 0; round < 3; round++) {
      const factors = sizes.map((n) => loops.factor(n, lowerHalf(positive(n, 3, 1), n)));
      factors.forEach((factor, which) => {
        const n = sizes[which];
        const expected = vector(n, which);
        const x = times(positive(n, 3, 1), expected);
        factor.solve(x);
        expect(largestDifference(x, expected)).toBeLessThan(1e-10);
      });
      for (const factor of factors) factor.release();
    }
  });

  it.each([1, 2, 9, 40])('an epoch of descent over %i rows is that of plain TypeScript (1e-12)', (n) => {
    const k = positive(n, n, 0.5);
    const y = Float64Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 1 : -1));
    const order = Int32Array.from({ length: n }, (_, i) => (7 * i + 3) % n);
    const run = (by: Loops) => {
      const b = new Float64Array(n);
      const f = new Float64Array(n);
      const descent = by.descent(k, n);
      for (let epoch = 0; epoch < 3; epoch++) descent.epoch(y, 0.4, order, b, f);
      descent.addRows(Int32Array.of(n - 1, 0), Float64Array.of(0.5, -2), Math.min(n, 2), f);
      descent.release();
      return { b, f };
    };
    const [own, expected] = [run(loops), run(typescriptLoops)];
    expect(largestDifference(own.b, expected.b)).toBeLessThan(1e-12);
    expect(largestDifference(own.f, expected.f)).toBeLessThan(1e-12);
    expect(own.b.every((value, i) => y[i] * value >= 0 && y[i] * value <= 0.4)).toBe(true);
  });

  it.each([2, 5, 40])(
    'finds the largest eigenvector of a matrix of %i (1e-6), and says how many vectors it took',
    (n) => {
      // One eigenvalue of 9 n along a known direction, the others 1: each vector is 9 n times closer.
      const direction = vector(n, 0.3);
      const square = direction.reduce((total, v) => total + v * v, 0);
      const a = Float64Array.from({ length: n * n }, (_, at) => {
        const [i, j] = [Math.floor(at / n), at % n];
        return (i === j ? 1 : 0) + ((9 * n - 1) * direction[i] * direction[j]) / square;
      });
      const matrix = loops.symmetric(a, n);
      const q = new Float64Array(n);
      q[1] = 1;
      const aq = new Float64Array(n);
      const iterations = matrix.powerMethod(q, aq, 1e-14, 500);
      expect(iterations).toBeGreaterThan(2);
      expect(iterations).toBeLessThan(20);
      const sign = Math.sign(q[0] * direction[0]);
      expect(
        largestDifference(
          q,
          direction.map((v) => (sign * v) / Math.sqrt(square)),
        ),
      ).toBeLessThan(1e-6);
      expect(largestDifference(aq, times(a, q))).toBeLessThan(1e-10);
      const first = new Float64Array(n);
      first[0] = 1;
      expect(matrix.powerMethod(first, aq, 1e-14, 1)).toBe(1);
      expect(first[0]).toBe(1);
      expect(largestDifference(aq, a.subarray(0, n))).toBeLessThan(1e-12);
      matrix.release();
    },
  );

  it.each([1, 3, 4, 10, 33])('multiplies a symmetric matrix of %i and takes a pair off it (1e-12)', (n) => {
    const a = positive(n, n, 1);
    const [u, v] = [vector(n, 1), vector(n, 2)];
    const matrix = loops.symmetric(a, n);
    matrix.subtractPair(u, v);
    const expected = a.map(
      (value, at) => value - u[Math.floor(at / n)] * v[at % n] - v[Math.floor(at / n)] * u[at % n],
    );
    const out = new Float64Array(n);
    matrix.multiply(v, out);
    expect(largestDifference(out, times(expected, v))).toBeLessThan(1e-12);
    for (let i = 0; i < n; i++) expect(Math.abs(matrix.diagonal(i) - expected[i * n + i])).toBeLessThan(1e-12);
    matrix.release();
  });

  // Around four rows and two classes together, and two features.
  it.each([
    [1, 1, 1],
    [7, 3, 2],
    [8, 4, 5],
    [33, 5, 10],
    [64, 2, 9],
  ])('a read-out of %i features and %i classes on minibatches of up to %i (1e-12)', (f, classes, most) => {
    const n = 11;
    const z = Float32Array.from({ length: n * f }, (_, at) => scattered(at, 1));
    const w = Float64Array.from({ length: classes * f }, (_, at) => scattered(at, 2));
    const readout = loops.readout(z, f, w, classes, most);
    const [mean, square] = [new Float64Array(w.length), new Float64Array(w.length)];
    // Scores, gradient and step as they are defined, a value at a time.
    for (let step = 1; step <= 5; step++) {
      const rows = Int32Array.from({ length: 1 + ((step * 3) % most) }, (_, i) => (5 * i + step) % n);
      const scores = new Float64Array(rows.length * classes);
      readout.scores(rows, scores);
      const residuals = scores.map((_, at) => scattered(at, step));
      const gradient = w.map((value) => 0.4 * value);
      rows.forEach((row, i) => {
        for (let c = 0; c < classes; c++) {
          let score = 0;
          for (let j = 0; j < f; j++) {
            score += w[c * f + j] * z[row * f + j];
            gradient[c * f + j] += residuals[i * classes + c] * z[row * f + j];
          }
          expect(Math.abs(scores[i * classes + c] - score)).toBeLessThan(1e-12);
        }
      });
      readout.descend(residuals, 0.4, { rate: 0.01 * step, beta1: 0.9, beta2: 0.99, epsilon: 1e-3 });
      gradient.forEach((g, at) => {
        mean[at] = 0.9 * mean[at] + 0.1 * g;
        square[at] = 0.99 * square[at] + 0.01 * g * g;
        w[at] -= (0.01 * step * mean[at]) / (Math.sqrt(square[at]) + 1e-3);
      });
    }
    expect(largestDifference(readout.weights(), w)).toBeLessThan(1e-12);
    readout.release();
  });

  it('keeps a read-out while its memory grows', () => {
    const f = 40;
    const z = Float32Array.from({ length: 30 * f }, (_, at) => scattered(at, 3));
    const w = Float64Array.from({ length: 2 * f }, (_, at) => scattered(at, 4));
    const readout = loops.readout(z, f, w, 2, 8);
    const rows = Int32Array.of(29, 0, 7);
    const [before, after] = [new Float64Array(6), new Float64Array(6)];
    readout.scores(rows, before);
    const factor = loops.factor(900, lowerHalf(positive(900, 2, 1), 900));
    readout.scores(rows, after);
    factor.release();
    expect([...after]).toEqual([...before]);
    expect([...readout.weights()]).toEqual([...w]);
    readout.release();
  });
});
