import type { Kernels } from '@corescore/linalg';
import { foldSplits } from '../folds/k-fold.js';
import { checkClasses, type DecodeResult, decodeGram } from './decode.js';
import { type FoldGram, foldGram, standardisePool } from './fold-gram.js';
import type { DecodeFold } from './read-outs.js';

export interface CumulativeInput {
  /** Features of the steps in order of time, each n*f row-major; taken one at a time, so that they can come from disk. */
  steps: Iterable<Float32Array> | AsyncIterable<Float32Array>;
  n: number;
  f: number;
  /** 0 .. classes - 1 */
  labels: Int32Array;
  classes: number;
  /** Fold of each row, 0 .. k - 1: one repetition. */
  fold: Int32Array;
  c: number;
}

/**
 * Evidence `cumulative` (METRICS 4): at each step the decoder sees the features of all steps so far, each standardised with
 * the training fold: `decode` on the concatenated features, since the linear kernel of a concatenation is the sum of the
 * kernels. Holds one step and the running Gram of each fold: about k * n^2 * 8 bytes (35 MB for 660 images and 10 folds),
 * however many steps and features there are.
 *
 * @returns one a step. Errors and abort as `decode`.
 */
export async function decodeCumulative(
  { steps, n, f, labels, classes, fold, c }: CumulativeInput,
  kernels: Kernels,
  signal?: AbortSignal,
): Promise<DecodeResult[]> {
  if (labels.length !== n || fold.length !== n) throw new RangeError(`labels and folds are those of ${n} images`);
  const folds = foldSplits(fold, fold.reduce((max, k) => Math.max(max, k), 0) + 1).map(
    (split, k): DecodeFold => ({ repetition: 0, fold: k, ...split }),
  );
  for (const { train, fold: k } of folds) checkClasses(labels, classes, train, k);
  const sums: FoldGram[] = [];
  const results: DecodeResult[] = [];
  for await (const x of steps) {
    if (x.length !== n * f) throw new RangeError(`a step has ${x.length} values, not ${n} x ${f}`);
    const pool = standardisePool(x, n, f);
    const decisions = new Float64Array(n * classes);
    let maxGap = 0;
    for (const one of folds) {
      signal?.throwIfAborted();
      const gram = add(sums[one.fold], await foldGram(pool, one.train, one.test, kernels));
      sums[one.fold] = gram;
      decodeGram(gram, one, [{ labels, classes, c }], kernels, (_fold, _readOut, label, held, gap) => {
        one.test.forEach((i, row) => {
          decisions[i * classes + label] = held[row];
        });
        maxGap = Math.max(maxGap, gap);
      });
    }
    results.push({ decisions: [decisions], maxGap });
  }
  return results;
}

/** Into the running sum; the 1 of the intercept is in each Gram, and counts once. */
function add(sum: FoldGram | undefined, step: FoldGram): FoldGram {
  if (sum === undefined) return step;
  for (const part of ['train', 'test'] as const) addKernel(sum[part], step[part]);
  return sum;
}

function addKernel(sum: Float64Array, step: Float64Array): void {
  for (let i = 0; i < step.length; i++) sum[i] += step[i] - 1;
}
