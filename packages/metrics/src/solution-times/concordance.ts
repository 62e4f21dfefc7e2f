import { CorescoreError } from '@corescore/contracts';
import { levels } from '../statistics/correlation.js';

/** Pairs of images by how a model's solution times order them against the target's. */
export interface Concordance {
  /**
   * Share of the pairs ordered by the model that the target orders alike, a pair tied in the target counting half:
   * 1 the same order, .5 chance, 0 the reverse. Null where the model orders no pair.
   */
  value: number | null;
  concordant: number;
  discordant: number;
  /** Ordered by the model, tied in the target. */
  tiedTarget: number;
  /** Not ordered by the model: both never solved (either could be the earlier), or solved at the same time. */
  unordered: number;
}

/**
 * Harrell's concordance index of censored solution times (METRICS 4; Harrell et al. 1982): an image that is never solved
 * is right-censored at the end of the last bin, so it comes after every solved one, and its order against another
 * unsolved image is unknown. Without censoring and ties it is (1 + Kendall's tau) / 2.
 *
 * It does not keep a model from gaining by its failures: solving the easy images at once and failing on all hard ones
 * reaches .99 in simulation (docs/validity.md), since hard images are late in the target and the pairs that the model
 * leaves open are not counted. `matchedConcordance` is mended in both respects.
 *
 * @param ostMs model OST of each image, NaN: never solved
 * @param targetMs target OST of each image
 * @throws CorescoreError `metric_undefined` for NaN in the target
 */
export function concordance(ostMs: ArrayLike<number>, targetMs: ArrayLike<number>): Concordance {
  const count = pairCounter(ostMs, targetMs);
  return count(Int32Array.from({ length: ostMs.length }, (_, row) => row));
}

/**
 * The statistic for `bootstrap(n, draws, seed, ...)`: `concordance` of the drawn images. Two draws of one image are a
 * pair that the model does not order, so repeated images do not pull the index towards chance.
 */
export function concordanceOfRows(
  ostMs: ArrayLike<number>,
  targetMs: ArrayLike<number>,
): (rows: Int32Array) => number | null {
  const count = pairCounter(ostMs, targetMs);
  return (rows) => count(rows).value;
}

/** Counts by walking up the model's times over a tree of the target's (n log n): a bootstrap asks ten thousand times. */
function pairCounter(ostMs: ArrayLike<number>, targetMs: ArrayLike<number>): (rows: Int32Array) => Concordance {
  if (ostMs.length !== targetMs.length) {
    throw new RangeError(`${ostMs.length} solution times for ${targetMs.length} of the target`);
  }
  const missing = Array.prototype.findIndex.call(targetMs, Number.isNaN);
  if (missing >= 0) {
    throw new CorescoreError('metric_undefined', `The target has no solution time for image ${missing}.`, {
      field: 'target',
      remedy: 'Select the images that the target solves, and report how many there are.',
    });
  }
  // Never solved is the last level: NaN sorts behind every time, and all of them are equals.
  const time = levels(ostMs);
  const target = levels(targetMs);
  const size = target.reduce((max, level) => Math.max(max, level), -1) + 1;
  const groups = time.reduce((max, level) => Math.max(max, level), -1) + 1;
  return (rows) => {
    const ordered = rowsByLevel(rows, time, groups);
    const tree = new Float64Array(size + 1);
    const pairs = { concordant: 0, discordant: 0, tiedTarget: 0, unordered: 0 };
    for (let from = 0; from < ordered.length; ) {
      let to = from + 1;
      while (to < ordered.length && time[ordered[to]] === time[ordered[from]]) to++;
      pairs.unordered += ((to - from) * (to - from - 1)) / 2;
      // `from` images are solved earlier than all of this group.
      for (let i = from; i < to; i++) {
        const level = target[ordered[i]];
        const below = sumBelow(tree, level);
        const upTo = sumBelow(tree, level + 1);
        pairs.concordant += below;
        pairs.tiedTarget += upTo - below;
        pairs.discordant += from - upTo;
      }
      for (let i = from; i < to; i++) insert(tree, target[ordered[i]]);
      from = to;
    }
    const compared = pairs.concordant + pairs.discordant + pairs.tiedTarget;
    return { value: compared === 0 ? null : (pairs.concordant + pairs.tiedTarget / 2) / compared, ...pairs };
  };
}

function rowsByLevel(rows: Int32Array, level: Int32Array, groups: number): Int32Array {
  const next = new Int32Array(groups + 1);
  for (let i = 0; i < rows.length; i++) next[level[rows[i]] + 1]++;
  for (let g = 0; g < groups; g++) next[g + 1] += next[g];
  const out = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) out[next[level[rows[i]]]++] = rows[i];
  return out;
}

/** How many inserted levels are smaller (Fenwick 1994: place p of the tree holds the last p & -p levels up to p - 1). */
function sumBelow(tree: Float64Array, level: number): number {
  let sum = 0;
  for (let p = level; p > 0; p -= p & -p) sum += tree[p];
  return sum;
}

function insert(tree: Float64Array, level: number): void {
  for (let p = level + 1; p < tree.length; p += p & -p) tree[p]++;
}
