import { CorescoreError } from '@corescore/contracts';
import { shuffleSplit, stratifiedShuffleSplit } from '../folds/splits.js';
import { type CeilingRule, normaliseByCeiling, spearmanBrown } from '../predictivity/ceiling.js';
import { plsPredict } from '../predictivity/pls.js';
import type { PooledGram } from '../predictivity/pooled-gram.js';
import { medianOf, neuroidCorrelations, predictivity, type SplitPredictivity } from '../predictivity/predictivity.js';
import { checkTarget, type Target } from '../predictivity/problem.js';
import { overSplits } from './over-splits.js';

const SPLITS = 10;
const SEED = 1;

export interface PlsScore {
  /** Mean over splits of the median over neuroids of Pearson's r; null where no split has one. */
  value: number | null;
  /** See `OverSplits`. It is not scaled by the ceiling. */
  error: number | null;
  perSplit: SplitPredictivity[];
  /** By the rule; null without a value or a positive ceiling. */
  ceiled: number | null;
  /** Neuroids with a correlation in every split, of `nTotal`. */
  n: number;
  nTotal: number;
}

/**
 * Brain-Score's `pls` (METRICS 5): `StratifiedShuffleSplit(10, train_size=.9, random_state=1)` over the images by
 * object, PLS of 25 components without scaling, Pearson's r of each neuroid, median over neuroids, mean over splits.
 * Neuroids without a correlation in a split, and splits without one of any neuroid, are skipped, as there.
 *
 * @param target responses, the mean over repetitions
 * @param objects of each image; splits are drawn over the images in this order
 * @throws CorescoreError `metric_undefined` as `stratifiedShuffleSplit` and `plsPredict`
 */
export async function plsScore(
  gram: PooledGram,
  target: Target,
  objects: readonly string[],
  { ceiling, rule }: { ceiling: number | null; rule: CeilingRule },
): Promise<PlsScore> {
  const splits = stratifiedShuffleSplit(objects, { splits: SPLITS, testFraction: 0.1, seed: SEED });
  const { predictions } = await plsPredict(gram, target, splits);
  const { perSplit, n, nTotal } = predictivity(target, splits, predictions);
  const over = overSplits(perSplit.map(({ median }) => median));
  return { ...over, perSplit, ceiled: normaliseByCeiling(over.value, ceiling, rule), n, nTotal };
}

export interface InternalConsistency {
  value: number | null;
  /** See `OverSplits`. */
  error: number | null;
  /** Median over neuroids of each halving. */
  perHalving: (number | null)[];
  reason?: 'no_ceiling' | 'undefined';
}

/**
 * Brain-Score's `internal_consistency`: repetitions halved by `ShuffleSplit(10, train_size=.5, random_state=1)`, each
 * half averaged, Pearson's r of each neuroid over all images, Spearman-Brown, median over neuroids, mean over halvings.
 * Of an odd number of repetitions the second half has one more and the two count as equal halves, where `splitHalfCeiling`
 * leaves one out and corrects for all.
 *
 * @param repetitions responses of each, n*m row-major
 * @returns `no_ceiling` for a single repetition
 * @throws CorescoreError `metric_undefined`: no repetition, one image, a response that is not finite
 */
export function internalConsistency(repetitions: readonly Float64Array[], n: number, m: number): InternalConsistency {
  if (repetitions.length === 0 || n < 2) {
    throw new CorescoreError('metric_undefined', `No ceiling over ${n} images and ${repetitions.length} repetitions.`, {
      field: 'target',
      remedy: 'Give two images and two repetitions at least; a ceiling worth the name needs many more images.',
    });
  }
  for (const y of repetitions) checkTarget({ y, n, m });
  if (repetitions.length < 2) return { value: null, error: null, perHalving: [], reason: 'no_ceiling' };
  const perHalving = shuffleSplit(repetitions.length, { splits: SPLITS, testFraction: 0.5, seed: SEED }).map(
    ({ train, test }) =>
      medianOf(
        neuroidCorrelations(meanOf(repetitions, train), meanOf(repetitions, test), n, m).map((r) =>
          spearmanBrown(r, 2),
        ),
      ),
  );
  const over = overSplits(perHalving);
  return { ...over, perHalving, ...(over.value === null ? { reason: 'undefined' as const } : {}) };
}

function meanOf(repetitions: readonly Float64Array[], which: Int32Array): Float64Array {
  const out = new Float64Array(repetitions[0].length);
  for (const index of which)
    repetitions[index].forEach((value, at) => {
      out[at] += value / which.length;
    });
  return out;
}
