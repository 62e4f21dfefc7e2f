import { RandomState } from '../random/random-state.js';
import { refuseFewerThan } from './fold-checks.js';
import type { FoldOrder } from './k-fold.js';

/** [group][stratum] or [fold][stratum]: rows. */
type Counts = Float64Array[];

/**
 * Fold of each row such that no group (exemplar, object, background) is in two folds and the strata are spread as evenly
 * as that allows, index-identical to scikit-learn's `StratifiedGroupKFold(k)`; shuffled as
 * `StratifiedGroupKFold(k, shuffle=True, random_state=seed)` of scikit-learn 1.9 (METRICS 1, folds grouped by exemplar).
 * The groups that are most of one stratum come first, each goes to the fold that leaves the strata most even. Few large
 * groups can leave a fold empty.
 *
 * @param strata stratum of each row
 * @param groups group of each row
 * @throws CorescoreError `metric_undefined` for fewer groups than folds, or when no stratum has k rows
 */
export function stratifiedGroupKFold(
  strata: readonly string[],
  groups: readonly (string | number)[],
  k: number,
  order: FoldOrder = {},
): Int32Array {
  if (strata.length !== groups.length) throw new RangeError(`${strata.length} strata for ${groups.length} groups`);
  const stratumOf = places(strata);
  const groupOf = places(groups);
  const perStratum = new Float64Array(stratumOf.size);
  const perGroup: Counts = Array.from(groupOf, () => new Float64Array(stratumOf.size));
  strata.forEach((name, row) => {
    const stratum = stratumOf.get(name)!;
    perStratum[stratum]++;
    perGroup[groupOf.get(groups[row])!][stratum]++;
  });
  refuseFewerThan(k, groupOf.size, 'groups');
  refuseFewerThan(k, Math.max(...perStratum), 'images of the largest stratum');

  const queue = Int32Array.from(perGroup, (_, group) => group);
  if (order.shuffle) new RandomState(order.seed).shuffle(queue);
  const spread = perGroup.map((counts) => deviation(counts, pairwiseSum));
  const perFold: Counts = Array.from({ length: k }, () => new Float64Array(stratumOf.size));
  const foldOfGroup = new Int32Array(perGroup.length);
  for (const group of Array.from(queue).sort((a, b) => spread[b] - spread[a])) {
    const fold = mostEven(perFold, perGroup[group], perStratum);
    add(perFold[fold], perGroup[group], 1);
    foldOfGroup[group] = fold;
  }
  return Int32Array.from(groups, (group) => foldOfGroup[groupOf.get(group)!]);
}

/** Place of each distinct value in sorted order (numbers by value, texts by code unit). */
function places<T extends string | number>(values: readonly T[]): Map<T, number> {
  return new Map([...new Set(values)].sort((a, b) => (a < b ? -1 : 1)).map((value, place) => [value, place]));
}

function add(to: Float64Array, counts: Float64Array, sign: 1 | -1): void {
  for (let s = 0; s < to.length; s++) to[s] += sign * counts[s];
}

/** The fold that leaves the shares of the strata most even; of as even ones that with the fewest rows, then the first. */
function mostEven(perFold: Counts, group: Float64Array, perStratum: Float64Array): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  let fewest = Number.POSITIVE_INFINITY;
  perFold.forEach((fold, f) => {
    add(fold, group, 1);
    const unevenness = pairwiseSum(unevennessOfStrata(perFold, perStratum)) / perStratum.length;
    add(fold, group, -1);
    const rows = sum(fold);
    if (unevenness < least || (isClose(unevenness, least) && rows < fewest)) {
      best = f;
      least = unevenness;
      fewest = rows;
    }
  });
  return best;
}

/** Standard deviation over folds of each stratum's shares. */
function unevennessOfStrata(perFold: Counts, perStratum: Float64Array): Float64Array {
  // NumPy adds a table's columns in order, but a single column as it adds a row.
  const summation = perStratum.length === 1 ? pairwiseSum : sum;
  return perStratum.map((total, s) =>
    deviation(
      Float64Array.from(perFold, (fold) => fold[s] / total),
      summation,
    ),
  );
}

/** NumPy's default of `isclose`. */
const isClose = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-8 + 1e-5 * b && Number.isFinite(b);

/** Population standard deviation. */
function deviation(x: Float64Array, summation: (x: Float64Array) => number): number {
  const mean = summation(x) / x.length;
  return Math.sqrt(summation(x.map((value) => (value - mean) * (value - mean))) / x.length);
}

const sum = (x: Float64Array): number => x.reduce((a, b) => a + b, 0);

/** NumPy's order of adding a contiguous row: folds are chosen by comparing sums that differ by rounding alone. */
function pairwiseSum(x: Float64Array): number {
  const n = x.length;
  if (n < 8) return sum(x);
  if (n > 128) {
    const half = Math.floor(n / 16) * 8;
    return pairwiseSum(x.subarray(0, half)) + pairwiseSum(x.subarray(half));
  }
  const r = x.slice(0, 8);
  const whole = n - (n % 8);
  for (let i = 8; i < whole; i++) r[i % 8] += x[i];
  const total = r[0] + r[1] + (r[2] + r[3]) + (r[4] + r[5] + (r[6] + r[7]));
  return x.subarray(whole).reduce((a, b) => a + b, total);
}
