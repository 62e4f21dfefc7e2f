import { softmaxRows } from './softmax-rows.js';
import type { TrainingFold } from './training-fold.js';

const ROWS = 4;

/** What one step of descent needs; arrays are reused from step to step. */
export interface Gradient {
  /** classes*f row-major. */
  weights: Float64Array;
  intercepts: Float64Array;
  crossEntropy: number;
}

/**
 * Gradient of the mean cross-entropy of a few rows and of lambda/2 (|W|^2 + |b|^2). Four rows and two classes at a time:
 * eight sums in registers for six loads, where one sum at a time waits for each addition.
 */
export class MinibatchGradient {
  /** The rows in f64, filled up with zero rows to a multiple of four. */
  readonly #panel: Float64Array;
  readonly #logits: Float64Array;
  readonly #gradient: Gradient;

  constructor(
    readonly fold: TrainingFold,
    readonly lambda: number,
    most: number,
  ) {
    const rows = Math.ceil(Math.min(most, fold.n) / ROWS) * ROWS;
    this.#panel = new Float64Array(rows * fold.f);
    this.#logits = new Float64Array(rows * fold.classes);
    this.#gradient = {
      weights: new Float64Array(fold.classes * fold.f),
      intercepts: new Float64Array(fold.classes),
      crossEntropy: 0,
    };
  }

  /** @param weights classes*f row-major */
  at(rows: Int32Array, weights: Float64Array, intercepts: Float64Array): Gradient {
    const { labels, classes } = this.fold;
    const filled = this.#gather(rows);
    this.#forward(filled, weights, intercepts);
    const p = softmaxRows(this.#logits.subarray(0, filled * classes), classes);
    const gradient = this.#gradient;
    for (let at = 0; at < weights.length; at++) gradient.weights[at] = this.lambda * weights[at];
    for (let c = 0; c < classes; c++) gradient.intercepts[c] = this.lambda * intercepts[c];
    gradient.crossEntropy = 0;
    for (let i = 0; i < filled; i++) {
      const label = i < rows.length ? labels[rows[i]] : -1;
      if (label >= 0) gradient.crossEntropy -= Math.log(p[i * classes + label]) / rows.length;
      for (let c = 0; c < classes; c++) {
        const residual = label < 0 ? 0 : (p[i * classes + c] - (label === c ? 1 : 0)) / rows.length;
        p[i * classes + c] = residual;
        gradient.intercepts[c] += residual;
      }
    }
    this.#backward(filled, p, gradient.weights);
    return gradient;
  }

  /** @returns rows of the panel in use */
  #gather(rows: Int32Array): number {
    const { z, f } = this.fold;
    for (let i = 0; i < rows.length; i++) this.#panel.set(z.subarray(rows[i] * f, (rows[i] + 1) * f), i * f);
    const filled = Math.ceil(rows.length / ROWS) * ROWS;
    this.#panel.fill(0, rows.length * f, filled * f);
    return filled;
  }

  #forward(filled: number, weights: Float64Array, intercepts: Float64Array): void {
    const { f, classes } = this.fold;
    const panel = this.#panel;
    const logits = this.#logits;
    for (let i = 0; i < filled; i += ROWS) {
      for (let c = 0; c < classes; c += 2) {
        // The last of an odd number of classes is its own partner.
        const d = Math.min(c + 1, classes - 1);
        let [c0, c1, c2, c3] = [0, 0, 0, 0];
        let [d0, d1, d2, d3] = [0, 0, 0, 0];
        let z = i * f;
        for (let v = c * f, w = d * f, end = v + f; v < end; v++, w++, z++) {
          const wc = weights[v];
          const wd = weights[w];
          const z0 = panel[z];
          const z1 = panel[z + f];
          const z2 = panel[z + 2 * f];
          const z3 = panel[z + 3 * f];
          c0 += wc * z0;
          c1 += wc * z1;
          c2 += wc * z2;
          c3 += wc * z3;
          d0 += wd * z0;
          d1 += wd * z1;
          d2 += wd * z2;
          d3 += wd * z3;
        }
        [c0, c1, c2, c3].forEach((sum, row) => {
          logits[(i + row) * classes + c] = sum + intercepts[c];
        });
        [d0, d1, d2, d3].forEach((sum, row) => {
          logits[(i + row) * classes + d] = sum + intercepts[d];
        });
      }
    }
  }

  /** gradient += residuals^T panel */
  #backward(filled: number, residuals: Float64Array, gradient: Float64Array): void {
    const { f, classes } = this.fold;
    const panel = this.#panel;
    for (let c = 0; c < classes; c += 2) {
      const alone = c + 1 === classes;
      const d = alone ? c : c + 1;
      for (let i = 0; i < filled; i += ROWS) {
        const r = (row: number, of: number) => residuals[(i + row) * classes + of];
        const [c0, c1, c2, c3] = [r(0, c), r(1, c), r(2, c), r(3, c)];
        const [d0, d1, d2, d3] = alone ? [0, 0, 0, 0] : [r(0, d), r(1, d), r(2, d), r(3, d)];
        let z = i * f;
        for (let v = c * f, w = d * f, end = v + f; v < end; v++, w++, z++) {
          const z0 = panel[z];
          const z1 = panel[z + f];
          const z2 = panel[z + 2 * f];
          const z3 = panel[z + 3 * f];
          gradient[v] += c0 * z0 + c1 * z1 + (c2 * z2 + c3 * z3);
          gradient[w] += d0 * z0 + d1 * z1 + (d2 * z2 + d3 * z3);
        }
      }
    }
  }
}
