import type { TrainTest } from '../splits.js';
import { largestSquare, type PooledGram } from './pooled-gram.js';
import type { Target } from './problem.js';
import { addProduct, allRows, centreTarget } from './products.js';

/** scikit-learn's defaults: squared change of the weights at which an inner loop stops, and its most iterations. */
const TOLERANCE = 1e-6;
const MAX_ITERATIONS = 500;
const EPS = Number.EPSILON;

/**
 * What is left of a neuroid's |X'y|^2 is rounding at such a share of its first value, and of the largest |x|^2 |y|^2.
 */
const EXHAUSTED = 1e-14;
const ROUNDING = 1e-15;

/**
 * NIPALS of one split without any vector of the features' length (PERF 3). With S = X'Y of the deflated, centred
 * training rows, the inner loop is the power method on A = S'S (neuroid x neuroid): X-weights w = S q / |S q|,
 * Y-weights q = A q / |A q|. Scores t = X w follow from K; those of test images are carried along with the training
 * rows' inner products.
 */
export class PlsFold {
  /** Inner iterations of each component so far: scikit-learn's `n_iter_`. */
  readonly iterations: number[] = [];
  readonly #n: number;
  readonly #m: number;
  readonly #train: Int32Array;
  readonly #test: Int32Array;
  readonly #mean: Float64Array;
  /** Deflated responses of the training rows. */
  readonly #y: Float64Array;
  /** K Y of the undeflated responses, all rows, K centred on the training rows. */
  readonly #g: Float64Array;
  readonly #a: Float64Array;
  /** Of each neuroid, in its own units: they may differ by many orders. */
  readonly #floor: Float64Array;
  /** One a component: scores t of all rows, K t, Y-loadings, and t't over the training rows. */
  readonly #t: Float64Array[] = [];
  readonly #h: Float64Array[] = [];
  readonly #loadings: Float64Array[] = [];
  readonly #tt: number[] = [];

