import { fitSigmoid } from './platt.js';

/**
 * `cross-fit` probabilities of the `svm` decoder (METRICS 2): the sigmoids of fold k are fitted on the held-out decision
 * values of the other folds of the same repetition, then p_c = sigmoid_c(d_c) / sum over classes.
 *
 * @param decisions n*classes row-major, every row held out
 * @param fold fold of each row
 * @returns n*classes row-major, rows sum to 1
 */
export function crossFitProbabilities(
  decisions: Float64Array,
  labels: Int32Array,
  classes: number,
  fold: Int32Array,
): Float64Array {
  const n = labels.length;
  const out = new Float64Array(n * classes);
  for (const k of new Set(fold)) {
    const rest = Int32Array.from(labels.keys()).filter((i) => fold[i] !== k);
    for (let c = 0; c < classes; c++) {
      const { a, b } = fitSigmoid(
        Float64Array.from(rest, (i) => decisions[i * classes + c]),
        Uint8Array.from(rest, (i) => (labels[i] === c ? 1 : 0)),
      );
      for (let i = 0; i < n; i++) {
        if (fold[i] === k) out[i * classes + c] = 1 / (1 + Math.exp(a * decisions[i * classes + c] + b));
      }
    }
  }
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += out[i * classes + c];
    for (let c = 0; c < classes; c++) out[i * classes + c] /= sum;
  }
  return out;
}

/** 1 where the largest decision value of the row is that of its label; ties go to the lowest class (METRICS 2). */
export function argmaxCorrect(decisions: Float64Array, labels: Int32Array, classes: number): Uint8Array {
  return Uint8Array.from(labels, (label, i) => {
    let best = 0;
    for (let c = 1; c < classes; c++) if (decisions[i * classes + c] > decisions[i * classes + best]) best = c;
    return best === label ? 1 : 0;
  });
}
