import type { SymmetricMatrix } from '@corescore/linalg';
import type { TrainTest } from '../folds/splits.js';
import { largestSquare, type PooledGram } from './pooled-gram.js';
import type { Target } from './problem.js';
import { allRows, centreTarget } from './products.js';

/** scikit-learn's defaults: squared change of the weights at which an inner loop stops, and its most iterations. */
const TOLERANCE = 1e-6;
const MAX_ITERATIONS = 500;
const EPS = Number.EPSILON;

/**
 * What is left of a neuroid's |X'y|^2 is rounding at such a share of its first value, and of the largest |x|^2 |y|^2.
 */
const EXHAUSTED = 1e-14;
const ROUNDING = 1e-15;

/** Y-weights of a component, and |S q|. */
export interface Weights {
  q: Float64Array;
  norm: number;
}

/**
 * NIPALS of one split without any vector of the features' length (PERF 3). With S = X'Y of the deflated, centred
 * training rows, the inner loop is the power method on A = S'S (neuroid x neuroid): X-weights w = S q / |S q|,
 * Y-weights q = A q / |A q|. Scores t = X w follow from K; those of test images are carried along with the training
 * rows' inner products. What costs images x neuroids or images^2 is done by `plsPredict` for all folds at once.
 *
 * The responses are never deflated: a new t is orthogonal to those before, so that Y't is the same without.
 */
export class PlsFold {
  /** Inner iterations of each component so far: scikit-learn's `n_iter_`. */
  readonly iterations: number[] = [];
  readonly train: Int32Array;
  readonly test: Int32Array;
  /** K times the indicator of the training rows. */
  readonly rowSums: Float64Array;
  /** Of the responses over the training rows. */
  readonly mean: Float64Array;
  readonly #n: number;
  readonly #m: number;
  /** Centred responses of the training rows. */
  readonly #yc: Float64Array;
  readonly #a: SymmetricMatrix;
  /** Of each neuroid, in its own units: they may differ by many orders. */
  readonly #floor: Float64Array;
  /** One a component: scores t of all rows, K t, Y-loadings, and t't over the training rows. */
  readonly #t: Float64Array[] = [];
  readonly #h: Float64Array[] = [];
  readonly #loadings: Float64Array[] = [];
  readonly #tt: number[] = [];

  private constructor(
    { n, m }: Target,
    split: TrainTest,
    parts: { yc: Float64Array; mean: Float64Array; rowSums: Float64Array; floor: Float64Array; a: SymmetricMatrix },
  ) {
    this.#n = n;
    this.#m = m;
    this.train = Int32Array.from(split.train);
    this.test = Int32Array.from(split.test);
    this.#yc = parts.yc;
    this.mean = parts.mean;
    this.rowSums = parts.rowSums;
    this.#floor = parts.floor;
    this.#a = parts.a;
  }

  /**
   * @param ky the pooled K times the target, n*m, of all rows; shared by the folds
   * @param sums of K's rows
   */
  static async start(
    gram: PooledGram,
    target: Target,
    ky: Float64Array,
    sums: Float64Array,
    split: TrainTest,
  ): Promise<PlsFold> {
    const { kernels } = gram;
    const { m } = target;
    const { train } = split;
    const { yc, mean } = centreTarget(target.y, m, train);
    const { product, rowSums } = await trainProduct(gram, target, ky, sums, train, mean);
    const shape = { rows: m, inner: train.length, columns: m, transposeA: true };
    const a = await kernels.multiply(yc, product, shape);
    for (let p = 0; p < m; p++) for (let j = 0; j < p; j++) a[p * m + j] = a[j * m + p];
    const largest = largestSquare(gram);
    const squares = new Float64Array(m);
    for (let row = 0, at = 0; row < train.length; row++)
      for (let j = 0; j < m; j++, at++) squares[j] += yc[at] * yc[at];
    const floor = squares.map((square, j) => Math.max(ROUNDING * largest * square, EXHAUSTED * a[j * m + j]));
    return new PlsFold(target, split, { yc, mean, rowSums, floor, a: kernels.loops.symmetric(a, m) });
  }

  release(): void {
    this.#a.release();
  }

  /** Weights of the next component; null when the features or the responses have no more to give. */
  nextWeights(): Weights | null {
    const start = this.#start();
    return start < 0 ? null : this.#powerMethod(start);
  }