  /** @param ky K times the target, n*m, of all rows; shared by the folds */
  constructor(gram: PooledGram, target: Target, ky: Float64Array, split: TrainTest) {
    const { n, m } = target;
    this.#n = n;
    this.#m = m;
    this.#train = Int32Array.from(split.train);
    this.#test = Int32Array.from(split.test);
    const { yc, mean } = centreTarget(target.y, m, this.#train);
    this.#y = yc;
    this.#mean = mean;
    this.#g = this.#trainProduct(gram, target, ky);
    this.#a = this.#crossProduct();
    this.#floor = this.#floors(gram);
  }

  /** K~ Yc from the pooled K Y: the test rows and the mean come off, then the mean over the training rows. */
  #trainProduct({ k }: PooledGram, { y }: Target, ky: Float64Array): Float64Array {
    const n = this.#n;
    const m = this.#m;
    const g = ky.slice();
    const rest = new Uint8Array(n).fill(1);
    for (const i of this.#train) rest[i] = 0;
    const others = allRows(n).filter((i) => rest[i] === 1);
    addProduct(g, k, n, others, y, m, -1);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (const l of this.#train) sum += k[i * n + l];
      for (let j = 0; j < m; j++) g[i * m + j] -= sum * this.#mean[j];
    }
    const means = new Float64Array(m);
    for (const i of this.#train) for (let j = 0; j < m; j++) means[j] += g[i * m + j] / this.#train.length;
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) g[i * m + j] -= means[j];
    return g;
  }

  /** A = Yc' K~ Yc, symmetric: the upper half, then its mirror. */
  #crossProduct(): Float64Array {
    const m = this.#m;
    const a = new Float64Array(m * m);
    const g = this.#g;
    this.#train.forEach((i, row) => {
      for (let p = 0; p < m; p++) {
        const value = this.#y[row * m + p];
        for (let j = p; j < m; j++) a[p * m + j] += value * g[i * m + j];
      }
    });
    for (let p = 0; p < m; p++) for (let j = 0; j < p; j++) a[p * m + j] = a[j * m + p];
    return a;
  }

  #floors(gram: PooledGram): Float64Array {
    const m = this.#m;
    const largest = largestSquare(gram);
    const floor = new Float64Array(m);
    for (let at = 0; at < this.#y.length; at++) floor[at % m] += ROUNDING * largest * this.#y[at] ** 2;
    return floor.map((rounding, j) => Math.max(rounding, EXHAUSTED * this.#a[j * m + j]));
  }

  /**
   * Where the power method starts: scikit-learn's choice, the first neuroid whose residual is not ~0. One of which the
   * features explain no more, up to rounding, is passed over. -1: there is none.
   */
  #start(): number {
    const m = this.#m;
    const y = this.#y;
    for (let j = 0; j < m; j++) {
      if (!(this.#a[j * m + j] > this.#floor[j])) continue;
      for (let at = j; at < y.length; at += m) if (Math.abs(y[at]) >= 10 * EPS) return j;
    }
    return -1;
  }

  /** The power method. `norm` is |S q|. */
  #weights(start: number): { q: Float64Array; norm: number } {
    const m = this.#m;
    const a = this.#a;
    let q = new Float64Array(m);
    q[start] = 1;
    let aq: Float64Array = a.slice(start * m, start * m + m);
    let square = aq[start];
    let iterations = 1;
    while (m > 1 && iterations < MAX_ITERATIONS) {
      const scale = 1 / Math.sqrt(dot(aq, aq));
      const next = aq.map((v) => v * scale);
      const cross = dot(next, aq);
      const product = symmetricProduct(a, m, next);
      const nextSquare = dot(next, product);
      iterations++;
      const change = 2 - (2 * cross) / Math.sqrt(square * nextSquare);
      q = next;
      aq = product;
      square = nextSquare;
      if (change < TOLERANCE) break;
    }
    this.iterations.push(iterations);
    return { q, norm: Math.sqrt(square) };
  }

  /**
   * The next component's scores, all rows; null when the features or the responses have no more to give. Deflates the
   * responses; `deflate` is then due before the next component.
   */
  nextScores(): Float64Array | null {
    const start = this.#start();
    if (start < 0) return null;
    const { q, norm } = this.#weights(start);
    const n = this.#n;
    const m = this.#m;
    const t = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += this.#g[i * m + j] * q[j];
      t[i] = sum / norm;
    }
    this.#h.forEach((h, b) => {
      axpy(t, h, -dot(this.#loadings[b], q) / norm);
    });
    // Twice: one pass leaves rounding that grows from component to component.
    for (let pass = 0; pass < 2; pass++) {
      this.#t.forEach((earlier, b) => {
        axpy(t, earlier, -this.#trainDot(earlier, t) / this.#tt[b]);
      });
    }
    const tt = this.#trainDot(t, t);
    const loadings = new Float64Array(m);
    this.#train.forEach((i, row) => {
      for (let j = 0; j < m; j++) loadings[j] += (this.#y[row * m + j] * t[i]) / tt;
    });
    this.#train.forEach((i, row) => {
      for (let j = 0; j < m; j++) this.#y[row * m + j] -= t[i] * loadings[j];
    });
    this.#t.push(t);
    this.#tt.push(tt);
    this.#loadings.push(loadings);
    return t;
  }

  /** The training rows of `t`, the others 0: what `deflate` needs multiplied by the pooled K. */
  onTrain(t: Float64Array, out: Float64Array, stride: number, column: number): void {
    for (const i of this.#train) out[i * stride + column] = t[i];
  }

  /** @param kt n*stride: in `column` the pooled K times the training rows of the last scores */
  deflate(kt: Float64Array, stride: number, column: number): void {
    const m = this.#m;
    const h = new Float64Array(this.#n);
    // Scores are centred on the training rows, so that of the fold's centring of K only this mean is left.
    let mean = 0;
    for (const i of this.#train) mean += kt[i * stride + column] / this.#train.length;
    for (let i = 0; i < h.length; i++) h[i] = kt[i * stride + column] - mean;
    this.#h.push(h);
    const q = this.#loadings[this.#loadings.length - 1];
    const kappa = this.#trainDot(this.#t[this.#t.length - 1], h);
    const u = new Float64Array(m);
    this.#train.forEach((i, row) => {
      for (let j = 0; j < m; j++) u[j] += this.#y[row * m + j] * h[i];
    });
    const a = this.#a;
    for (let p = 0; p < m; p++) {
      for (let j = 0; j < m; j++) a[p * m + j] -= u[p] * q[j] + q[p] * u[j] + kappa * q[p] * q[j];
    }
  }

  /** Predicted responses to the test images, test.length * m. */
  predict(): Float64Array {
    const m = this.#m;
    const out = new Float64Array(this.#test.length * m);
    this.#test.forEach((i, row) => {
      out.set(this.#mean, row * m);
      this.#loadings.forEach((q, b) => {
        for (let j = 0; j < m; j++) out[row * m + j] += this.#t[b][i] * q[j];
      });
    });
    return out;
  }

  #trainDot(a: Float64Array, b: Float64Array): number {
    let sum = 0;
    for (const i of this.#train) sum += a[i] * b[i];
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

/** A q for a symmetric A, row by row, four sums side by side. */
function symmetricProduct(a: Float64Array, m: number, q: Float64Array): Float64Array {
  const out = new Float64Array(m);
  let i = 0;
  for (; i + 3 < m; i += 4) {
    const r0 = i * m;
    const r1 = r0 + m;
    const r2 = r1 + m;
    const r3 = r2 + m;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let j = 0; j < m; j++) {
      const v = q[j];
      s0 += a[r0 + j] * v;
      s1 += a[r1 + j] * v;
      s2 += a[r2 + j] * v;
      s3 += a[r3 + j] * v;
    }
    out[i] = s0;
    out[i + 1] = s1;
    out[i + 2] = s2;
    out[i + 3] = s3;
  }
  for (; i < m; i++) for (let j = 0; j < m; j++) out[i] += a[i * m + j] * q[j];
  return out;
}
