import type { Factor, Kernels } from '@corescore/linalg';
import type { Centring } from './centring.js';
import type { PoolKernel } from './pool-kernel.js';
import type { Column } from './problem.js';

/** Test rows: at 0, and never let go. */
const HELD = 0;
const AT_ZERO = 1;
const FREE = 2;
const AT_C = 3;

/** Margins closer to 1 than this lie on it. */
const ON_MARGIN = 1e-9;

/**
 * The active set of one column: which rows are at a bound, and the factor that solves for the others.
 * With M the inverse of the fold's kernel and B the rows at a bound, b = M (r + E_B l), M_BB l = b_B - (M r)_B; with few
 * free rows F instead K_FF b_F = r_F - (K b_B)_F. Either way K b = r + E_B l: on the free rows K b = r.
 */
export class ActiveSet {
  readonly #state: Uint8Array;
  readonly #n: number;
  #factor: Factor | null = null;
  /** The rows that the factor belongs to, and whether they are the free ones. */
  #rows = new Int32Array(0);
  #solvesFree = false;

  /** @param b where the rows stand: within their box, 0 on the test rows */
  constructor(
    readonly column: Column,
    b: Float64Array,
  ) {
    const { y, c } = column;
    this.#n = b.length;
    this.#state = Uint8Array.from(b, (value, i) => {
      const alpha = y[i] * value;
      return y[i] === 0 ? HELD : alpha <= 0 ? AT_ZERO : alpha >= c ? AT_C : FREE;
    });
  }

  /** Bytes of the factor, which is kept as long as the set stays. */
  get factorBytes(): number {
    let free = 0;
    for (const state of this.#state) if (state === FREE) free++;
    const rows = Math.min(free, this.#n - free);
    return 4 * rows * (rows + 1);
  }

  get solvesFree(): boolean {
    return this.#solvesFree;
  }

  /** Value of a row at its bound; 0 for a free one. */
  #bound(i: number): number {
    return this.#state[i] === AT_C ? this.column.y[i] * this.column.c : 0;
  }

  /** Chooses the smaller system and factors it, unless the set has not changed since. False: it is singular. */
  prepare(kernel: PoolKernel, kernels: Kernels): boolean {
    if (this.#factor !== null) return true;
    const state = this.#state;
    let free = 0;
    for (let i = 0; i < this.#n; i++) if (state[i] === FREE) free++;
    this.#solvesFree = 2 * free <= this.#n;
    this.#rows = new Int32Array(this.#solvesFree ? free : this.#n - free);
    for (let i = 0, at = 0; i < this.#n; i++) if ((state[i] === FREE) === this.#solvesFree) this.#rows[at++] = i;
    const { [this.#solvesFree ? 'a' : 'inverse']: centring } = kernel.centring[this.column.fold];
    const matrix = this.#solvesFree ? kernel.a : kernel.inverse;
    this.#factor = kernels.loops.factor(this.#rows.length, (block) => {
      fillLower(block, matrix, kernel.n, this.#rows, centring);
    });
    return this.#factor.dependent === 0;
  }

  release(): void {
    this.#factor?.release();
    this.#factor = null;
  }

  /** What the first product is taken of: r, or b on its bounds. */
  firstInput(r: Float64Array, out: Float64Array): void {
    if (this.#solvesFree) for (let i = 0; i < out.length; i++) out[i] = this.#bound(i);
    else out.set(r);
  }

  /** From the first product what the second is taken of: r + E_B l, or b. */
  secondInput(r: Float64Array, product: Float64Array, out: Float64Array): void {
    const unknown = new Float64Array(this.#rows.length);
    if (this.#solvesFree) {
      this.#rows.forEach((i, at) => {
        unknown[at] = r[i] - product[i];
      });
      this.#factor!.solve(unknown);
      for (let i = 0; i < out.length; i++) out[i] = this.#bound(i);
      this.#rows.forEach((i, at) => {
        out[i] = unknown[at];
      });
      return;
    }
    this.#rows.forEach((i, at) => {
      unknown[at] = this.#bound(i) - product[i];
    });
    this.#factor!.solve(unknown);
    out.set(r);
    this.#rows.forEach((i, at) => {
      out[i] += unknown[at];
    });
  }

  /**
   * Binds the free rows that left their box, frees the bound ones whose multiplier pulls inwards; `b` is clipped.
   * @param f K b
   * @returns how many rows changed
   */
  correct(r: Float64Array, b: Float64Array, f: Float64Array): number {
    const { y, c } = this.column;
    let changes = 0;
    for (let i = 0; i < b.length; i++) {
      const state = this.#state[i];
      if (state === HELD) {
        b[i] = 0;
        continue;
      }
      if (state !== FREE) {
        b[i] = this.#bound(i);
        const pull = y[i] * (f[i] - r[i]);
        if (state === AT_ZERO ? pull >= -ON_MARGIN : pull <= ON_MARGIN) continue;
        this.#state[i] = FREE;
        changes++;
        continue;
      }
      const alpha = y[i] * b[i];
      if (alpha >= 0 && alpha <= c) continue;
      this.#state[i] = alpha < 0 ? AT_ZERO : AT_C;
      b[i] = this.#bound(i);
      changes++;
    }
    if (changes > 0) this.release();
    return changes;
  }
}

/** Rows and columns `rows` of a corrected symmetric matrix: the lower half. */
function fillLower(block: Float64Array, matrix: Float64Array, n: number, rows: Int32Array, centring: Centring): void {
  const { first, second, s } = centring;
  const size = rows.length;
  for (let p = 0; p < size; p++) {
    const i = rows[p];
    const row = i * n;
    const onFirst = s[0] * first[i] + s[2] * second[i];
    const onSecond = s[2] * first[i] + s[1] * second[i];
    for (let q = 0, at = p * size; q <= p; q++, at++) {
      const j = rows[q];
      block[at] = matrix[row + j] - onFirst * first[j] - onSecond * second[j];
    }
  }
}
