import { CorescoreError } from '@corescore/contracts';
import type { Kernels } from '@corescore/linalg';
import { stratifiedKFold } from '../folds/folds.js';
import { type DecodeInput, decodeMany } from './decode.js';
import { SvmDecoder } from './decoders/svm.js';
import { argmaxCorrect } from './probabilities.js';

/** Folds of the search inside a training fold. */
export interface NestedSearch {
  /** Values of C to choose from, ascending. */
  cs: readonly number[];
  folds: number;
  /** Of the shuffle; null: not shuffled. */
  seed: number | null;
}

/** What the search inside one training fold found. */
export interface ChosenC {
  repetition: number;
  fold: number;
  c: number;
  /** Accuracy of each C, mean over the inner folds. */
  accuracy: number[];
}

export interface NestedDecode {
  /** One a repetition: n*classes row-major, every row held out of both the fit and the choice of C. */
  decisions: Float64Array[];
  chosen: ChosenC[];
  /** Largest relative duality gap of the final fits. */
  maxGap: number;
}

/**
 * `decode` with C chosen inside each training fold (METRICS 2): a stratified k-fold of the training rows scores each C by
 * accuracy, mean over the inner folds; the best is fitted to all of the training fold, the smallest C of equals. As
 * scikit-learn's `GridSearchCV(..., cv=StratifiedKFold(folds), scoring='accuracy')` inside an outer cross-validation: the
 * images that are tested take no part in the choice.
 *
 * @throws CorescoreError `metric_undefined`: a class too rare for the folds, or as `decode`
 * @throws the signal's reason when it is aborted
 */
export async function decodeNested(
  { x, n, f, labels, classes, folds }: Omit<DecodeInput, 'c'>,
  { cs, folds: innerFolds, seed }: NestedSearch,
  kernels: Kernels,
  signal?: AbortSignal,
): Promise<NestedDecode> {
  if (cs.length === 0 || cs.some((c, at) => !(c > 0) || (at > 0 && c <= cs[at - 1]))) {
    throw new RangeError(`values of C are positive and ascending, not ${cs.join(', ')}`);
  }
  const rows = Int32Array.from(labels.keys());
  const take = (of: Int32Array): Float32Array => {
    const out = new Float32Array(of.length * f);
    of.forEach((row, at) => {
      out.set(x.subarray(row * f, (row + 1) * f), at * f);
    });
    return out;
  };
  const chosen: ChosenC[] = [];
  const decisions: Float64Array[] = [];
  let maxGap = 0;
  for (const [repetition, fold] of folds.entries()) {
    const held = new Float64Array(n * classes);
    for (const k of [...new Set(fold)].sort((a, b) => a - b)) {
      signal?.throwIfAborted();
      const train = rows.filter((i) => fold[i] !== k);
      const test = rows.filter((i) => fold[i] === k);
      const images = { x: take(train), n: train.length, f, labels: train.map((i) => labels[i]), classes };
      refuseRare(images.labels, classes, innerFolds, k);
      const inner = stratifiedKFold(Array.from(images.labels, String), innerFolds, seed);
      const accuracy = await innerAccuracy(images, inner, innerFolds, cs, kernels, signal);
      // The first of equals.
      const c = cs[accuracy.indexOf(Math.max(...accuracy))];
      chosen.push({ repetition, fold: k, c, accuracy });
      const decoder = new SvmDecoder({ c, calibration: 'none' });
      const fitted = await decoder.fit(images.x, images.n, f, images.labels, classes, kernels);
      maxGap = Math.max(maxGap, fitted.convergence.value);
      const found = fitted.decision(take(test), test.length);
      test.forEach((row, at) => {
        held.set(found.subarray(at * classes, (at + 1) * classes), row * classes);
      });
    }
    decisions.push(held);
  }
  return { decisions, chosen, maxGap };
}

interface Images {
  x: Float32Array;
  n: number;
  f: number;
  labels: Int32Array;
  classes: number;
}

async function innerAccuracy(
  { x, n, f, labels, classes }: Images,
  inner: Int32Array,
  innerFolds: number,
  cs: readonly number[],
  kernels: Kernels,
  signal?: AbortSignal,
): Promise<number[]> {
  const readOuts = cs.map((c) => ({ labels, classes, c }));
  const results = await decodeMany({ x, n, f, folds: [inner], readOuts }, kernels, signal);
  return results.map(({ decisions }) => {
    const right = new Float64Array(innerFolds);
    const sizes = new Float64Array(innerFolds);
    argmaxCorrect(decisions[0], labels, classes).forEach((hit, i) => {
      right[inner[i]] += hit;
      sizes[inner[i]]++;
    });
    return right.reduce((sum, hits, k) => sum + hits / sizes[k], 0) / innerFolds;
  });
}

function refuseRare(labels: Int32Array, classes: number, innerFolds: number, fold: number): void {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label]++;
  const rare = counts.findIndex((count) => count < innerFolds);
  if (rare < 0) return;
  throw new CorescoreError(
    'metric_undefined',
    `Class ${rare} has ${counts[rare]} training images in fold ${fold}: C cannot be chosen over ${innerFolds} folds of them.`,
    { field: 'folds', remedy: `Give each class at least ${innerFolds} training images, or use fewer inner folds.` },
  );
}
