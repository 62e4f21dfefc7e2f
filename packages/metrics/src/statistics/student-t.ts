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

/** Points of the midpoint rule over an estimated standard deviation: 1e-5 relative. */
const NODES = 500;

/**
 * What a test with an estimated standard error can see. The estimate s, in true standard errors, has s^2 distributed as
 * chi-squared / degrees.
 *
 * @param power in (0, 1)
 * @param limit the test rejects above limit * s
 * @returns `shift`: the true effect, in true standard errors, for which P(effect + noise > limit * s) is `power` (that
 *   is, a quantile problem of the noncentral t); `bias`: the mean of s, under 1
 */
export function visibleShift(power: number, limit: number, degrees: number): { shift: number; bias: number } {
  const nu = Math.min(degrees, MOST_DEGREES);
  const top = 1 + 9 / Math.sqrt(2 * nu);
  const s = Float64Array.from({ length: NODES }, (_, k) => ((k + 0.5) * top) / NODES);
  // The density up to a constant, scaled by its value at 1 to stay finite.
  const weight = s.map((v) => Math.exp((nu - 1) * Math.log(v) - (nu / 2) * (v * v - 1)));
  const total = weight.reduce((sum, w) => sum + w, 0);
  const mean = (f: (v: number) => number) => weight.reduce((sum, w, k) => sum + w * f(s[k]), 0) / total;
  const seen = (shift: number) => mean((v) => normalShare(shift - limit * v));
  let low = 0;
  let high = 2 * limit + 10;
  for (let halving = 0; halving < 40; halving++) {
    const middle = (low + high) / 2;
    if (seen(middle) < power) low = middle;
    else high = middle;
  }
  return { shift: (low + high) / 2, bias: mean((v) => v) };
}

/** Normal distribution function, to 1e-15. */
function normalShare(x: number): number {
  if (Math.abs(x) > 7) return x > 0 ? 1 : 0;
  // P = 1/2 + phi(x) (x + x^3/3 + x^5/15 + ...), Marsaglia 2004.
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum) && k < 400; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
