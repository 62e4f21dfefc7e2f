import type { Loops, SymmetricMatrix } from '@corescore/linalg';
import type { TrainTest } from '../splits.js';
import { largestSquare, type PooledGram } from './pooled-gram.js';
import type { Target } from './problem.js';
import { allRows, type CentredTarget, centreTarget } from './products.js';

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
  readonly #a: SymmetricMatrix;
  /** Of each neuroid, in its own units: they may differ by many orders. */
  readonly #floor: Float64Array;
  /** One a component: scores t of all rows, K t, Y-loadings, and t't over the training rows. */
  readonly #t: Float64Array[] = [];
  readonly #h: Float64Array[] = [];
  readonly #loadings: Float64Array[] = [];
  readonly #tt: number[] = [];

  /**
   * @param g K Y of the training responses, centred on the training rows, all rows
   * @param a Yc' g
   * @param largest squared length of the longest image
   */
  private constructor(
    n: number,
    m: number,
    split: TrainTest,
    { yc, mean }: CentredTarget,
    g: Float64Array,
    a: Float64Array,
    largest: number,
    loops: Loops,
  ) {
    this.#n = n;
    this.#m = m;
    this.#train = Int32Array.from(split.train);
    this.#test = Int32Array.from(split.test);
    this.#y = yc;
    this.#mean = mean;
    this.#g = g;
    this.#a = loops.symmetric(a, m);
    this.#floor = this.#floors(largest);
  }

  /** @param ky the pooled K times the target, n*m, of all rows; shared by the folds */
  static async start(gram: PooledGram, target: Target, ky: Float64Array, split: TrainTest): Promise<PlsFold> {
    const { kernels } = gram;
    const { n, m } = target;
    const { train } = split;
    const centred = centreTarget(target.y, m, train);
    const g = await trainProduct(gram, target, ky, train, centred.mean);
    const onTrain = new Float64Array(train.length * m);
    for (let r = 0; r < train.length; r++) onTrain.set(g.subarray(train[r] * m, train[r] * m + m), r * m);
    const shape = { rows: m, inner: train.length, columns: m, transposeA: true };
    const a = await kernels.multiply(centred.yc, onTrain, shape);
    for (let p = 0; p < m; p++) for (let j = 0; j < p; j++) a[p * m + j] = a[j * m + p];
    return new PlsFold(n, m, split, centred, g, a, largestSquare(gram), kernels.loops);
  }

  release(): void {
    this.#a.release();
  }

  #floors(largest: number): Float64Array {
    const m = this.#m;
    const floor = new Float64Array(m);
    for (let at = 0; at < this.#y.length; at++) floor[at % m] += ROUNDING * largest * this.#y[at] ** 2;
    return floor.map((rounding, j) => Math.max(rounding, EXHAUSTED * this.#a.diagonal(j)));
  }

  /**
   * Where the power method starts: scikit-learn's choice, the first neuroid whose residual is not ~0. One of which the
   * features explain no more, up to rounding, is passed over. -1: there is none.
   */
  #start(): number {
    const m = this.#m;
    const y = this.#y;
    for (let j = 0; j < m; j++) {
      if (!(this.#a.diagonal(j) > this.#floor[j])) continue;
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
    let aq = new Float64Array(m);
    a.multiply(q, aq);
    let square = aq[start];
    let iterations = 1;
    while (m > 1 && iterations < MAX_ITERATIONS) {
      const scale = 1 / Math.sqrt(dot(aq, aq));
      const next = aq.map((v) => v * scale);
      const cross = dot(next, aq);
      const product = new Float64Array(m);
      a.multiply(next, product);
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
    const y = this.#y;
    this.#train.forEach((i, row) => {
      const share = t[i] / tt;
      for (let j = 0, at = row * m; j < m; j++, at++) loadings[j] += y[at] * share;
    });
    this.#train.forEach((i, row) => {
      const score = t[i];
      for (let j = 0, at = row * m; j < m; j++, at++) y[at] -= score * loadings[j];
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
    const y = this.#y;
    this.#train.forEach((i, row) => {
      const value = h[i];
      for (let j = 0, at = row * m; j < m; j++, at++) u[j] += y[at] * value;
    });
    // A -= u q' + q u' + kappa q q'
    axpy(u, q, kappa / 2);
    this.#a.subtractPair(u, q);
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

/** K~ Yc from the pooled K Y: the test rows and the mean come off, then the mean over the training rows. */
async function trainProduct(
  { k, kernels }: PooledGram,
  { y, n, m }: Target,
  ky: Float64Array,
  train: ArrayLike<number>,
  mean: Float64Array,
): Promise<Float64Array> {
  const isOther = new Uint8Array(n).fill(1);
  for (let r = 0; r < train.length; r++) isOther[train[r]] = 0;
  const others = allRows(n).filter((i) => isOther[i] === 1);
  const columns = new Float64Array(n * others.length);
  for (let i = 0, at = 0; i < n; i++) for (let o = 0; o < others.length; o++) columns[at++] = k[i * n + others[o]];
  const rows = new Float64Array(others.length * m);
  others.forEach((i, o) => {
    rows.set(y.subarray(i * m, i * m + m), o * m);
  });
  const g = ky.slice();
  if (others.length > 0) {
    const off = await kernels.multiply(columns, rows, { rows: n, inner: others.length, columns: m });
    for (let at = 0; at < g.length; at++) g[at] -= off[at];
  }
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let r = 0; r < train.length; r++) sum += k[i * n + train[r]];
    for (let j = 0; j < m; j++) g[i * m + j] -= sum * mean[j];
  }
  const means = new Float64Array(m);
  for (let r = 0; r < train.length; r++) for (let j = 0; j < m; j++) means[j] += g[train[r] * m + j] / train.length;
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) g[i * m + j] -= means[j];
  return g;
}
