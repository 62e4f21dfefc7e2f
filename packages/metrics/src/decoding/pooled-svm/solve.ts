import type { Kernels } from '@corescore/linalg';
import type { Pool } from '../fold-gram.js';
import { GAP_LIMIT, relativeGap } from '../svm-gap.js';
import { ActiveSet } from './active-set.js';
import { FirstGuess } from './first-guess.js';
import type { PoolKernel } from './pool-kernel.js';
import type { Column, PooledFold } from './problem.js';
import { exactProduct, times } from './products.js';

/**
 * Steps of the first guess, with a pass over the features in between: nearly every row then stands at the bound it ends
 * at, or at none, so that one or two factors a column are enough.
 */
const GUESS_STEPS = [20, 10];
/** Passes over the features; each closes the gap 20 to 60 times further. */
const PASSES = 14;
/** A pass that leaves more of the gap than this has stopped helping. */
const STALLED = 0.5;
/** Corrections of the active set within a pass: what is not settled then goes on in the next. */
const ROUNDS = 8;
/** Bytes of Cholesky factors that are kept at a time. */
const FACTOR_BYTES = 64e6;

export interface PooledSolution {
  /** Decision values K b of all rows, those of the test rows included. */
  f: Float64Array;
  gap: number;
}

/**
 * Linear SVMs of many folds and classes from one Gram matrix (PERF 2, refinement). Each is solved exactly with the pool's
 * scale in place of the fold's; the difference of the two kernels, multiplied through the features, then corrects the
 * linear term, until the duality gap with the fold's own kernel is closed.
 *
 * @returns one a column; null where it was not closed to `GAP_LIMIT`
 */
export async function solvePooled(
  pool: Pool,
  kernel: PoolKernel,
  folds: readonly PooledFold[],
  columns: readonly Column[],
  kernels: Kernels,
  signal?: AbortSignal,
): Promise<(PooledSolution | null)[]> {
  const { n } = pool;
  const guess = new FirstGuess(kernel, columns);
  for (const [pass, steps] of GUESS_STEPS.entries()) {
    if (pass > 0) await linearTerms(pool, kernel, folds, columns, guess.b, guess.r, kernels);
    for (let step = 0; step < steps; step++) await guess.step(kernels);
    signal?.throwIfAborted();
  }
  const row = (of: Float64Array, q: number) => of.slice(q * n, (q + 1) * n);
  const sets = columns.map((column, q) => new ActiveSet(column, row(guess.b, q)));
  const out: (PooledSolution | null)[] = [];
  for (let from = 0; from < sets.length; ) {
    let to = from + 1;
    for (let bytes = sets[from].factorBytes; to < sets.length; to++) {
      bytes += sets[to].factorBytes;
      if (bytes > FACTOR_BYTES) break;
    }
    const some = sets
      .slice(from, to)
      .map((set, at) => new Trial(set, row(guess.b, from + at), row(guess.r, from + at)));
    try {
      await close(some, pool, kernel, folds, kernels, signal);
    } finally {
      for (const trial of some) trial.set.release();
    }
    out.push(...some.map(({ solution }) => solution));
    from = to;
  }
  return out;
}

/** A column on its way: its linear term, where it stands, and the gap of the pass before. */
class Trial {
  readonly f: Float64Array;
  gap = Number.POSITIVE_INFINITY;
  solution: PooledSolution | null = null;

  constructor(
    readonly set: ActiveSet,
    readonly b: Float64Array,
    readonly r: Float64Array,
  ) {
    this.f = new Float64Array(b.length);
  }
}

