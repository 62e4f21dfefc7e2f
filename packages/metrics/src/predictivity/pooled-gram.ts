import { CorescoreError } from '@corescore/contracts';
import type { Kernels } from '@corescore/linalg';

/**
 * Inner products of the images' features, centred on all images: n*n, row-major. One serves every fold and every time
 * bin.
 */
export interface PooledGram {
  k: Float64Array;
  n: number;
  /** Features it was made of: no regression has a higher rank. */
  f: number;
  /** What regressions on it compute with. */
  kernels: Kernels;
}

/**
 * The Gram matrix that PLS, ridge and linear regression start from (PERF 3). Features are centred, never scaled, so
 * that the centring of a fold is two vectors and no fold needs the features again.
 *
 * The features enter exactly as they came: the products are summed in f64 and centred afterwards. A feature far from 0
 * would lose its digits in that centring; where every value lies within a factor 2 of the mean, the rounded mean is
 * taken off first, which is exact in f32 (Sterbenz 1974). For any other feature mean^2/variance is at most 4n.
 *
 * @param x n*f row-major
 * @throws CorescoreError `metric_undefined` for a feature that is not finite
 */
export async function pooledGram(x: Float32Array, n: number, f: number, kernels: Kernels): Promise<PooledGram> {
  if (!(n >= 1) || !(f >= 1) || x.length !== n * f) throw new RangeError(`x has ${x.length} values, not ${n} x ${f}`);
  const k = await kernels.gram(withoutOffsets(x, n, f), n, f, null);
  const means = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) means[i] += k[i * n + j] / n;
  let grand = 0;
  for (const mean of means) grand += mean / n;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) k[i * n + j] -= means[i] + means[j] - grand;
  return { k, n, f, kernels };
}

/** Largest squared length of an image's centred features: what rounding in the Gram is measured by. */
export function largestSquare({ k, n }: PooledGram): number {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, k[i * n + i]);
  return largest;
}

function withoutOffsets(x: Float32Array, n: number, f: number): Float32Array {
  const offset = new Float64Array(f);
  const low = new Float32Array(f).fill(Number.POSITIVE_INFINITY);
  const high = new Float32Array(f).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j < f; j++, at++) {
      const v = x[at];
      if (!Number.isFinite(v)) throw notFinite(v, i, j);
      offset[j] += v / n;
      if (v < low[j]) low[j] = v;
      if (v > high[j]) high[j] = v;
    }
  }
  let some = false;
  for (let j = 0; j < f; j++) {
    const mean = Math.fround(offset[j]);
    const [nearest, farthest] = mean > 0 ? [low[j], high[j]] : [-high[j], -low[j]];
    const exact = mean !== 0 && nearest >= Math.abs(mean) / 2 && farthest <= 2 * Math.abs(mean);
    offset[j] = exact ? mean : 0;
    some ||= exact;
  }
  if (!some) return x;
  const out = new Float32Array(n * f);
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < f; j++, at++) out[at] = x[at] - offset[j];
  return out;
}

const notFinite = (value: number, image: number, feature: number): CorescoreError =>
  new CorescoreError(
    'metric_undefined',
    `Feature ${feature} of image ${image} is ${value}: nothing can be fitted on it.`,
    {
      field: 'features',
      remedy: 'Every activation must be a finite number.',
    },
  );
