/** Relative duality gap at which a class counts as solved. */
export const GAP_LIMIT = 1e-8;

/**
 * (P - D) / P with P = 1/2 b'f + C sum max(0, 1 - y f) and D = sum |b| - 1/2 b'f, in a form without cancellation of large
 * sums; rows with y = 0 are not of the problem.
 *
 * @param f K b
 */
export function relativeGap(y: Float64Array, c: number, b: Float64Array, f: Float64Array): number {
  let quadratic = 0;
  let hinge = 0;
  let gap = 0;
  for (let i = 0; i < y.length; i++) {
    if (y[i] === 0) continue;
    const slack = 1 - y[i] * f[i];
    const loss = Math.max(slack, 0);
    quadratic += b[i] * f[i];
    hinge += loss;
    gap += c * loss - y[i] * b[i] * slack;
  }
  return gap / (quadratic / 2 + c * hinge);
}
