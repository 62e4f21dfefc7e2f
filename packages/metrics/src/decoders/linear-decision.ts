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
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < classes; c++) {
      const factor = dual[c * n + i];
      if (factor === 0) continue;
      for (let j = 0, w = c * f, at = i * f; j < f; j++) weights[w++] += factor * z[at++];
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
