import { CorescoreError } from '@corescore/contracts';
import type { Kernels } from '@corescore/linalg';
import { stratifiedKFold } from '../../folds/folds.js';
import { fitSigmoid, type Sigmoid } from '../platt.js';
import { GAP_LIMIT } from '../svm-gap.js';
import { SvmSolver } from '../svm-solver.js';
import type { Convergence, Decoder, FittedDecoder } from './decoder.js';
import { decide, fromDual, type LinearDecision } from './linear-decision.js';
import { classCounts, type TrainingFold, trainingFold } from './training-fold.js';

const NESTED_FOLDS = 3;

/** Decision values of images that the decoder was not fitted to, n*classes row-major, and their classes. */
export interface HeldOutDecisions {
  decisions: Float64Array;
  labels: Int32Array;
}

export interface SvmOptions {
  /** Weight of the summed hinge loss, on standardised features. */
  c: number;
  /**
   * What Platt's sigmoids are fitted on: `nested`, the held-out decisions of a stratified 3-fold inside the training fold
   * (scikit-learn's `CalibratedClassifierCV(cv=StratifiedKFold(3), ensemble=False)`), decisions that are given, or `none`:
   * decision values only, at a quarter of the cost.
   */
  calibration: 'nested' | 'none' | HeldOutDecisions;
}

/**
 * Decoder `svm` (METRICS 2): linear SVM, one-vs-rest, hinge loss, intercept as LIBLINEAR's regularised constant feature,
 * solved exactly in Gram space. `decode` is the same decoder over the folds of a whole set.
 * Converged: relative duality gap of every class at most 1e-8.
 */
export class SvmDecoder implements Decoder {
  readonly name = 'svm';

  constructor(readonly options: SvmOptions) {
    if (!(options.c > 0)) throw new RangeError(`c is positive, not ${options.c}`);
  }

  async fit(
    x: Float32Array,
    n: number,
    f: number,
    labels: Int32Array,
    classes: number,
    kernels: Kernels,
  ): Promise<FittedDecoder> {
    const { c, calibration } = this.options;
    const all = await fitLinear(trainingFold(x, n, f, labels, classes), c, kernels);
    if (calibration === 'none') {
      return {
        convergence: all.convergence,
        decision: (rows, count) => decide(all.linear, rows, count),
        probability: () => {
          throw new TypeError('an SVM without calibration has no probabilities');
        },
      };
    }
    const nested = calibration === 'nested' ? await nestedDecisions(x, n, f, labels, classes, c, kernels) : null;
    const { decisions, labels: truths } = nested ?? (calibration as HeldOutDecisions);
    if (decisions.length !== truths.length * classes) {
      throw new RangeError(`${decisions.length} decisions for ${truths.length} images of ${classes} classes`);
    }
    const sigmoids = Array.from({ length: classes }, (_, label) =>
      fitSigmoid(
        Float64Array.from(truths, (_, i) => decisions[i * classes + label]),
        Uint8Array.from(truths, (truth) => (truth === label ? 1 : 0)),
      ),
    );
    const convergence = worst([all.convergence, ...(nested?.convergences ?? [])]);
    return {
      convergence,
      decision: (rows, count) => decide(all.linear, rows, count),
      probability: (rows, count) => sigmoidProbabilities(decide(all.linear, rows, count), sigmoids),
    };
  }
}

async function fitLinear(
  fold: TrainingFold,
  c: number,
  kernels: Kernels,
): Promise<{ linear: LinearDecision; convergence: Convergence }> {
  const { z, n, f, labels, classes } = fold;
  const gram = await kernels.gram(z, n, f, null);
  const solver = new SvmSolver(
    gram.map((value) => value + 1),
    n,
    c,
    kernels.loops,
  );
  const dual = new Float64Array(classes * n);
  const intercepts = new Float64Array(classes);
  const solved: Convergence[] = [];
  for (let label = 0; label < classes; label++) {
    const { gap, epochs } = solver.solve(Float64Array.from(labels, (truth) => (truth === label ? 1 : -1)));
    solved.push({ converged: gap <= GAP_LIMIT, measure: 'relative duality gap', value: gap, iterations: epochs });
    dual.set(solver.b, label * n);
    intercepts[label] = solver.b.reduce((sum, b) => sum + b, 0);
  }
  solver.release();
  return { linear: fromDual(fold, dual, intercepts), convergence: worst(solved) };
}

async function nestedDecisions(
  x: Float32Array,
  n: number,
  f: number,
  labels: Int32Array,
  classes: number,
  c: number,
  kernels: Kernels,
): Promise<HeldOutDecisions & { convergences: Convergence[] }> {
  const few = classCounts(labels, classes).findIndex((count) => count < NESTED_FOLDS);
  if (few >= 0) {
    throw new CorescoreError(
      'metric_undefined',
      `Class ${few} has fewer than ${NESTED_FOLDS} training images: nested probabilities are not defined.`,
      { field: 'labels', remedy: 'Give each class three training images, or use cross-fit probabilities.' },
    );
  }
  const inner = stratifiedKFold(Array.from(labels, String), NESTED_FOLDS, null);
  const decisions = new Float64Array(n * classes);
  const convergences: Convergence[] = [];
  const rows = Int32Array.from(labels.keys());
  const take = (of: Int32Array) => {
    const out = new Float32Array(of.length * f);
    of.forEach((row, at) => {
      out.set(x.subarray(row * f, (row + 1) * f), at * f);
    });
    return out;
  };
  for (let k = 0; k < NESTED_FOLDS; k++) {
    const train = rows.filter((row) => inner[row] !== k);
    const test = rows.filter((row) => inner[row] === k);
    const of = train.map((row) => labels[row]);
    const { linear, convergence } = await fitLinear(
      trainingFold(take(train), train.length, f, of, classes),
      c,
      kernels,
    );
    convergences.push(convergence);
    const held = decide(linear, take(test), test.length);
    test.forEach((row, at) => {
      decisions.set(held.subarray(at * classes, (at + 1) * classes), row * classes);
    });
  }
  return { decisions, labels, convergences };
}

/** The largest gap, and the most iterations. */
function worst(all: readonly Convergence[]): Convergence {
  const { converged, measure, value } = all.reduce((a, b) => (b.value > a.value ? b : a));
  return { converged, measure, value, iterations: Math.max(...all.map((one) => one.iterations)) };
}

/** p_c = sigmoid_c(d_c) / sum over classes; in place. Where every sigmoid is 0 the classes are alike, as in scikit-learn. */
function sigmoidProbabilities(decisions: Float64Array, sigmoids: readonly Sigmoid[]): Float64Array {
  const classes = sigmoids.length;
  for (let row = 0; row < decisions.length; row += classes) {
    let sum = 0;
    sigmoids.forEach(({ a, b }, c) => {
      decisions[row + c] = 1 / (1 + Math.exp(a * decisions[row + c] + b));
      sum += decisions[row + c];
    });
    for (let c = row; c < row + classes; c++) decisions[c] = sum === 0 ? 1 / classes : decisions[c] / sum;
  }
  return decisions;
}
