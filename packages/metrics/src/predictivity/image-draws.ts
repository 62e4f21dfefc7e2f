import type { Kernels } from '@corescore/linalg';
import { imageCounts } from '../bootstrap.js';
import type { TrainTest } from '../splits.js';
import { HeldOutMoments } from './held-out-moments.js';
import type { Target } from './problem.js';

export interface ImageDraws {
  draws: number;
  seed: number;
}

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
  const add = (to: Float64Array, moments: HeldOutMoments, sums: Float64Array, totals: Float64Array): void => {
    const { width } = moments;
    for (let draw = 0; draw < draws; draw++) {
      const own = sums.subarray(draw * width, (draw + 1) * width);
      to[draw] += moments.median(own, totals[draw]) / splits.length;
    }
  };
  for (const [s, split] of splits.entries()) {
    const moments = new HeldOutMoments(target, split, predictions[s]);
    const allSums = new Float64Array(draws * moments.width);
    const allTotals = new Float64Array(draws);
    for (let g = 0; g < groups; g++) {
      const places = Int32Array.from(moments.test.keys()).filter((place) => group[moments.test[place]] === g);
      const images = places.map((place) => moments.test[place]);
      if (images.length === 0) {
        out[g].fill(Number.NaN);
        continue;
      }
      const { weights, totals } = countsOf(counts, n, draws, images);
      const shape = { rows: draws, inner: images.length, columns: moments.width };
      const sums = await kernels.multiply(weights, moments.rows(places), shape);
      for (let at = 0; at < sums.length; at++) allSums[at] += sums[at];
      for (let draw = 0; draw < draws; draw++) allTotals[draw] += totals[draw];
      add(out[g], moments, sums, totals);
    }
    add(out[groups], moments, allSums, allTotals);
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
