import type { Kernels } from '@corescore/linalg';
import { softmaxRows } from './softmax-rows.js';

/** Norm of the gradient of the mean objective at which the optimum counts as reached, and the one that is aimed at. */
export const GRADIENT_LIMIT = 1e-8;
const GRADIENT_GOAL = 1e-10;

const NEWTON_STEPS = 100;
const CG_STEPS = 1000;
const HALVINGS = 40;

export interface SoftmaxProblem {
  /** n*n row-major, symmetric: Z Z^T. */
  k: Float64Array;
  n: number;
  labels: Int32Array;
  classes: number;
  lambda: number;
  /** Weight of |intercept|^2 / 2: `lambda`, or 0. */
  interceptPenalty: number;
  kernels: Kernels;
}

export interface SoftmaxSolution {
  /** classes*n row-major: w_c = sum over rows of dual_c z. */
  dual: Float64Array;
  intercepts: Float64Array;
  gradientNorm: number;
  newtonSteps: number;
}

/** A point or a direction, dual (classes*n) and intercepts, beside its product with K. */
interface Point {
  dual: Float64Array;
  product: Float64Array;
  intercepts: Float64Array;
}

/**
 * Multinomial logistic regression at its optimum, by Newton-CG in Gram space (PERF 4):
 * min mean cross-entropy + lambda/2 |W|^2 + interceptPenalty/2 |b|^2, W = Z^T dual.
 *
 * Conjugate gradients run in the inner product <U, K V> + u.v of that parametrisation, in which the Hessian is
 * self-adjoint: they take the steps they would take on W itself, one product with K each, whatever the number of features.
 */
export async function solveSoftmax(problem: SoftmaxProblem): Promise<SoftmaxSolution> {
  const { n, classes } = problem;
  const at = zero(n, classes);
  let value = objective(problem, at);
  for (let newtonSteps = 0; ; newtonSteps++) {
    const { p, gradient } = await gradientAt(problem, at);
    const norm = Math.sqrt(Math.max(0, inner(gradient, gradient)));
    const solution = { dual: at.dual, intercepts: at.intercepts, gradientNorm: norm, newtonSteps };
    if (norm <= GRADIENT_GOAL || newtonSteps === NEWTON_STEPS) return solution;
    const direction = await newtonDirection(problem, p, gradient, norm);
    const slope = inner(gradient, direction);
    let step = 1;
    let next = moved(at, direction, step);
    let nextValue = objective(problem, next);
    // Near the optimum a full step changes the objective by less than its rounding: then any step is as good.
    for (let halving = 0; nextValue > value + 1e-4 * step * slope && nextValue - value > 1e-13 * value; halving++) {
      if (halving === HALVINGS) return solution;
      step /= 2;
      next = moved(at, direction, step);
      nextValue = objective(problem, next);
    }
    Object.assign(at, next);
    value = nextValue;
  }
}

function zero(n: number, classes: number): Point {
  return {
    dual: new Float64Array(classes * n),
    product: new Float64Array(classes * n),
    intercepts: new Float64Array(classes),
  };
}

/** <u, v> in the space of weights and intercepts. */
function inner(u: Point, v: Point): number {
  return dot(u.dual, v.product) + dot(u.intercepts, v.intercepts);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** a += factor * b */
function add(a: Point, factor: number, b: Point): void {
  for (let i = 0; i < a.dual.length; i++) {
    a.dual[i] += factor * b.dual[i];
    a.product[i] += factor * b.product[i];
  }
  for (let c = 0; c < a.intercepts.length; c++) a.intercepts[c] += factor * b.intercepts[c];
}

function copy(a: Point): Point {
  return { dual: a.dual.slice(), product: a.product.slice(), intercepts: a.intercepts.slice() };
}

function moved(a: Point, direction: Point, step: number): Point {
  const out = copy(a);
  add(out, step, direction);
  return out;
}

/** n*classes row-major. */
function logits({ product, intercepts }: Point, n: number): Float64Array {
  const classes = intercepts.length;
  const out = new Float64Array(n * classes);
  for (let c = 0; c < classes; c++)
    for (let i = 0; i < n; i++) out[i * classes + c] = product[c * n + i] + intercepts[c];
  return out;
}

function objective({ n, labels, classes, lambda, interceptPenalty }: SoftmaxProblem, at: Point): number {
  const f = logits(at, n);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const row = f.subarray(i * classes, (i + 1) * classes);
    const truth = row[labels[i]];
    let max = truth;
    for (const value of row) max = Math.max(max, value);
    let total = 0;
    for (const value of row) total += Math.exp(value - max);
    sum += Math.log(total) + max - truth;
  }
  const penalty = lambda * dot(at.dual, at.product) + interceptPenalty * dot(at.intercepts, at.intercepts);
  return sum / n + penalty / 2;
}

