import type { Kernels } from '@corescore/linalg';
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
    const multipliers = this.#multipliers;
    const right = this.#right;
    const sums = columns.map(({ fold }, q) => {
      const { first, second } = centring[fold].ridged;
      let onFirst = 0;
      let onSecond = 0;
      for (let i = 0, at = q * n; i < n; i++, at++) {
        const value = r[at] + ridge * (b[at] - multipliers[at]);
        right[at] = value;
        onFirst += first[i] * value;
        onSecond += second[i] * value;
      }
      return [onFirst, onSecond] as const;
    });
    const shape = { rows: columns.length, inner: n, columns: n };
    const product = await kernels.multiply(right, ridged, shape, this.#product);
    columns.forEach(({ fold, y, c }, q) => {
      const { first, second, s } = centring[fold].ridged;
      const [a, d] = sums[q];
      const onFirst = s[0] * a + s[2] * d;
      const onSecond = s[2] * a + s[1] * d;
      for (let i = 0, at = q * n; i < n; i++, at++) {
        const solved = product[at] - onFirst * first[i] - onSecond * second[i];
        const relaxed = RELAXATION * solved + (1 - RELAXATION) * b[at] + multipliers[at];
        const bound = c * y[i];
        const low = Math.min(bound, 0);
        const high = Math.max(bound, 0);
        const inside = relaxed < low ? low : Math.min(relaxed, high);
        multipliers[at] = relaxed - inside;
        b[at] = inside;
      }
    });
  }
}
