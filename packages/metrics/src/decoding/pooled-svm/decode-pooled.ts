import type { Kernels } from '@corescore/linalg';
import type { Pool } from '../fold-gram.js';
import type { Accept, DecodeFold, ReadOut } from '../read-outs.js';
import { poolKernel } from './pool-kernel.js';
import { type Column, pooledFold } from './problem.js';
import { solvePooled } from './solve.js';

/** Below it a fold's own Gram matrix costs nothing, and its scale differs from the pool's too much. */
const FEWEST_IMAGES = 100;

/** Classes in folds that are solved together, at most: bounds what they hold, whatever the number of read-outs. */
const COLUMNS = 300;

/**
 * Read-outs that are solved together, at most. Columns of one product round alike, so that the last digits of a read-out hang on
 * those beside it: those of another group are none of them.
 */
const READ_OUTS = 4;

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
  const open = new Set<number>();
  for (const some of batches(folds.length, readOuts)) {
    const columns = some.map(({ fold, readOut, label }): Column => {
      const { labels, c } = readOuts[readOut];
      const y = new Float64Array(pool.n);
      for (const i of folds[fold].train) y[i] = labels[i] === label ? 1 : -1;
      return { fold, y, c };
    });
    const solutions = await solvePooled(pool, kernel, pooled, columns, kernels, signal);
    solutions.forEach((solution, q) => {
      const { fold, readOut, label } = some[q];
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
  }
  return folds.filter((_, fold) => open.has(fold));
}

interface Owner {
  fold: number;
  readOut: number;
  label: number;
}

/** Classes of all folds and read-outs, a group of read-outs at a time, in parts of at most `COLUMNS`. */
function batches(folds: number, readOuts: readonly ReadOut[]): Owner[][] {
  const out: Owner[][] = [];
  for (let group = 0; group < readOuts.length; group += READ_OUTS) {
    const owners = Array.from({ length: folds }, (_, fold) =>
      readOuts
        .slice(group, group + READ_OUTS)
        .flatMap(({ classes }, at) =>
          Array.from({ length: classes }, (__, label): Owner => ({ fold, readOut: group + at, label })),
        ),
    ).flat();
    for (let from = 0; from < owners.length; from += COLUMNS) out.push(owners.slice(from, from + COLUMNS));
  }
  return out;
}
