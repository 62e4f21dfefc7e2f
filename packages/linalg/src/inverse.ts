import type { Kernels } from './kernels.js';

/** Rows up to which an inverse comes column by column from a Cholesky factor. */
const SMALL = 96;

/**
 * (A + ridge)^-1 of a symmetric positive definite A by halves: with A = [[P, Q'], [Q, R]], W = Q P^-1 and the Schur
 * complement S = R - W Q', the inverse is [[P^-1 + W'S^-1 W, -W'S^-1], [-S^-1 W, S^-1]]. Nearly all of it is products.
 *
 * @param a n*n row-major; left as it was
 * @returns n*n; null where A + ridge is not positive definite
 */
export async function invertPositive(
  a: Float64Array,
  n: number,
  ridge: number,
  kernels: Pick<Kernels, 'multiply' | 'loops'>,
): Promise<Float64Array | null> {
  if (n <= SMALL) return invertSmall(a, n, ridge, kernels);
  const h = n >> 1;
  const m = n - h;
  const p = part(a, n, 0, 0, h, h);
  const q = part(a, n, h, 0, m, h);
  const s = part(a, n, h, h, m, m);
  const pInverse = await invertPositive(p, h, ridge, kernels);
  if (pInverse === null) return null;
  const w = await kernels.multiply(q, pInverse, { rows: m, inner: h, columns: h });
  const wq = await kernels.multiply(w, q, { rows: m, inner: h, columns: m, transposeB: true });
  for (let at = 0; at < s.length; at++) s[at] -= wq[at];
  const sInverse = await invertPositive(s, m, ridge, kernels);
  if (sInverse === null) return null;
  const sw = await kernels.multiply(sInverse, w, { rows: m, inner: m, columns: h });
  const wsw = await kernels.multiply(w, sw, { rows: h, inner: m, columns: h, transposeA: true });
  const out = new Float64Array(n * n);
  for (let i = 0; i < h; i++) for (let j = 0; j < h; j++) out[i * n + j] = pInverse[i * h + j] + wsw[i * h + j];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < h; j++) {
      out[(h + i) * n + j] = -sw[i * h + j];
      out[j * n + h + i] = -sw[i * h + j];
    }
    out.set(sInverse.subarray(i * m, (i + 1) * m), (h + i) * n + h);
  }
  return out;
}

function invertSmall(
  a: Float64Array,
  n: number,
  ridge: number,
  { loops }: Pick<Kernels, 'loops'>,
): Float64Array | null {
  const factor = loops.factor(n, (own) => {
    own.set(a);
    for (let i = 0; i < n; i++) own[i * n + i] += ridge;
  });
  try {
    if (factor.dependent > 0) return null;
    const out = new Float64Array(n * n);
    for (let j = 0; j < n; j++) {
      const column = out.subarray(j * n, (j + 1) * n);
      column[j] = 1;
      factor.solve(column);
    }
    return out;
  } finally {
    factor.release();
  }
}

function part(a: Float64Array, n: number, top: number, left: number, rows: number, columns: number): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    out.set(a.subarray((top + i) * n + left, (top + i) * n + left + columns), i * columns);
  }
  return out;
}
