import { CorescoreError } from '@corescore/contracts';
import type { Kernels } from '@corescore/linalg';
import { type FoldGram, foldGram, type Pool, standardisePool } from './fold-gram.js';
import { decodePooled, isPooled } from './pooled-svm/decode-pooled.js';
import type { Accept, DecodeFold, ReadOut } from './read-outs.js';
import { GAP_LIMIT } from './svm-gap.js';
import { SvmSolver } from './svm-solver.js';

export interface DecodeManyInput {
  /** n*f row-major: features of one time step (or mixture of steps). */
  x: Float32Array;
  n: number;
  f: number;
  /** Fold of each row, one array a repetition. */
  folds: readonly Int32Array[];
  readOuts: readonly ReadOut[];
}

export type DecodeInput = Omit<DecodeManyInput, 'readOuts'> & ReadOut;

export interface DecodeResult {
  /** One a repetition: n*classes row-major, every row held out. */
  decisions: Float64Array[];
  /** Largest relative duality gap over folds and classes, at most 1e-8. */
  maxGap: number;
}

/**
 * Cross-validated decoder `svm` (METRICS 2): linear SVM, one-vs-rest, hinge loss, on features standardised with the
 * training fold, intercept as LIBLINEAR's regularised constant feature; solved exactly.
 *
 * @throws CorescoreError `metric_undefined`: a class without training images in a fold, a feature that is not finite, a
 *   fold that could not be solved to the gap
 * @throws the signal's reason when it is aborted, between folds
 */
export async function decode(input: DecodeInput, kernels: Kernels, signal?: AbortSignal): Promise<DecodeResult> {
  const { labels, classes, c, ...rest } = input;
  const [result] = await decodeMany({ ...rest, readOuts: [{ labels, classes, c }] }, kernels, signal);
  return result;
}

/**
 * Several decoders over the same features and folds, each as `decode` alone: what depends on the features only (their
 * Gram matrix and its inverses) is made once for all.
 *
 * @returns one a read-out; errors and abort as `decode`
 */
export function decodeMany(input: DecodeManyInput, kernels: Kernels, signal?: AbortSignal): Promise<DecodeResult[]> {
  return decodeFolds(input, isPooled(input.n, input.f), kernels, signal);
}

/**
 * `decodeMany` from the Gram matrix of each fold, which every read-out uses again: the faster way for several read-outs of one
 * repetition, where the folds are few. `decodeMany` makes one matrix for all folds and then multiplies each class of each
 * read-out with the features several times: the faster way for many folds. The decisions of the two differ within the gap. Here
 * the digits of a read-out do not hang on the others.
 */
export function decodeManyByFold(
  input: DecodeManyInput,
  kernels: Kernels,
  signal?: AbortSignal,
): Promise<DecodeResult[]> {
  return decodeFolds(input, false, kernels, signal);
}

async function decodeFolds(
  input: DecodeManyInput,
  pooled: boolean,
  kernels: Kernels,
  signal?: AbortSignal,
): Promise<DecodeResult[]> {
  checkInput(input);
  const { x, n, f, readOuts } = input;
  const folds = foldsOf(input);
  for (const { train, fold } of folds)
    for (const { labels, classes } of readOuts) checkClasses(labels, classes, train, fold);
  const pool = standardisePool(x, n, f);
  const results = readOuts.map(({ classes }) => ({
    decisions: input.folds.map(() => new Float64Array(n * classes)),
    maxGap: 0,
  }));
  const accept: Accept = ({ repetition, test }, readOut, label, held, gap) => {
    const { classes } = readOuts[readOut];
    const result = results[readOut];
    test.forEach((i, row) => {
      result.decisions[repetition][i * classes + label] = held[row];
    });
    result.maxGap = Math.max(result.maxGap, gap);
  };
  const rest = pooled ? await decodePooled(pool, folds, readOuts, kernels, accept, signal) : folds;
  for (const fold of rest) await decodeFold(pool, fold, readOuts, kernels, accept, signal);
  return results;
}

function foldsOf({ n, folds }: DecodeManyInput): DecodeFold[] {
  const rows = Int32Array.from({ length: n }, (_, i) => i);
  return folds.flatMap((fold, repetition) =>
    [...new Set(fold)]
      .sort((a, b) => a - b)
      .map((k) => ({
        repetition,
        fold: k,
        train: rows.filter((i) => fold[i] !== k),
        test: rows.filter((i) => fold[i] === k),
      })),
  );
}

/** One fold from its own Gram matrix: for few images, for fewer features than images, and what the pool left open. */
async function decodeFold(
  pool: Pool,
  fold: DecodeFold,
  readOuts: readonly ReadOut[],
  kernels: Kernels,
  accept: Accept,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  decodeGram(await foldGram(pool, fold.train, fold.test, kernels), fold, readOuts, kernels, accept);
}

/** Solves the read-outs of one fold in the space of a Gram matrix, of whatever features that is. */
export function decodeGram(
  gram: FoldGram,
  fold: DecodeFold,
  readOuts: readonly ReadOut[],
  kernels: Kernels,
  accept: Accept,
): void {
  const { train, test } = fold;
  readOuts.forEach(({ labels, classes, c }, readOut) => {
    const solver = new SvmSolver(gram.train, train.length, c, kernels.loops);
    try {
      for (let label = 0; label < classes; label++) {
        const { gap } = solver.solve(Float64Array.from(train, (i) => (labels[i] === label ? 1 : -1)));
        if (!(gap <= GAP_LIMIT)) throw notConverged(gap, fold.fold, label);
        const held = Float64Array.from(test, (_, row) => {
          let sum = 0;
          for (let l = 0, at = row * train.length; l < train.length; l++, at++) sum += gram.test[at] * solver.b[l];
          return sum;
        });
        accept(fold, readOut, label, held, gap);
      }
    } finally {
      solver.release();
    }
  });
}

function checkInput({ x, n, f, folds, readOuts }: DecodeManyInput): void {
  if (x.length !== n * f) throw new RangeError(`x has ${x.length} values, not ${n} x ${f}`);
  if (folds.length === 0 || folds.some((fold) => fold.length !== n)) {
    throw new RangeError(`folds: at least one repetition, each of ${n} rows`);
  }
  if (readOuts.length === 0) throw new RangeError('readOuts: at least one');
  for (const { labels, classes, c } of readOuts) {
    if (labels.length !== n) throw new RangeError(`${labels.length} labels for ${n} images`);
    if (!(c > 0)) throw new RangeError(`c is positive, not ${c}`);
    if (classes < 2 || labels.some((label) => label < 0 || label >= classes)) {
      throw new RangeError(`labels run from 0 to ${classes - 1}, two classes at least`);
    }
  }
}

export function checkClasses(labels: Int32Array, classes: number, train: Int32Array, fold: number): void {
  const counts = new Int32Array(classes);
  for (const i of train) counts[labels[i]]++;
  const missing = counts.indexOf(0);
  if (missing < 0) return;
  throw new CorescoreError(
    'metric_undefined',
    `Class ${missing} has no training image in fold ${fold}: its decoder is not defined.`,
    { field: 'folds', remedy: 'Stratify the folds by class, use fewer folds, or give each class images in two folds.' },
  );
}

function notConverged(gap: number, fold: number, label: number): CorescoreError {
  return new CorescoreError(
    'metric_undefined',
    `The decoder of class ${label} in fold ${fold} was left at a relative duality gap of ${gap.toExponential(1)}, above ${GAP_LIMIT}.`,
    { field: 'c', remedy: 'Use a smaller C: the problem is too badly conditioned to be solved exactly.' },
  );
}
