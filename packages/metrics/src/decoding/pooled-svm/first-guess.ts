import type { Kernels } from '@corescore/linalg';
import { recentre } from './centring.js';
import type { PoolKernel } from './pool-kernel.js';
import type { Column } from './problem.js';

/** Over-relaxation of the steps. */
const RELAXATION = 1.6;

/**
 * Where the rows stand at the optimum, roughly: the alternating direction method of multipliers (Boyd et al. 2011, section
 * 5.2; the box as OSQP, Stellato et al. 2020) on the folds' kernels with the pool's scale. One product with
 * (A + ridge)^-1 a step serves all columns of all folds; test rows are held at 0 like any other bound.
 */
export class FirstGuess {
  /** columns.length*n, within its box. */
  readonly b: Float64Array;
  /** The linear term, columns.length*n; y to start with. */
  readonly r: Float64Array;
  readonly #multipliers: Float64Array;
  readonly #right: Float64Array;
  readonly #product: Float64Array;

  constructor(
    readonly kernel: PoolKernel,
    readonly columns: readonly Column[],
  ) {
    const { n } = kernel;
    this.b = new Float64Array(columns.length * n);
    this.r = new Float64Array(columns.length * n);
    columns.forEach(({ y }, q) => {
      this.r.set(y, q * n);
    });
    this.#multipliers = new Float64Array(columns.length * n);
    this.#right = new Float64Array(columns.length * n);
    this.#product = new Float64Array(columns.length * n);
  }

  async step(kernels: Kernels): Promise<void> {
    const { b, r, columns } = this;
    const { n, ridged, ridge, centring } = this.kernel;
    const right = this.#right;
    for (let at = 0; at < right.length; at++) right[at] = r[at] + ridge * (b[at] - this.#multipliers[at]);
    const shape = { rows: columns.length, inner: n, columns: n };
    const product = await kernels.multiply(right, ridged, shape, this.#product);
    columns.forEach(({ fold, y, c }, q) => {
      const own = (of: Float64Array) => of.subarray(q * n, (q + 1) * n);
      recentre(centring[fold].ridged, own(right), own(product));
      project(own(product), y, c, own(b), own(this.#multipliers));
    });
  }
}

/** The over-relaxed point and the multipliers, into the box and out of it. */
function project(solved: Float64Array, y: Float64Array, c: number, b: Float64Array, multipliers: Float64Array): void {
  for (let i = 0; i < b.length; i++) {
    const relaxed = RELAXATION * solved[i] + (1 - RELAXATION) * b[i] + multipliers[i];
    const bound = c * y[i];
    const inside = Math.max(Math.min(bound, 0), Math.min(Math.max(bound, 0), relaxed));
    multipliers[i] = relaxed - inside;
    b[i] = inside;
  }
}
