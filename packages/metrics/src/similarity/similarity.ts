import { CorescoreError } from '@corescore/contracts';
import type { Kernels } from '@corescore/linalg';
import { pooledGram } from '../predictivity/pooled-gram.js';
import { spearman } from '../statistics/correlation.js';

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
  const grams = [await pooledGram(x, n, fx, kernels), await pooledGram(y, n, fy, kernels)];
  return ckaWithout(grams[0].k, grams[1].k, n, new Int32Array(n), 1)(-1);
}

/** Sums of two matrices and of their products over pairs of images: K, L, KL, KK, LL. */
const SUMS = 5;

/**
 * Debiased linear CKA over all images but those of one group, for every group from one pass over the matrices: the
 * unbiased HSIC is made of sums over pairs and over rows, from which a group's part comes off.
 *
 * @param x n*n inner products, centred or not; @param y likewise; their diagonals count as 0
 * @param group of each image, 0 .. groups - 1
 * @returns of a group to leave out, -1 for none: null for fewer than four images, or where a side does not vary
 */
export function ckaWithout(
  x: Float64Array,
  y: Float64Array,
  n: number,
  group: Int32Array,
  groups: number,
): (left: number) => number | null {
  // Of the pairs of an image with all images of a group: [image][group], and of those within two groups.
  const rows = [x, y].map(() => new Float64Array(n * groups));
  const pairs = new Float64Array(groups * groups * SUMS);
  for (let i = 0; i < n; i++) {
    const from = group[i] * groups;
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      const k = x[i * n + j];
      const l = y[i * n + j];
      rows[0][i * groups + group[j]] += k;
      rows[1][i * groups + group[j]] += l;
      const at = (from + group[j]) * SUMS;
      pairs[at] += k;
      pairs[at + 1] += l;
      pairs[at + 2] += k * l;
      pairs[at + 3] += k * k;
      pairs[at + 4] += l * l;
    }
  }
  return (left) => {
    const sums = new Float64Array(SUMS);
    for (let at = 0; at < groups * groups; at++) {
      if (Math.floor(at / groups) === left || at % groups === left) continue;
      for (let s = 0; s < SUMS; s++) sums[s] += pairs[at * SUMS + s];
    }
    let images = 0;
    // Inner products of the row sums of K and L, of K and of L.
    let [kl, kk, ll] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      if (group[i] === left) continue;
      images++;
      let [k, l] = [0, 0];
      for (let g = 0; g < groups; g++) {
        if (g === left) continue;
        k += rows[0][i * groups + g];
        l += rows[1][i * groups + g];
      }
      kl += k * l;
      kk += k * k;
      ll += l * l;
    }
    if (images < 4) return null;
    const xx = unbiasedHsic(sums[3], sums[0], sums[0], kk, images);
    const yy = unbiasedHsic(sums[4], sums[1], sums[1], ll, images);
    const square = images * images;
    if (!(xx > (VANISHED * sums[3]) / square) || !(yy > (VANISHED * sums[4]) / square)) return null;
    return unbiasedHsic(sums[2], sums[0], sums[1], kl, images) / Math.sqrt(xx * yy);
  };
}

/** (tr(KL) + 1'K1 1'L1 / ((n-1)(n-2)) - 2/(n-2) 1'KL1) / (n (n-3)), for symmetric K and L with a diagonal of 0. */
function unbiasedHsic(trace: number, sumK: number, sumL: number, product: number, n: number): number {
  return (trace + (sumK * sumL) / ((n - 1) * (n - 2)) - (2 * product) / (n - 2)) / (n * (n - 3));
}
