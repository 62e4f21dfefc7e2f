import type { Descent, Loops } from '@corescore/linalg';
import { smallRandom } from '../random/small-random.js';
import { relativeGap } from './svm-gap.js';

/** Relative duality gap at which the solver stops. */
const GAP_GOAL = 1e-9;

/** Epochs of coordinate descent before the first guess of the active set; they double as long as the gap is open. */
const FIRST_EPOCHS = 16;
const MAX_EPOCHS = 2 ** 12;

/** Guesses that are corrected before coordinate descent goes on, and how many of them may bring nothing. */
const CORRECTIONS = 20;
const PATIENCE = 4;

/** Pivots below it, in units of K's mean diagonal, belong to rows that depend on others: K may be singular. */
const PIVOT_FLOOR = 1e-10;
/** Margins closer to 1 than this lie on it. */
const ON_MARGIN = 1e-9;

const PROXIMAL_STEPS = 30;
/** First ridge of the proximal steps, in units of K's mean diagonal. */
const RIDGE = 1e-2;

const AT_ZERO = 0;
const FREE = 1;
const AT_C = 2;

export interface SvmSolution {
  /** Relative duality gap (P - D) / P. */
  gap: number;
  /** Epochs of coordinate descent, and active sets that were tried. */
  epochs: number;
  factorisations: number;
}

/**
 * Exact linear SVM in Gram space (METRICS 2, `svm`; PERF 2, step 4), one class against the rest:
 * min 1/2 b'Kb - y'b, 0 <= y_i b_i <= C, the dual of LIBLINEAR's L2-regularised hinge loss with b = y * alpha.
 *
 * Dual coordinate descent finds most of the active set (which b are at a bound); then the free block is solved exactly
 * by Cholesky, and the set corrected where that solution leaves the box or a bound has the wrong sign of the gradient,
 * until nothing changes. Where K is singular on the free rows the set need not settle: proximal steps then solve nearby
 * problems that are not singular, each from the solution of the one before. Whatever does not settle is dropped, and
 * coordinate descent goes on, which converges always, if slowly: a wrong guess costs time and nothing else.
 */
export class SvmSolver {
  /** The solution and its decision values on the training rows, K b; overwritten by the next `solve`. */
  readonly b: Float64Array;
  readonly f: Float64Array;
  /** The trial of the active set: where it stands, its decision values, and its right-hand side. */
  readonly #b: Float64Array;
  readonly #f: Float64Array;
  readonly #step: Float64Array;
  readonly #state: Uint8Array;
  readonly #free: Int32Array;
  readonly #moved: Int32Array;
  readonly #order: Int32Array;
  readonly #descent: Descent;
  readonly #pivotFloor: number;
  readonly #ridge: number;
  #factorisations = 0;

  /**
   * @param k n*n row-major, symmetric, positive semidefinite up to rounding, diagonal positive
   * @param c upper bound of y_i b_i
   * @param loops hold a copy of `k` until `release`
   */
  constructor(
    readonly k: Float64Array,
    readonly n: number,
    readonly c: number,
    readonly loops: Loops,
  ) {
    this.#descent = loops.descent(k, n);
    this.b = new Float64Array(n);
    this.f = new Float64Array(n);
    this.#b = new Float64Array(n);
    this.#f = new Float64Array(n);
    this.#step = new Float64Array(n);
    this.#state = new Uint8Array(n);
    this.#free = new Int32Array(n);
    this.#moved = new Int32Array(n);
    this.#order = new Int32Array(n);
    let trace = 0;
    for (let i = 0; i < n; i++) trace += k[i * n + i];
    this.#pivotFloor = (PIVOT_FLOOR * trace) / n;
    this.#ridge = (RIDGE * trace) / n;
  }

