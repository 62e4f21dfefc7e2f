/** sigmoid(d) = 1 / (1 + exp(a d + b)): with a < 0 it rises with the decision value. */
export interface Sigmoid {
  a: number;
  b: number;
}

const ITERATIONS = 200;
/** Norm of the gradient of the summed loss at which Newton has nothing left to do. */
const GRADIENT = 1e-10;
/** Keeps the Hessian invertible when all decision values are the same. */
const RIDGE = 1e-12;

/** -log-likelihood of smoothed targets, without overflow (Lin et al. 2007, eq. 7). */
function loss(d: Float64Array, targets: Float64Array, a: number, b: number): number {
  let sum = 0;
  for (let i = 0; i < d.length; i++) {
    const z = a * d[i] + b;
    sum += z >= 0 ? targets[i] * z + Math.log1p(Math.exp(-z)) : (targets[i] - 1) * z + Math.log1p(Math.exp(z));
  }
  return sum;
}

/**
 * Platt's sigmoid for one class: targets smoothed as in Platt 1999, Newton with backtracking as in Lin, Lin & Weng 2007,
 * run to the optimum (scikit-learn's `_sigmoid_calibration` minimises the same loss).
 *
 * @param decisions held-out decision values
 * @param positive 1 for images of the class
 */
export function fitSigmoid(decisions: Float64Array, positive: Uint8Array): Sigmoid {
  const n = decisions.length;
  let nPositive = 0;
  for (const p of positive) nPositive += p;
  const high = (nPositive + 1) / (nPositive + 2);
  const low = 1 / (n - nPositive + 2);
  const targets = Float64Array.from(positive, (p) => (p === 1 ? high : low));
  // Scaled decisions make the ridge and the tolerance mean the same whatever the unit of the features was.
  const scale = decisions.reduce((max, d) => Math.max(max, Math.abs(d)), 0) || 1;
  const d = decisions.map((v) => v / scale);
  let a = 0;
  let b = Math.log((n - nPositive + 1) / (nPositive + 1));
  let value = loss(d, targets, a, b);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    let haa = RIDGE;
    let hbb = RIDGE;
    let hab = 0;
    let ga = 0;
    let gb = 0;
    for (let i = 0; i < n; i++) {
      const p = 1 / (1 + Math.exp(a * d[i] + b));
      const curvature = p * (1 - p);
      const slope = targets[i] - p;
      haa += d[i] * d[i] * curvature;
      hab += d[i] * curvature;
      hbb += curvature;
      ga += d[i] * slope;
      gb += slope;
    }
    if (Math.hypot(ga, gb) < GRADIENT) break;
    const determinant = haa * hbb - hab * hab;
    const da = (hab * gb - hbb * ga) / determinant;
    const db = (hab * ga - haa * gb) / determinant;
    const descent = ga * da + gb * db;
    let step = 1;
    let next = loss(d, targets, a + da, b + db);
    // Near the optimum a full step changes the loss by less than its rounding: then any step is as good.
    while (next > value + 1e-4 * step * descent && step > 1e-10 && next - value > 1e-13 * value) {
      step /= 2;
      next = loss(d, targets, a + step * da, b + step * db);
    }
    a += step * da;
    b += step * db;
    if (step === 1 && Math.abs(da) < 1e-12 * (1 + Math.abs(a)) && Math.abs(db) < 1e-12 * (1 + Math.abs(b))) break;
    value = next;
  }
  return { a: a / scale, b };
}