  /**
   * Where the power method starts: scikit-learn's choice, the first neuroid whose residual is not ~0. One of which the
   * features explain no more, up to rounding, is passed over. -1: there is none.
   */
  #start(): number {
    const m = this.#m;
    for (let j = 0; j < m; j++) {
      if (!(this.#a.diagonal(j) > this.#floor[j])) continue;
      for (let row = 0; row < this.train.length; row++) {
        let left = this.#yc[row * m + j];
        for (let b = 0; b < this.#t.length; b++) left -= this.#t[b][this.train[row]] * this.#loadings[b][j];
        if (Math.abs(left) >= 10 * EPS) return j;
      }
    }
    return -1;
  }

  #powerMethod(start: number): Weights {
    const q = new Float64Array(this.#m);
    q[start] = 1;
    const aq = new Float64Array(this.#m);
    this.iterations.push(this.#a.powerMethod(q, aq, TOLERANCE, this.#m > 1 ? MAX_ITERATIONS : 1));
    return { q, norm: Math.sqrt(dot(q, aq)) };
  }

  /**
   * Makes the component's scores of K Yc q, all rows, in place: deflated, orthogonal to those before, centred on the
   * training rows.
   */
  takeScores({ q, norm }: Weights, t: Float64Array): void {
    for (let i = 0; i < t.length; i++) t[i] /= norm;
    this.#h.forEach((h, b) => {
      axpy(t, h, -dot(this.#loadings[b], q) / norm);
    });
    this.#centre(t);
    // Twice: one pass leaves rounding that grows from component to component.
    for (let pass = 0; pass < 2; pass++) {
      this.#t.forEach((earlier, b) => {
        axpy(t, earlier, -this.#trainDot(earlier, t) / this.#tt[b]);
      });
    }
    this.#t.push(t);
    this.#tt.push(this.#trainDot(t, t));
  }

  /** @param yt Y't over the training rows; becomes the loadings in place */
  takeLoadings(yt: Float64Array): void {
    const tt = this.#tt[this.#tt.length - 1];
    for (let j = 0; j < yt.length; j++) yt[j] /= tt;
    this.#loadings.push(yt);
  }

  /** Centres K t of the last scores on the training rows, in place: of the fold's centring of K no more is left. */
  takeProduct(h: Float64Array): void {
    this.#centre(h);
    this.#h.push(h);
  }

  /** Takes the last component out of A. @param u Y'h over the training rows; overwritten */
  deflate(u: Float64Array): void {
    const h = this.#h[this.#h.length - 1];
    this.#t.forEach((t, b) => {
      axpy(u, this.#loadings[b], -this.#trainDot(t, h));
    });
    const q = this.#loadings[this.#loadings.length - 1];
    // A -= u q' + q u' + t'h q q'
    axpy(u, q, this.#trainDot(this.#t[this.#t.length - 1], h) / 2);
    this.#a.subtractPair(u, q);
  }

  /** Predicted responses to the test images, test.length * m. */
  predict(): Float64Array {
    const m = this.#m;
    const out = new Float64Array(this.test.length * m);
    this.test.forEach((i, row) => {
      out.set(this.mean, row * m);
      this.#loadings.forEach((q, b) => {
        const score = this.#t[b][i];
        for (let j = 0, at = row * m; j < m; j++, at++) out[at] += score * q[j];
      });
    });
    return out;
  }

  #centre(x: Float64Array): void {
    let mean = 0;
    for (const i of this.train) mean += x[i] / this.train.length;
    for (let i = 0; i < this.#n; i++) x[i] -= mean;
  }

  #trainDot(a: Float64Array, b: Float64Array): number {
    const { train } = this;
    let sum = 0;
    for (let r = 0; r < train.length; r++) sum += a[train[r]] * b[train[r]];
    return sum;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function axpy(y: Float64Array, x: Float64Array, factor: number): void {
  for (let i = 0; i < y.length; i++) y[i] += factor * x[i];
}

/**
 * K~ Yc of the training rows, train.length*m, from the pooled K Y: the test rows and the mean come off, then the mean over
 * the training rows. And K times the indicator of the training rows.
 */
async function trainProduct(
  { k, kernels }: PooledGram,
  { y, n, m }: Target,
  ky: Float64Array,
  sums: Float64Array,
  train: ArrayLike<number>,
  mean: Float64Array,
): Promise<{ product: Float64Array; rowSums: Float64Array }> {
  const isOther = new Uint8Array(n).fill(1);
  for (let r = 0; r < train.length; r++) isOther[train[r]] = 0;
  const others = allRows(n).filter((i) => isOther[i] === 1);
  const rowSums = sums.slice();
  for (let i = 0; i < n; i++) for (let o = 0; o < others.length; o++) rowSums[i] -= k[i * n + others[o]];
  const product = new Float64Array(train.length * m);
  for (let r = 0; r < train.length; r++) product.set(ky.subarray(train[r] * m, train[r] * m + m), r * m);
  if (others.length > 0) {
    const columns = new Float64Array(train.length * others.length);
    for (let r = 0, at = 0; r < train.length; r++) {
      for (let o = 0; o < others.length; o++) columns[at++] = k[train[r] * n + others[o]];
    }
    const rows = new Float64Array(others.length * m);
    others.forEach((i, o) => {
      rows.set(y.subarray(i * m, i * m + m), o * m);
    });
    const off = await kernels.multiply(columns, rows, { rows: train.length, inner: others.length, columns: m });
    for (let at = 0; at < product.length; at++) product[at] -= off[at];
  }
  const means = new Float64Array(m);
  for (let r = 0, at = 0; r < train.length; r++) {
    for (let j = 0; j < m; j++, at++) {
      product[at] -= rowSums[train[r]] * mean[j];
      means[j] += product[at] / train.length;
    }
  }
  for (let r = 0, at = 0; r < train.length; r++) for (let j = 0; j < m; j++, at++) product[at] -= means[j];
  return { product, rowSums };
}
