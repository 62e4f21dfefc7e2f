import type { Standardise, TrainingFold } from './training-fold.js';

/** d_c(x) = w_c . z(x) + b_c, z: standardised features. */
export interface LinearDecision {
  f: number;
  classes: number;
  /** classes*f row-major. */
  weights: Float64Array;
  intercepts: Float64Array;
  standardise: Standardise;
}

/**
 * From Gram space to the space of features: w_c = sum over training rows of dual_c z.
 *
 * @param dual classes*n row-major
 */
export function fromDual(
  { z, n, f, classes, standardise }: TrainingFold,
  dual: Float64Array,
  intercepts: Float64Array,
): LinearDecision {
  const weights = new Float64Array(classes * f);
  // Four images at a time: a weight is read and written once for all of them.
  for (let i = 0; i < n; i += 4) {
    const rows = [0, 1, 2, 3].map((r) => Math.min(i + r, n - 1) * f);
    for (let c = 0; c < classes; c++) {
      const [a, b, d, e] = [0, 1, 2, 3].map((r) => (i + r < n ? dual[c * n + i + r] : 0));
      if (a === 0 && b === 0 && d === 0 && e === 0) continue;
      const [p, q, s, t] = rows;
      for (let j = 0, w = c * f; j < f; j++, w++) {
        weights[w] += a * z[p + j] + b * z[q + j] + d * z[s + j] + e * z[t + j];
      }
    }
  }
  return { f, classes, weights, intercepts, standardise };
}

/** @returns n*classes row-major */
export function decide(linear: LinearDecision, x: Float32Array, n: number): Float64Array {
  const { f, classes, weights, intercepts } = linear;
  const z = linear.standardise(x, n);
  const out = new Float64Array(n * classes);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < classes; c++) {
      let sum = intercepts[c];
      for (let j = 0, w = c * f, at = i * f; j < f; j++) sum += weights[w++] * z[at++];
      out[i * classes + c] = sum;
    }
  }
  return out;
}
