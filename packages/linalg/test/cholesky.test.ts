import { describe, expect, it } from 'vitest';
import { cholesky, solveLower, solveLowerTransposed } from '../src/index.js';

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

const times = (a: Float64Array, x: Float64Array): Float64Array =>
  x.map((_, i) => x.reduce((sum, v, j) => sum + a[i * x.length + j] * v, 0));

describe('cholesky', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 31, 64])('solves a positive definite system of %i (1e-10)', (n) => {
    const a = positive(n, n, 1);
    const expected = Float64Array.from({ length: n }, (_, i) => Math.cos(i));
    const x = times(a, expected);
    const l = a.slice();
    expect(cholesky(l, n)).toBe(0);
    solveLower(l, n, x);
    solveLowerTransposed(l, n, x);
    x.forEach((v, i) => {
      expect(Math.abs(v - expected[i])).toBeLessThan(1e-10);
    });
  });

  it('works within a larger row stride and leaves the upper half alone', () => {
    const n = 5;
    const stride = 9;
    const a = positive(n, n, 1);
    const wide = new Float64Array(n * stride).fill(7);
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) wide[i * stride + j] = a[i * n + j];
    expect(cholesky(wide, n, stride)).toBe(0);
    const l = a.slice();
    cholesky(l, n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < stride; j++) expect(wide[i * stride + j]).toBe(j <= i ? l[i * n + j] : 7);
  });

  it.each([
    [6, 2],
    [7, 3],
    [9, 8],
  ])('counts the dependent rows of a %i x %i product and solves the rest (1e-8)', (n, rank) => {
    const a = positive(n, rank);
    const l = a.slice();
    expect(cholesky(l, n, n, 1e-9)).toBe(n - rank);
    const right = times(
      a,
      Float64Array.from({ length: n }, (_, i) => 1 + i),
    );
    const x = right.slice();
    solveLower(l, n, x);
    solveLowerTransposed(l, n, x);
    expect(x.filter((v) => v !== 0).length).toBe(rank);
    // The right-hand side lies in the range of A, so that the reduced solution solves all of it.
    times(a, x).forEach((v, i) => {
      expect(Math.abs(v - right[i])).toBeLessThan(1e-8);
    });
  });

  it('does not take an indefinite matrix for a definite one', () => {
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBe(1);
  });
});
