import type { Kernels } from '@corescore/linalg';
import type { Pool } from '../fold-gram.js';
import { recentre } from './centring.js';
import type { PoolKernel } from './pool-kernel.js';
import type { Column, PooledFold } from './problem.js';

/** Each row of `vectors` (one a column, n long) times a pool matrix with the centring of its fold. */
export async function times(
  kernel: PoolKernel,
  which: 'a' | 'inverse',
  columns: readonly Column[],
  vectors: Float64Array,
  kernels: Kernels,
): Promise<Float64Array> {
  const { n } = kernel;
  const out = await kernels.multiply(vectors, kernel[which], {
    rows: columns.length,
    inner: n,
    columns: n,
    symmetricB: true,
  });
  columns.forEach(({ fold }, q) => {
    recentre(kernel.centring[fold][which], vectors.subarray(q * n, (q + 1) * n), out.subarray(q * n, (q + 1) * n));
  });
  return out;
}

/**
 * K b of each column with the exact kernel of its fold, on all rows: through the features, scaled and centred as the fold
 * has them, so that its Gram matrix is never formed.
 */
export async function exactProduct(
  pool: Pool,
  folds: readonly PooledFold[],
  columns: readonly Column[],
  b: Float64Array,
  kernels: Kernels,
): Promise<Float64Array> {
  const { x, n, f } = pool;
  const sums = columns.map((_, q) => {
    let sum = 0;
    for (let i = q * n; i < (q + 1) * n; i++) sum += b[i];
    return sum;
  });
  // What the mean of the training rows would be decided as.
  const shifts = new Float64Array(columns.length);
  const out = await kernels.sandwich(x, n, f, b, columns.length, (block, from, width) => {
    columns.forEach(({ fold }, q) => {
      shifts[q] += scaleRow(block.subarray(q * width, (q + 1) * width), from, pool, folds[fold], sums[q]);
    });
  });
  columns.forEach(({ fold }, q) => {
    const own = out.subarray(q * n, (q + 1) * n);
    for (let i = 0; i < n; i++) own[i] += sums[q] - shifts[q];
    for (const feature of folds[fold].delicate) {
      let product = 0;
      for (let i = 0; i < n; i++) product += feature[i] * b[q * n + i];
      for (let i = 0; i < n; i++) own[i] += product * feature[i];
    }
  });
  return out;
}

/**
 * A row of b X to that of b Z D, Z and D of the fold: standardised on the way in, and on the way back.
 * @param sum of b
 * @returns what the mean of the fold's training rows takes off each decision, these features' share of it
 */
function scaleRow(row: Float64Array, from: number, pool: Pool, fold: PooledFold, sum: number): number {
  const { mean: centre, scale } = pool;
  const { mean, weights } = fold;
  let shift = 0;
  for (let k = 0, j = from; k < row.length; k++, j++) {
    const toPool = scale[j];
    const value = toPool * weights[j] * (toPool * (row[k] - sum * centre[j]) - sum * mean[j]);
    row[k] = value;
    shift += toPool === 0 ? 0 : value * (centre[j] + mean[j] / toPool);
  }
  return shift;
}