  /**
   * @param y +1 or -1 a training row
   * @returns the gap that was reached: the caller checks it against `GAP_LIMIT`
   */
  solve(y: Float64Array): SvmSolution {
    this.b.fill(0);
    this.f.fill(0);
    // The same order for every class: a result must not depend on what was solved before.
    for (let i = 0; i < this.n; i++) this.#order[i] = i;
    this.#factorisations = 0;
    const random = smallRandom(1);
    let epochs = 0;
    for (let target = FIRST_EPOCHS; target <= MAX_EPOCHS; target *= 2) {
      for (; epochs < target; epochs++) this.#descend(y, random);
      let gap = relativeGap(y, this.c, this.b, this.f);
      if (gap > GAP_GOAL && !this.#solveActiveSet(y, 0)) this.#proximalSteps(y);
      gap = relativeGap(y, this.c, this.b, this.f);
      if (gap <= GAP_GOAL) return { gap, epochs, factorisations: this.#factorisations };
    }
    return { gap: relativeGap(y, this.c, this.b, this.f), epochs, factorisations: this.#factorisations };
  }

  /** One epoch of dual coordinate descent over all rows in random order. */
  #descend(y: Float64Array, random: (n: number) => number): void {
    const order = this.#order;
    for (let t = this.n - 1; t >= 0; t--) {
      const pick = random(t + 1);
      const i = order[pick];
      order[pick] = order[t];
      order[t] = i;
    }
    this.#descent.epoch(y, this.c, order, this.b, this.f);
  }

  /** To be called when all classes are done. */
  release(): void {
    this.#descent.release();
  }

  /**
   * Steps of the proximal point method: each is the problem with ridge/2 |b - where it stands|^2 added, whose K is never
   * singular. The ridge falls as long as the active set settles.
   */
  #proximalSteps(y: Float64Array): void {
    let ridge = this.#ridge;
    for (let step = 0; step < PROXIMAL_STEPS; step++) {
      if (this.#solveActiveSet(y, ridge)) ridge /= 4;
      else ridge *= 32;
      if (relativeGap(y, this.c, this.b, this.f) <= GAP_GOAL) return;
    }
  }

  /**
   * Corrects the active set from where the solution stands. True: it settled, and `b` and `f` are the exact solution of
   * the problem with the ridge; false: they are as they were.
   */
  #solveActiveSet(y: Float64Array, ridge: number): boolean {
    const b = this.#b;
    const f = this.#f;
    b.set(this.b);
    f.set(this.f);
    this.#readState(y);
    let fewest = Number.POSITIVE_INFINITY;
    let waited = 0;
    for (let correction = 0; correction < CORRECTIONS; correction++) {
      const count = this.#collectFree();
      const dependent = this.#solveFreeBlock(y, count, ridge);
      if (dependent > 0 && !this.#onMargin(y, count)) return false;
      const changes = this.#correct(y, count, ridge);
      if (changes === 0) {
        this.b.set(b);
        this.f.set(f);
        return true;
      }
      waited = changes < fewest ? 0 : waited + 1;
      fewest = Math.min(fewest, changes);
      if (waited === PATIENCE) return false;
    }
    return false;
  }

  /** At a bound: the rows that the gradient holds there. */
  #readState(y: Float64Array): void {
    for (let i = 0; i < this.n; i++) {
      const alpha = y[i] * this.b[i];
      const slope = y[i] * this.f[i] - 1;
      this.#state[i] = alpha <= 0 && slope >= 0 ? AT_ZERO : alpha >= this.c && slope <= 0 ? AT_C : FREE;
    }
  }

  #collectFree(): number {
    let count = 0;
    for (let i = 0; i < this.n; i++) if (this.#state[i] === FREE) this.#free[count++] = i;
    return count;
  }

  /** Moves the free rows onto their margin, K_FF step = y - f; rows that depend on others stay where they are. */
  #solveFreeBlock(y: Float64Array, count: number, ridge: number): number {
    if (count === 0) return 0;
    const { n, k } = this;
    const free = this.#free;
    const step = this.#step.subarray(0, count);
    const lowerHalf = (block: Float64Array) => {
      for (let p = 0; p < count; p++) {
        const row = free[p] * n;
        for (let q = 0; q <= p; q++) block[p * count + q] = k[row + free[q]];
        block[p * count + p] += ridge;
      }
    };
    for (let p = 0; p < count; p++) {
      const i = free[p];
      step[p] = y[i] - this.#f[i] - ridge * (this.#b[i] - this.b[i]);
    }
    const factor = this.loops.factor(count, lowerHalf, this.#pivotFloor);
    this.#factorisations++;
    factor.solve(step);
    factor.release();
    for (let p = 0; p < count; p++) this.#b[free[p]] += step[p];
    this.#descent.addRows(free, step, count, this.#f);
    return factor.dependent;
  }

  #onMargin(y: Float64Array, count: number): boolean {
    for (let p = 0; p < count; p++) {
      const i = this.#free[p];
      if (Math.abs(y[i] * this.#f[i] - 1) > ON_MARGIN) return false;
    }
    return true;
  }

  /** Binds what left the box, frees what its bound does not hold; returns how many rows changed. */
  #correct(y: Float64Array, count: number, ridge: number): number {
    const { n, c } = this;
    const b = this.#b;
    const f = this.#f;
    const state = this.#state;
    let changes = 0;
    // Gradients first: binding a row moves f.
    for (let i = 0; i < n; i++) {
      const slope = y[i] * (f[i] + ridge * (b[i] - this.b[i])) - 1;
      if ((state[i] === AT_ZERO && slope < -ON_MARGIN) || (state[i] === AT_C && slope > ON_MARGIN)) {
        state[i] = FREE;
        changes++;
      }
    }
    let left = 0;
    for (let p = 0; p < count; p++) {
      const i = this.#free[p];
      const alpha = y[i] * b[i];
      if (alpha >= 0 && alpha <= c) continue;
      const bound = alpha < 0 ? 0 : c;
      state[i] = alpha < 0 ? AT_ZERO : AT_C;
      this.#step[left] = y[i] * bound - b[i];
      this.#moved[left++] = i;
      b[i] = y[i] * bound;
    }
    this.#descent.addRows(this.#moved, this.#step, left, f);
    return changes + left;
  }
}
