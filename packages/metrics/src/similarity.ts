import { CorescoreError } from '@corescore/contracts';
import type { Kernels } from '@corescore/linalg';
import { spearman } from './correlation.js';
import { pooledGram } from './predictivity/pooled-gram.js';

/** A similarity or variance below it, of what the features' scale makes possible, counts as none. */
const VANISHED = 1e-12;

/**
 * Representational dissimilarity matrix (Kriegeskorte et al. 2008): 1 - Pearson's r over features of each pair of images.
 *
 * @param x n*f row-major, n images, f features
 * @returns its upper triangle without the diagonal, row by row, n (n - 1) / 2 values in [0, 2] (SciPy's
 *   `pdist(x, 'correlation')`)
 * @throws CorescoreError `metric_undefined` for a feature that is not finite or an image whose features are all the same
 */
export function dissimilarities(x: Float32Array, n: number, f: number): Float64Array {
  if (!(n >= 1) || !(f >= 1) || x.length !== n * f) throw new RangeError(`x has ${x.length} values, not ${n} x ${f}`);
  const patterns = Array.from({ length: n }, (_, i) => standardised(x.subarray(i * f, (i + 1) * f), i));
  const out = new Float64Array((n * (n - 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      let r = 0;
      for (let k = 0; k < f; k++) r += patterns[i][k] * patterns[j][k];
      out[at++] = 1 - Math.max(-1, Math.min(1, r));
    }
  }
  return out;
}

/** Centred, of length 1. */
function standardised(x: Float32Array, image: number): Float64Array {
  let sum = 0;
  for (const v of x) sum += v;
  const out = Float64Array.from(x, (v) => v - sum / x.length);
  const length = Math.sqrt(out.reduce((total, v) => total + v * v, 0));
  const constant = x.every((v) => v === x[0]);
  if (constant || !Number.isFinite(length)) {
    const reason = constant ? 'has the same value in every feature' : 'has a feature that is not finite';
    throw new CorescoreError('metric_undefined', `Image ${image} ${reason}: it correlates with no other.`, {
      field: 'features',
      remedy: 'Leave the image out of both matrices, and report how many are left.',
    });
  }
  return out.map((v) => v / length);
}

/**
 * Representational similarity (METRICS 5 `rsa`): Spearman's rho of two RDM upper triangles over the same images.
 * @returns null where one is constant or there are fewer than three images
 */
export function rsa(a: Float64Array, b: Float64Array): number | null {
  return spearman(a, b);
}

/**
 * Linear CKA, debiased (METRICS 5 `cka`): HSIC(X, Y) / sqrt(HSIC(X, X) HSIC(Y, Y)) with the unbiased HSIC (Song et al.
 * 2012, eq. 5) of linear kernels (Kornblith et al. 2019, eq. 3): about 0 for unrelated features however many there are,
 * where the plain one grows towards 1. Unchanged by rotation, isotropic scale and offset of either side. Computed from
 * the n*n inner products, exact for fewer images than features and for more.
 *
 * @param x n*fx row-major; @param y n*fy, the same images
 * @returns at most about 1, slightly negative by chance; null where a side does not vary over images
 * @throws CorescoreError `metric_undefined` for fewer than four images (the estimator divides by n - 3), or NaN
 */
export async function linearCka(
  x: Float32Array,
  fx: number,
  y: Float32Array,
  fy: number,
  n: number,
  kernels: Kernels,
): Promise<number | null> {
  if (n < 4) {
    throw new CorescoreError('metric_undefined', `Debiased CKA needs at least four images, not ${n}.`, {
      field: 'features',
      remedy: 'Use more images.',
    });
  }
  // The unbiased HSIC takes off every mean itself; centring beforehand keeps the digits of features far from 0.
  return ckaOfGrams((await pooledGram(x, n, fx, kernels)).k, (await pooledGram(y, n, fy, kernels)).k, n);
}

/** `linearCka` of two n*n matrices of inner products, centred or not, at least four images; their diagonals become 0. */
export function ckaOfGrams(x: Float64Array, y: Float64Array, n: number): number | null {
  const k = withoutDiagonal(x, n);
  const l = withoutDiagonal(y, n);
  const xx = unbiasedHsic(k, k, n);
  const yy = unbiasedHsic(l, l, n);
  if (!(xx > VANISHED * meanSquare(k, n)) || !(yy > VANISHED * meanSquare(l, n))) return null;
  return unbiasedHsic(k, l, n) / Math.sqrt(xx * yy);
}

function withoutDiagonal(k: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) k[i * n + i] = 0;
  return k;
}

const meanSquare = (k: Float64Array, n: number): number => k.reduce((sum, v) => sum + v * v, 0) / (n * n);

/** (tr(KL) + 1'K1 1'L1 / ((n-1)(n-2)) - 2/(n-2) 1'KL1) / (n (n-3)), for symmetric K and L with a diagonal of 0. */
function unbiasedHsic(k: Float64Array, l: Float64Array, n: number): number {
  let trace = 0;
  let sumK = 0;
  let sumL = 0;
  let product = 0;
  for (let i = 0; i < n; i++) {
    let rowK = 0;
    let rowL = 0;
    for (let at = i * n; at < (i + 1) * n; at++) {
      trace += k[at] * l[at];
      rowK += k[at];
      rowL += l[at];
    }
    sumK += rowK;
    sumL += rowL;
    product += rowK * rowL;
  }
  return (trace + (sumK * sumL) / ((n - 1) * (n - 2)) - (2 * product) / (n - 2)) / (n * (n - 3));
}
