/** Simpson steps over the quarter circle, even: 1e-6 relative up to 10,000 degrees of freedom. */
const STEPS = 20_000;
const MOST_DEGREES = 10_000;

/**
 * Quantile of Student's t. With t = sqrt(degrees) tan(u) the density is proportional to cos(u)^(degrees - 1), so that the
 * quantile follows from one quadrature, without special functions.
 *
 * @param p in (0.5, 1)
 * @param degrees of freedom, at least 1, need not be whole; above 10,000 as 10,000
 */
export function studentTQuantile(p: number, degrees: number): number {
  if (!(p > 0.5 && p < 1) || !(degrees >= 1)) throw new RangeError(`a t quantile of ${p}, ${degrees} degrees`);
  const nu = Math.min(degrees, MOST_DEGREES);
  const h = Math.PI / 2 / STEPS;
  const area = new Float64Array(STEPS / 2 + 1);
  const density = (step: number) => Math.cos(step * h) ** (nu - 1);
  for (let pair = 1; pair < area.length; pair++) {
    area[pair] = area[pair - 1] + density(2 * pair - 2) + 4 * density(2 * pair - 1) + density(2 * pair);
  }
  const target = (2 * p - 1) * area[area.length - 1];
  const pair = area.findIndex((a) => a >= target);
  // Between two nodes the density is a line: the root of its integral.
  const [left, right] = [density(2 * pair - 2), density(2 * pair)];
  const part = (((target - area[pair - 1]) / (area[pair] - area[pair - 1])) * (left + right)) / 2;
  const share = (2 * part) / (left + Math.sqrt(left * left + 2 * (right - left) * part));
  return Math.sqrt(nu) * Math.tan(2 * h * (pair - 1 + share));
}
