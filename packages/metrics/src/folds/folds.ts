import { CorescoreError } from '@corescore/contracts';
import { RandomState } from '../random/random-state.js';

/**
 * Fold of each row, index-identical to scikit-learn's `StratifiedKFold(k, shuffle=True, random_state=seed)` (METRICS 1;
 * the algorithm of scikit-learn 0.22 and later): strata numbered in order of appearance, dealt round robin over the
 * sorted strata, the fold numbers of each stratum shuffled by one generator.
 *
 * @param seed null: not shuffled, `StratifiedKFold(k)`
 * @throws CorescoreError `metric_undefined` when no stratum has k rows
 */
export function stratifiedKFold(strata: readonly string[], k: number, seed: number | null): Int32Array {
  if (!Number.isInteger(k) || k < 2) throw new RangeError(`folds: k is a whole number of at least 2, not ${k}`);
  const numberOf = new Map<string, number>();
  const stratum = Int32Array.from(strata, (name) => {
    const known = numberOf.get(name) ?? numberOf.size;
    numberOf.set(name, known);
    return known;
  });
  const counts = new Int32Array(numberOf.size);
  for (const s of stratum) counts[s]++;
  if (!counts.some((count) => count >= k)) {
    throw new CorescoreError('metric_undefined', `No stratum has ${k} images, so ${k} folds cannot be made.`, {
      field: 'folds',
      remedy: 'Use fewer folds or coarser strata.',
    });
  }
  const random = seed === null ? null : new RandomState(seed);
  const fold = new Int32Array(strata.length);
  let dealt = 0;
  for (let s = 0; s < counts.length; s++) {
    const perFold = new Int32Array(k);
    for (let i = 0; i < counts[s]; i++) perFold[(dealt + i) % k]++;
    dealt += counts[s];
    const folds: number[] = [];
    perFold.forEach((count, index) => {
      for (let i = 0; i < count; i++) folds.push(index);
    });
    random?.shuffle(folds);
    let next = 0;
    for (let row = 0; row < fold.length; row++) if (stratum[row] === s) fold[row] = folds[next++];
  }
  return fold;
}

/** Fold of each row = index of its group among the groups in sorted order (numbers by value, texts by code unit). */
export function leaveOneGroupOut(groups: readonly (string | number)[]): Int32Array {
  const distinct = [...new Set(groups)].sort((a, b) => (a < b ? -1 : 1));
  const index = new Map(distinct.map((group, i) => [group, i]));
  return Int32Array.from(groups, (group) => index.get(group)!);
}
