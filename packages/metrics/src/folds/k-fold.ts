import { RandomState } from '../random/random-state.js';
import { refuseFewerThan } from './fold-checks.js';
import type { TrainTest } from './splits.js';

/** Whether rows (or groups) are shuffled before they are dealt to folds. */
export type FoldOrder = { shuffle?: false } | { shuffle: true; seed: number };

/** Fold of each place when n places are cut into k runs, the first n mod k one longer. */
function runs(n: number, k: number): Int32Array {
  const fold = new Int32Array(n);
  let at = 0;
  for (let f = 0; f < k; f++) {
    const length = Math.floor(n / k) + (f < n % k ? 1 : 0);
    fold.fill(f, at, at + length);
    at += length;
  }
  return fold;
}

/**
 * Fold of each row, index-identical to scikit-learn's `KFold(k)` or `KFold(k, shuffle=True, random_state=seed)`
 * (METRICS 1).
 *
 * @param n rows
 * @throws CorescoreError `metric_undefined` for fewer rows than folds
 */
export function kFold(n: number, k: number, order: FoldOrder = {}): Int32Array {
  refuseFewerThan(k, n, 'images');
  const dealt = runs(n, k);
  if (!order.shuffle) return dealt;
  const fold = new Int32Array(n);
  new RandomState(order.seed).permutation(n).forEach((row, place) => {
    fold[row] = dealt[place];
  });
  return fold;
}

/**
 * Fold of each row such that no group (exemplar, object, background) is in two folds, index-identical to scikit-learn's
 * `GroupKFold(k)`: groups from the largest to the smallest, each to the fold that has the fewest rows so far; shuffled
 * as `GroupKFold(k, shuffle=True, random_state=seed)` of scikit-learn 1.6 and later: folds of as many groups as possible
 * alike.
 *
 * @param groups group of each row
 * @throws CorescoreError `metric_undefined` for fewer groups than folds
 */
export function groupKFold(groups: readonly (string | number)[], k: number, order: FoldOrder = {}): Int32Array {
  const distinct = [...new Set(groups)].sort((a, b) => (a < b ? -1 : 1));
  refuseFewerThan(k, distinct.length, 'groups');
  const foldOf = new Map<string | number, number>();
  if (order.shuffle) {
    new RandomState(order.seed).shuffle(distinct);
    const dealt = runs(distinct.length, k);
    distinct.forEach((group, place) => {
      foldOf.set(group, dealt[place]);
    });
  } else {
    const sizes = new Map(distinct.map((group) => [group, 0]));
    for (const group of groups) sizes.set(group, sizes.get(group)! + 1);
    // Largest first; of equals the last in sorted order, as a reversed stable sort leaves them.
    const largestFirst = distinct.sort((a, b) => sizes.get(a)! - sizes.get(b)!).reverse();
    const rows = new Int32Array(k);
    for (const group of largestFirst) {
      const lightest = rows.indexOf(Math.min(...rows));
      rows[lightest] += sizes.get(group)!;
      foldOf.set(group, lightest);
    }
  }
  return Int32Array.from(groups, (group) => foldOf.get(group)!);
}

/**
 * The splits that a fold of each row stands for, one a fold: its rows are the test, the others train, both ascending
 * (scikit-learn's order for every k-fold splitter).
 *
 * @param fold fold of each row, 0 .. k - 1
 */
export function foldSplits(fold: Int32Array, k: number): TrainTest[] {
  const rows = Int32Array.from(fold, (_, row) => row);
  return Array.from({ length: k }, (_, f) => ({
    train: rows.filter((row) => fold[row] !== f),
    test: rows.filter((row) => fold[row] === f),
  }));
}
