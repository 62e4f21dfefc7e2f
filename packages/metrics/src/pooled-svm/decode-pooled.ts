import type { Kernels } from '@corescore/linalg';
import type { Pool } from '../fold-gram.js';
import type { Accept, DecodeFold, ReadOut } from '../read-outs.js';
import { poolKernel } from './pool-kernel.js';
import { type Column, pooledFold } from './problem.js';
import { solvePooled } from './solve.js';

/** Below it a fold's own Gram matrix costs nothing, and its scale differs from the pool's too much. */
const FEWEST_IMAGES = 100;

/** Whether one Gram matrix for all folds is worth trying: with fewer features than images it has no inverse. */
export const isPooled = (n: number, f: number): boolean => n >= FEWEST_IMAGES && f >= n;

/**
 * Decodes all folds of all repetitions from one Gram matrix.
 *
 * @returns the folds with a class that was not solved to the gap: they are to be done one by one
 */
export async function decodePooled(
  pool: Pool,
  folds: readonly DecodeFold[],
  readOuts: readonly ReadOut[],
  kernels: Kernels,
  accept: Accept,
  signal?: AbortSignal,
): Promise<DecodeFold[]> {
  const pooled = folds.map(({ train, test }) => pooledFold(pool, train, test));
  const kernel = await poolKernel(pool, pooled, kernels);
  if (kernel === null) return [...folds];
  const owners: { fold: number; readOut: number; label: number }[] = [];
  const columns: Column[] = [];
  folds.forEach(({ train }, fold) => {
    readOuts.forEach(({ labels, classes, c }, readOut) => {
      for (let label = 0; label < classes; label++) {
        const y = new Float64Array(pool.n);
        for (const i of train) y[i] = labels[i] === label ? 1 : -1;
        owners.push({ fold, readOut, label });
        columns.push({ fold, y, c });
      }
    });
  });
  const solutions = await solvePooled(pool, kernel, pooled, columns, kernels, signal);
  const open = new Set<number>();
  solutions.forEach((solution, q) => {
    const { fold, readOut, label } = owners[q];
    if (solution === null) open.add(fold);
    else
      accept(
        folds[fold],
        readOut,
        label,
        Float64Array.from(folds[fold].test, (i) => solution.f[i]),
        solution.gap,
      );
  });
  return folds.filter((_, fold) => open.has(fold));
}
