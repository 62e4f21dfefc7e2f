import { cholesky, solveLower, solveLowerTransposed } from '@corescore/linalg';
import { smallRandom } from './small-random.js';

/** Relative duality gap at which a class counts as solved, and the one below which it stops at once. */
export const GAP_LIMIT = 1e-8;
const GAP_GOAL = 1e-9;

/** Epochs of coordinate descent before the first Newton step, and between two of them. */
const FIRST_EPOCHS = 30;
const EPOCHS = 6;
const ROUNDS = 200;
/** Added to the diagonal of the free block, in units of K's mean diagonal, when it is singular. */
const RIDGE = 1e-9;

export interface SvmSolution {
  /** Relative duality gap (P - D) / P. */
  gap: number;
  rounds: number;
}

/**
 * Exact linear SVM in Gram space (METRICS 2, `svm`; PERF 2, step 4), one class against the rest:
 * min 1/2 b'Kb - y'b, 0 <= y_i b_i <= C, the dual of LIBLINEAR's L2-regularised hinge loss with b = y * alpha.
 *
 * Coordinate descent finds which b are at a bound; a Newton step over the others (Cholesky of the free block) solves the
 * rest exactly. The two alternate until the duality gap closes. Neither ever raises the objective, so that a step taken
 * with the wrong free set costs time and nothing else.
 */
export class SvmSolver {
  /** The solution; the caller reads it before the next `solve`. */
  readonly b: Float64Array;
  /** Decision values of the training rows, K b. */
  readonly f: Float64Array;
  readonly #order: Int32Array;
  readonly #free: Int32Array;
  readonly #block: Float64Array;
  readonly #target: Float64Array;
  readonly #direction: Float64Array;
  readonly #meanDiagonal: number;

  constructor(
    readonly k: Float64Array,
    readonly n: number,
    readonly c: number,
  ) {
    this.b = new Float64Array(n);
    this.f = new Float64Array(n);
    this.#order = Int32Array.from({ length: n }, (_, i) => i);
    this.#free = new Int32Array(n);
    this.#block = new Float64Array(n * n);
    this.#target = new Float64Array(n);
    this.#direction = new Float64Array(n);
    let trace = 0;
    for (let i = 0; i < n; i++) trace += k[i * n + i];
    this.#meanDiagonal = trace / n;
  }

  /** @param y +1 or -1 a training row */
  solve(y: Float64Array): SvmSolution {
    this.b.fill(0);
    this.f.fill(0);
    const random = smallRandom(1);
    let gap = 1;
    for (let round = 0; round < ROUNDS; round++) {
      const epochs = round === 0 ? FIRST_EPOCHS : EPOCHS * 2 ** Math.min(8, Math.floor(round / 10));
      for (let epoch = 0; epoch < epochs; epoch++) this.#descend(y, random);
      this.#newton(y);
      gap = this.gap(y);
      if (gap <= GAP_GOAL) return { gap, rounds: round + 1 };
    }
    return { gap, rounds: ROUNDS };
  }

  /** Relative duality gap: P = 1/2 b'f + C sum max(0, 1 - y f), D = sum |b| - 1/2 b'f. */
  gap(y: Float64Array): number {
    let quadratic = 0;
    let hinge = 0;
    let linear = 0;
    for (let i = 0; i < this.n; i++) {
      quadratic += this.b[i] * this.f[i];
      hinge += Math.max(0, 1 - y[i] * this.f[i]);
      linear += Math.abs(this.b[i]);
    }
    const primal = quadratic / 2 + this.c * hinge;
    return (primal - (linear - quadratic / 2)) / primal;
  }

  /** One epoch of dual coordinate descent over all rows in random order. */
  #descend(y: Float64Array, random: (n: number) => number): void {
    const { n, k, b, f, c } = this;
    const order = this.#order;
    for (let t = n - 1; t >= 0; t--) {
      const pick = random(t + 1);
      const i = order[pick];
      order[pick] = order[t];
      order[t] = i;
      const old = y[i] * b[i];
      const next = Math.max(0, Math.min(c, old - (y[i] * f[i] - 1) / k[i * n + i]));
      if (next === old) continue;
      const step = y[i] * (next - old);
      b[i] = y[i] * next;
      for (let l = 0, at = i * n; l < n; l++, at++) f[l] += step * k[at];
    }
  }

  /** Rows strictly between their bounds, and those at one that the gradient pulls away from it. */
  #collectFree(y: Float64Array): number {
    const { b, f, c } = this;
    let count = 0;
    for (let i = 0; i < this.n; i++) {
      const alpha = y[i] * b[i];
      const slope = y[i] * f[i] - 1;
      if ((alpha > 0 || slope < 0) && (alpha < c || slope > 0)) this.#free[count++] = i;
    }
    return count;
  }

  /** Factor of the free block, with as small a ridge as lets it exist. */
  #factor(count: number): number {
    const { n, k } = this;
    const block = this.#block;
    const free = this.#free;
    for (let ridge = 0; ; ridge = ridge === 0 ? RIDGE * this.#meanDiagonal : ridge * 100) {
      for (let p = 0; p < count; p++) {
        const row = free[p] * n;
        for (let q = 0; q <= p; q++) block[p * n + q] = k[row + free[q]];
        block[p * n + p] += ridge;
      }
      if (cholesky(block, count, n, 1e-10 * this.#meanDiagonal)) return ridge;
    }
  }

  /** Newton step over the free rows, clipped to the box, with an exact line search along the clipped direction. */
  #newton(y: Float64Array): void {
    const { n, k, b, f, c } = this;
    const free = this.#free;
    const count = this.#collectFree(y);
    if (count === 0) return;
    this.#factor(count);
    const step = this.#target;
    for (let p = 0; p < count; p++) step[p] = y[free[p]] - f[free[p]];
    solveLower(this.#block, count, step, n);
    solveLowerTransposed(this.#block, count, step, n);
    const direction = this.#direction;
    direction.fill(0);
    let slope = 0;
    for (let p = 0; p < count; p++) {
      const i = free[p];
      const alpha = Math.max(0, Math.min(c, y[i] * (b[i] + step[p])));
      step[p] = y[i] * alpha - b[i];
      slope += (f[i] - y[i]) * step[p];
      if (step[p] === 0) continue;
      for (let l = 0, at = i * n; l < n; l++, at++) direction[l] += step[p] * k[at];
    }
    let curvature = 0;
    for (let p = 0; p < count; p++) curvature += step[p] * direction[free[p]];
    if (slope >= 0) return;
    const length = curvature > 0 ? Math.min(1, -slope / curvature) : 1;
    for (let p = 0; p < count; p++) {
      const i = free[p];
      const moved = b[i] + length * step[p];
      b[i] = y[i] * Math.max(0, Math.min(c, y[i] * moved));
    }
    for (let i = 0; i < n; i++) f[i] += length * direction[i];
  }
}
