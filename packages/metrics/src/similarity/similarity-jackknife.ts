import type { Kernels } from '@corescore/linalg';
import { rank } from '../statistics/correlation.js';
import { studentTQuantile } from '../statistics/student-t.js';
import { ckaWithout } from './similarity.js';

export interface SimilarityEstimate {
  /** Null where undefined. */
  value: number | null;
  /** 95 % over images: value -+ t * error of a jackknife that leaves out one group of images at a time. */
  low: number | null;
  high: number | null;
}

/**
 * Pearson's r over features of every pair of images, n*n: 1 less the dissimilarities of `dissimilarities`, through the
 * kernel. Each image's features are centred and of length 1, then rounded to f32: r is good to 1e-6.
 *
 * @returns NaN in the rows and columns of images whose features are all the same
 */
export async function patternCorrelations(
  x: ArrayLike<number>,
  n: number,
  f: number,
  kernels: Kernels,
): Promise<Float64Array> {
  const patterns = new Float32Array(n * f);
  const constant: number[] = [];
  for (let i = 0; i < n; i++) {
    const from = i * f;
    let mean = 0;
    for (let j = 0; j < f; j++) mean += x[from + j] / f;
    let square = 0;
    let varies = false;
    for (let j = 0; j < f; j++) {
      square += (x[from + j] - mean) ** 2;
      varies ||= x[from + j] !== x[from];
    }
    if (!varies) constant.push(i);
    else for (let j = 0; j < f; j++) patterns[from + j] = (x[from + j] - mean) / Math.sqrt(square);
  }
  const r = await kernels.gram(patterns, n, f, null);
  for (const i of constant) for (let j = 0; j < n; j++) r[i * n + j] = r[j * n + i] = Number.NaN;
  return r;
}

/** The rows and columns of an n*n matrix that belong to `images`. */
export function submatrix(matrix: Float64Array, n: number, images: ArrayLike<number>): Float64Array {
  const size = images.length;
  const out = new Float64Array(size * size);
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < size; b++) out[a * size + b] = matrix[images[a] * n + images[b]];
  }
  return out;
}

/** Ranks of the pairs of images by an n*n matrix, row by row of its upper triangle: what Spearman's rho compares. */
export function pairRanks(matrix: Float64Array, n: number): Float64Array {
  return rank(upperTriangle(matrix, n));
}

/**
 * Representational similarity (`rsa`) of two matrices of pattern correlations with an interval over images. In the
 * jackknife the ranks stay those of all pairs: they are then nearly a linear function of the ranks among the pairs left,
 * which changes no correlation, and each image group comes off the sums instead of another sort of all pairs.
 *
 * @param a `pairRanks` of one matrix; @param b of the other, over the same `n` images
 * @param group of each image, 0 .. groups - 1
 */
export function rsaEstimate(
  a: Float64Array,
  b: Float64Array,
  n: number,
  group: Int32Array,
  groups: number,
): SimilarityEstimate {
  // Of the pairs that lie in each two groups: how many, the sums of both ranks, of their squares and product.
  const width = 6;
  const sums = new Float64Array(groups * groups * width);
  let pair = 0;
  const centre = (n * (n - 1)) / 4 + 0.5;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++, pair++) {
      const at = (group[i] * groups + group[j]) * width;
      const x = a[pair] - centre;
      const y = b[pair] - centre;
      sums[at] += 1;
      sums[at + 1] += x;
      sums[at + 2] += y;
      sums[at + 3] += x * x;
      sums[at + 4] += y * y;
      sums[at + 5] += x * y;
    }
  }
  const without = (left: number): number | null => {
    const s = new Float64Array(width);
    for (let g = 0; g < groups; g++) {
      for (let h = 0; h < groups; h++) {
        if (g === left || h === left) continue;
        for (let k = 0; k < width; k++) s[k] += sums[(g * groups + h) * width + k];
      }
    }
    const xx = s[0] * s[3] - s[1] * s[1];
    const yy = s[0] * s[4] - s[2] * s[2];
    return xx > 0 && yy > 0 ? (s[0] * s[5] - s[1] * s[2]) / Math.sqrt(xx * yy) : null;
  };
  return jackknife(groups, without);
}

/** `linearCka` of two n*n matrices of inner products with an interval over images; null values for too few images. */
export function ckaEstimate(
  a: Float64Array,
  b: Float64Array,
  n: number,
  group: Int32Array,
  groups: number,
): SimilarityEstimate {
  return jackknife(groups, ckaWithout(a, b, n, group, groups));
}

/** Delete-a-group jackknife. @param without the statistic without a group; of -1 over all images */
function jackknife(groups: number, without: (group: number) => number | null): SimilarityEstimate {
  const value = without(-1);
  const left = Array.from({ length: groups }, (_, g) => without(g)).filter((v) => v !== null);
  if (value === null || left.length < groups || groups < 2) return { value, low: null, high: null };
  const mean = left.reduce((sum, v) => sum + v, 0) / groups;
  const error = Math.sqrt((left.reduce((sum, v) => sum + (v - mean) ** 2, 0) * (groups - 1)) / groups);
  const half = studentTQuantile(0.975, groups - 1) * error;
  return { value, low: value - half, high: value + half };
}

function upperTriangle(matrix: Float64Array, n: number): Float64Array {
  const out = new Float64Array((n * (n - 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) out[at++] = matrix[i * n + j];
  return out;
}