async function close(
  trials: readonly Trial[],
  pool: Pool,
  kernel: PoolKernel,
  folds: readonly PooledFold[],
  kernels: Kernels,
  signal?: AbortSignal,
): Promise<void> {
  let open = [...trials];
  for (let pass = 0; pass < PASSES && open.length > 0; pass++) {
    signal?.throwIfAborted();
    open = await settle(open, kernel, kernels);
    if (open.length === 0) return;
    const columns = open.map(({ set }) => set.column);
    const b = stacked(open.map((trial) => trial.b));
    const r = new Float64Array(b.length);
    const exact = await linearTerms(pool, kernel, folds, columns, b, r, kernels);
    open = open.filter((trial, q) => {
      const { y, c } = trial.set.column;
      const f = exact.subarray(q * pool.n, (q + 1) * pool.n);
      const gap = relativeGap(y, c, trial.b, f);
      if (gap <= GAP_LIMIT) {
        trial.solution = { f: f.slice(), gap };
        trial.set.release();
        return false;
      }
      if (pass > 1 && !(gap < STALLED * trial.gap)) return false;
      trial.gap = gap;
      trial.r.set(r.subarray(q * pool.n, (q + 1) * pool.n));
      return true;
    });
  }
}

/**
 * The linear term that makes the pool's kernel stand for the fold's own at b: r = y - (K b - K~ b).
 * @returns K b
 */
async function linearTerms(
  pool: Pool,
  kernel: PoolKernel,
  folds: readonly PooledFold[],
  columns: readonly Column[],
  b: Float64Array,
  r: Float64Array,
  kernels: Kernels,
): Promise<Float64Array> {
  const exact = await exactProduct(pool, folds, columns, b, kernels);
  const near = await times(kernel, 'a', columns, b, kernels);
  columns.forEach(({ y }, q) => {
    const own = (of: Float64Array) => of.subarray(q * pool.n, (q + 1) * pool.n);
    subtractDifference(y, own(exact), own(near), own(r));
  });
  return exact;
}

function subtractDifference(y: Float64Array, exact: Float64Array, near: Float64Array, r: Float64Array): void {
  for (let i = 0; i < r.length; i++) r[i] = y[i] - (exact[i] - near[i]);
}

/** Solves with the pool's scale until no row changes sides; returns those whose systems are not singular. */
async function settle(trials: readonly Trial[], kernel: PoolKernel, kernels: Kernels): Promise<Trial[]> {
  const singular = new Set<Trial>();
  let moving = [...trials];
  for (let round = 0; round < ROUNDS && moving.length > 0; round++) {
    for (const trial of moving) if (!trial.set.prepare(kernel, kernels)) singular.add(trial);
    moving = moving.filter((trial) => !singular.has(trial));
    const changes = new Map<Trial, number>();
    for (const solvesFree of [false, true]) {
      const some = moving.filter(({ set }) => set.solvesFree === solvesFree);
      if (some.length > 0) await solveOnce(some, kernel, kernels, solvesFree);
    }
    for (const trial of moving) changes.set(trial, trial.set.correct(trial.r, trial.b, trial.f));
    moving = moving.filter((trial) => changes.get(trial)! > 0);
  }
  return trials.filter((trial) => !singular.has(trial));
}

async function solveOnce(
  trials: readonly Trial[],
  kernel: PoolKernel,
  kernels: Kernels,
  solvesFree: boolean,
): Promise<void> {
  const { n } = kernel;
  const which = solvesFree ? 'a' : 'inverse';
  const columns = trials.map(({ set }) => set.column);
  const input = new Float64Array(trials.length * n);
  const row = (of: Float64Array, q: number) => of.subarray(q * n, (q + 1) * n);
  trials.forEach(({ set, r }, q) => {
    set.firstInput(r, row(input, q));
  });
  const first = await times(kernel, which, columns, input, kernels);
  trials.forEach(({ set, r }, q) => {
    set.secondInput(r, row(first, q), row(input, q));
  });
  const second = await times(kernel, which, columns, input, kernels);
  trials.forEach((trial, q) => {
    trial.b.set(row(solvesFree ? input : second, q));
    trial.f.set(row(solvesFree ? second : input, q));
  });
}

function stacked(vectors: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(vectors.length * vectors[0].length);
  vectors.forEach((vector, q) => {
    out.set(vector, q * vector.length);
  });
  return out;
}
