import type { Kernels } from '@corescore/linalg';
import type { TrainTest } from '../folds/splits.js';
import { imageCounts } from '../statistics/bootstrap.js';
import { HeldOutMoments } from './held-out-moments.js';
import type { Target } from './problem.js';

export interface ImageDraws {
  draws: number;
  seed: number;
}

/** Draws that are had at a time: their sums, 5 a neuroid, should stay in a processor's cache. */
const BLOCK = 256;

/**
 * Predictivity in bootstrap draws of the images (METRICS 1): how far it would move with other images. The fits stay as
 * they are; a draw takes the images of `bootstrap(n, draws, seed)`, each split's correlations run over those of its test
 * images that were drawn, as often as they were, so that an image tested in several splits counts alike in all of them.
 * Then, as in `predictivity`, the median over neuroids and the mean over splits.
 *
 * Its interval says what the same splits and test sizes would give on other images. The median of correlations over a
 * split's few images lies a little above that over all images there could be, in the draws as in the value: of that
 * limit the interval covers less than it says, and the value may stand in its lower half.
 *
 * @param group group of each image, 0 .. groups - 1 (say, Control and Challenge): the correlations within each come from
 *   the same draws
 * @returns [groups + 1][draws], each group and, last, all images; NaN where a split has no correlation in a draw
 */
export async function predictivityDraws(
  target: Target,
  splits: readonly TrainTest[],
  predictions: readonly Float64Array[],
  { draws, seed }: ImageDraws,
  kernels: Pick<Kernels, 'multiply'>,
  group: Uint8Array = new Uint8Array(target.n),
  groups = 1,
): Promise<Float64Array[]> {
  const { n } = target;
  const counts = imageCounts(n, draws, seed);
  const out = Array.from({ length: groups + 1 }, () => new Float64Array(draws));
  // Sums of the first group, to which the others are added, and of another: made once, since they are megabytes a block.
  const [forAll, forOthers] = [0, 1].map(() => new Float64Array(BLOCK * HeldOutMoments.width(target)));
  for (const [s, split] of splits.entries()) {
    const moments = new HeldOutMoments(target, split, predictions[s]);
    const { test, width } = moments;
    const parts = Array.from({ length: groups }, (_, g) => {
      const places = Int32Array.from(test.keys()).filter((place) => group[test[place]] === g);
      return { g, images: places.map((place) => test[place]), rows: moments.rows(places) };
    });
    for (const { g } of parts.filter(({ images }) => images.length === 0)) out[g].fill(Number.NaN);
    for (let from = 0; from < draws; from += BLOCK) {
      const block = Math.min(BLOCK, draws - from);
      const some = counts.subarray(from * n, (from + block) * n);
      const add = (to: Float64Array, sums: Float64Array, totals: Float64Array): void => {
        for (let d = 0; d < block; d++) {
          to[from + d] += moments.median(sums.subarray(d * width, (d + 1) * width), totals[d]) / splits.length;
        }
      };
      let all: { sums: Float64Array; totals: Float64Array } | undefined;
      for (const { g, images, rows } of parts) {
        if (images.length === 0) continue;
        const { weights, totals } = countsOf(some, n, block, images);
        const product = all === undefined ? forAll : forOthers;
        const shape = { rows: block, inner: images.length, columns: width };
        const sums = await kernels.multiply(weights, rows, shape, product.subarray(0, block * width));
        add(out[g], sums, totals);
        if (all === undefined) {
          all = { sums, totals };
          continue;
        }
        for (let at = 0; at < sums.length; at++) all.sums[at] += sums[at];
        for (let d = 0; d < block; d++) all.totals[d] += totals[d];
      }
      if (all !== undefined) add(out[groups], all.sums, all.totals);
    }
  }
  return out;
}

/** How often each of some images stands in each draw, draws*images, and how often all of them together. */
export function countsOf(
  counts: Uint16Array,
  n: number,
  draws: number,
  images: ArrayLike<number>,
): { weights: Float64Array; totals: Float64Array } {
  const weights = new Float64Array(draws * images.length);
  const totals = new Float64Array(draws);
  let at = 0;
  for (let draw = 0; draw < draws; draw++) {
    for (let i = 0; i < images.length; i++) totals[draw] += weights[at++] = counts[draw * n + images[i]];
  }
  return { weights, totals };
}
