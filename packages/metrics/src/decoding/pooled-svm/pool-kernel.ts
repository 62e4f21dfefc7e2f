import type { Kernels } from '@corescore/linalg';
import { invertPositive } from '@corescore/linalg';
import type { Pool } from '../fold-gram.js';
import { type Centring, centrings, total } from './centring.js';
import type { PooledFold } from './problem.js';

/**
 * A = Z Z^T + 1 over the pool, Z standardised over all rows: close to the K of every fold, from which it differs by the
 * fold's own centring (a correction of rank two, which is applied exactly) and scale (which is not: see `solve.ts`).
 */
export interface PoolKernel {
  n: number;
  a: Float64Array;
  inverse: Float64Array;
  /** (A + ridge)^-1, with ridge the mean diagonal of A. */
  ridged: Float64Array;
  ridge: number;
  /** One a fold: what its centring adds to each of the three matrices. */
  centring: Record<'a' | 'inverse' | 'ridged', Centring>[];
}

/** Relative residual of A^-1 above which A counts as singular. */
const INVERSE_RESIDUAL = 1e-7;

/** @returns null where A is singular, or too nearly so to start from its inverse */
export async function poolKernel(
  pool: Pool,
  folds: readonly PooledFold[],
  kernels: Kernels,
): Promise<PoolKernel | null> {
  const { x, n, f, scale } = pool;
  const a = await kernels.gram(
    x,
    n,
    f,
    scale.map((value) => value * value),
  );
  centre(a, n);
  let ridge = 0;
  for (let i = 0; i < n; i++) ridge += a[i * n + i] / n;
  const inverse = await invertPositive(a, n, 0, kernels);
  if (inverse === null || residual(a, inverse, n) > INVERSE_RESIDUAL) return null;
  const ridged = await invertPositive(a, n, ridge, kernels);
  if (ridged === null) return null;
  const centring = await centrings({ a, inverse, ridged, n, ridge }, folds, kernels);
  return { n, a, inverse, ridged, ridge, centring };
}

/**
 * A from the Gram matrix of features that were scaled and not centred. What rounding this leaves in A of features far from
 * 0 is corrected with the scale of the fold.
 */
function centre(a: Float64Array, n: number): void {
  const means = new Float64Array(n);
  const row = (i: number) => a.subarray(i * n, (i + 1) * n);
  for (let i = 0; i < n; i++) means[i] = total(row(i)) / n;
  const grand = total(means) / n;
  for (let i = 0; i < n; i++) addOffset(row(i), 1 + grand - means[i], means);
}

function addOffset(row: Float64Array, offset: number, means: Float64Array): void {
  for (let j = 0; j < row.length; j++) row[j] += offset - means[j];
}

/** |A (A^-1 v) - v| for a v of ones and minus ones, largest entry. */
function residual(a: Float64Array, inverse: Float64Array, n: number): number {
  const v = Float64Array.from({ length: n }, (_, i) => (((i * 2654435761) >>> 7) & 1) * 2 - 1);
  const times = (m: Float64Array, x: Float64Array) =>
    x.map((_, i) => {
      let sum = 0;
      for (let j = 0, at = i * n; j < n; j++, at++) sum += m[at] * x[j];
      return sum;
    });
  return times(a, times(inverse, v)).reduce((worst, value, i) => Math.max(worst, Math.abs(value - v[i])), 0);
}
