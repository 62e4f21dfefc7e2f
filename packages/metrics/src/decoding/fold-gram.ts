import { CorescoreError } from '@corescore/contracts';
import type { Kernels } from '@corescore/linalg';

/**
 * Variance in the training fold, in units of the pool's, below which a feature is left out of the Gram: its pool-standardised
 * f32 values are an offset with little variation, and would keep too few digits of it. Such features (alive almost only in
 * the test rows) are few and added from their raw values.
 */
const DELICATE = 1e-4;

/** Features of one time step and how they are standardised over all rows, what every fold starts from. */
export interface Pool {
  /** The features as they came, n*f row-major. */
  x: Float32Array;
  n: number;
  f: number;
  mean: Float64Array;
  /** 1 / standard deviation; 0 for a constant feature, which so becomes 0. */
  scale: Float64Array;
  /** The features standardised over all rows, n*f row-major. Made when first asked for. */
  standardised(): Float32Array;
}

/**
 * Mean and deviation over all rows in f64 (PERF 2, step 1), from sums of the differences to the first row: of a variance
 * they lose n of 2^53 digits at most.
 * @throws CorescoreError `metric_undefined` for NaN or infinity
 */
export function standardisePool(x: Float32Array, n: number, f: number): Pool {
  const mean = new Float64Array(f);
  const scale = new Float64Array(f);
  for (let i = 1; i < n; i++) addDifferences(x, i * f, mean, scale);
  for (let j = 0; j < f; j++) {
    const variance = (scale[j] - (mean[j] * mean[j]) / n) / n;
    mean[j] = x[j] + mean[j] / n;
    if (!Number.isFinite(mean[j])) throw notFinite(x, n, f, j);
    scale[j] = scale[j] === 0 ? 0 : 1 / Math.sqrt(variance);
  }
  let z: Float32Array | undefined;
  return {
    x,
    n,
    f,
    mean,
    scale,
    standardised() {
      if (z !== undefined) return z;
      z = new Float32Array(n * f);
      for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < f; j++, at++) z[at] = (x[at] - mean[j]) * scale[j];
      return z;
    },
  };
}

/** Adds a row's differences to the first row, and their squares. */
function addDifferences(x: Float32Array, from: number, sums: Float64Array, squares: Float64Array): void {
  for (let j = 0, at = from; j < sums.length; j++, at++) {
    const d = x[at] - x[j];
    sums[j] += d;
    squares[j] += d * d;
  }
}

export function notFinite(x: Float32Array, n: number, f: number, j: number): CorescoreError {
  let row = 0;
  while (row < n - 1 && Number.isFinite(x[row * f + j])) row++;
  return new CorescoreError(
    'metric_undefined',
    `Feature ${j} of image ${row} is ${x[row * f + j]}: it cannot be decoded.`,
    {
      field: 'features',
      remedy: 'Every activation must be a finite number.',
    },
  );
}

/** Linear kernels of one fold on features standardised with its training rows, plus 1 for the regularised intercept. */
export interface FoldGram {
  /** nTrain*nTrain, row-major. */
  train: Float64Array;
  /** nTest*nTrain, row-major. */
  test: Float64Array;
}

/**
 * The fold's Gram without a standardised copy (PERF 2, steps 2 and 3): Z diag(1/v) Z^T over the pool, then centred on the
 * training rows. A feature that is constant in the training rows drops out: standardised (std 0 -> 1) its training values
 * are all 0, and so is each of its products.
 */
export async function foldGram(pool: Pool, train: Int32Array, test: Int32Array, kernels: Kernels): Promise<FoldGram> {
  const { n, f } = pool;
  const { weights, delicate } = delicateFeatures(pool, foldMoments(pool, test).variance, train);
  const g = await kernels.gram(pool.standardised(), n, f, weights);
  const rowMeans = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (const l of train) sum += g[i * n + l];
    rowMeans[i] = sum / train.length;
  }
  let grandMean = 0;
  for (const l of train) grandMean += rowMeans[l] / train.length;
  const block = (rows: Int32Array): Float64Array => {
    const out = new Float64Array(rows.length * train.length);
    let at = 0;
    for (const i of rows) {
      const offset = 1 + grandMean - rowMeans[i];
      for (const l of train) out[at++] = g[i * n + l] - rowMeans[l] + offset;
    }
    return out;
  };
  const result = { train: block(train), test: block(test) };
  for (const j of delicate) addFeature(result, pool, j, train, test);
  return result;
}

/** Takes a standardised row off sums and sums of squares. */
function subtractRow(
  x: Float32Array,
  from: number,
  centre: Float64Array,
  scale: Float64Array,
  sums: Float64Array,
  squares: Float64Array,
): void {
  for (let j = 0, at = from; j < sums.length; j++, at++) {
    const v = (x[at] - centre[j]) * scale[j];
    sums[j] -= v;
    squares[j] -= v * v;
  }
}

/** Mean and variance of each pool-standardised feature over the training rows: the pool's sums less those of `test`. */
export function foldMoments(
  { x, n, f, mean: centre, scale }: Pool,
  test: Int32Array,
): { mean: Float64Array; variance: Float64Array } {
  const mean = new Float64Array(f);
  const variance = new Float64Array(f);
  for (const i of test) subtractRow(x, i * f, centre, scale, mean, variance);
  const rows = n - test.length;
  for (let j = 0; j < f; j++) {
    mean[j] /= rows;
    variance[j] = (variance[j] + (scale[j] === 0 ? 0 : n)) / rows - mean[j] * mean[j];
  }
  return { mean, variance };
}

/** 1/variance of each feature in the training rows; 0 for the constant ones, and for the delicate ones, which are listed. */
export function delicateFeatures(
  { x, f }: Pool,
  variance: Float64Array,
  train: Int32Array,
): { weights: Float64Array; delicate: number[] } {
  const weights = new Float64Array(f);
  const delicate: number[] = [];
  for (let j = 0; j < f; j++) {
    if (variance[j] >= DELICATE) weights[j] = 1 / variance[j];
    else if (train.some((i) => x[i * f + j] !== x[train[0] * f + j])) delicate.push(j);
  }
  return { weights, delicate };
}

/** Adds the products of one feature, standardised from its raw values in f64. */
function addFeature(gram: FoldGram, { x, f }: Pool, j: number, train: Int32Array, test: Int32Array): void {
  let mean = 0;
  for (const i of train) mean += x[i * f + j] / train.length;
  let variance = 0;
  for (const i of train) variance += (x[i * f + j] - mean) ** 2 / train.length;
  const sd = Math.sqrt(variance);
  const standardised = (rows: Int32Array) => Float64Array.from(rows, (i) => (x[i * f + j] - mean) / sd);
  const a = standardised(train);
  const add = (out: Float64Array, b: Float64Array) => {
    for (let i = 0, at = 0; i < b.length; i++) for (let l = 0; l < a.length; l++) out[at++] += b[i] * a[l];
  };
  add(gram.train, a);
  add(gram.test, standardised(test));
}