/** Probabilities (n*classes row-major), and the gradient: (P - Y) / n + lambda dual. */
async function gradientAt(problem: SoftmaxProblem, at: Point): Promise<{ p: Float64Array; gradient: Point }> {
  const { n, labels, classes, lambda, interceptPenalty } = problem;
  const p = softmaxRows(logits(at, n), classes);
  const gradient = zero(n, classes);
  for (let c = 0; c < classes; c++) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const residual = (p[i * classes + c] - (labels[i] === c ? 1 : 0)) / n;
      sum += residual;
      gradient.dual[c * n + i] = residual + lambda * at.dual[c * n + i];
    }
    gradient.intercepts[c] = sum + interceptPenalty * at.intercepts[c];
  }
  gradient.product = await multiply(problem, gradient.dual);
  return { p, gradient };
}

/** Solves Hessian direction = -gradient loosely far from the optimum, ever more exactly near it. */
async function newtonDirection(
  problem: SoftmaxProblem,
  p: Float64Array,
  gradient: Point,
  norm: number,
): Promise<Point> {
  const { n, classes } = problem;
  const tolerance = Math.min(0.1, 0.3 * Math.sqrt(norm)) * norm;
  const direction = zero(n, classes);
  const residual = zero(n, classes);
  add(residual, -1, gradient);
  const search = copy(residual);
  let rho = norm * norm;
  for (let step = 0; step < CG_STEPS && Math.sqrt(rho) > tolerance; step++) {
    const image = hessian(problem, p, search);
    const curvature = dot(image.dual, search.product) + dot(image.intercepts, search.intercepts);
    if (!(curvature > 0)) break;
    const length = rho / curvature;
    add(direction, length, search);
    for (let i = 0; i < image.dual.length; i++) residual.dual[i] -= length * image.dual[i];
    for (let c = 0; c < classes; c++) residual.intercepts[c] -= length * image.intercepts[c];
    residual.product = await multiply(problem, residual.dual);
    const next = Math.max(0, inner(residual, residual));
    const kept = next / rho;
    rho = next;
    for (let i = 0; i < search.dual.length; i++) {
      search.dual[i] = residual.dual[i] + kept * search.dual[i];
      search.product[i] = residual.product[i] + kept * search.product[i];
    }
    for (let c = 0; c < classes; c++) search.intercepts[c] = residual.intercepts[c] + kept * search.intercepts[c];
  }
  return direction;
}

/** (H o (K V + 1 v') + lambda V, 1' H o (..) + interceptPenalty v), H o U = P . (U - rowsum(P . U)) / n. */
function hessian(
  { n, classes, lambda, interceptPenalty }: SoftmaxProblem,
  p: Float64Array,
  { dual, product, intercepts }: Point,
): { dual: Float64Array; intercepts: Float64Array } {
  const out = { dual: new Float64Array(classes * n), intercepts: new Float64Array(classes) };
  for (let i = 0; i < n; i++) {
    let mean = 0;
    for (let c = 0; c < classes; c++) mean += p[i * classes + c] * (product[c * n + i] + intercepts[c]);
    for (let c = 0; c < classes; c++) {
      const value = (p[i * classes + c] * (product[c * n + i] + intercepts[c] - mean)) / n;
      out.dual[c * n + i] = value + lambda * dual[c * n + i];
      out.intercepts[c] += value;
    }
  }
  for (let c = 0; c < classes; c++) out.intercepts[c] += interceptPenalty * intercepts[c];
  return out;
}

/** V K, V classes*n row-major. */
function multiply({ k, n, classes, kernels }: SoftmaxProblem, v: Float64Array): Promise<Float64Array> {
  return kernels.multiply(v, k, { rows: classes, inner: n, columns: n, symmetricB: true });
}
