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
 * @param group group of each image, 0 .. groups - 1 (say, Control and Challenge): the correlations within each come from
 *   the same draws
 * @returns [groups + 1][draws], each group and, last, all images; NaN where a split has no correlation in a draw
 */
export function predictivityDraws(
  target: Target,
  splits: readonly TrainTest[],
  predictions: readonly Float64Array[],
  { draws, seed }: ImageDraws,
  group: Uint8Array = new Uint8Array(target.n),
  groups = 1,
): Float64Array[] {
  const { n } = target;
  const counts = imageCounts(n, draws, seed);
  const out = Array.from({ length: groups + 1 }, () => new Float64Array(draws));
  splits.forEach((split, s) => {
    const moments = new HeldOutMoments(target, split, predictions[s]);
    const members = Array.from({ length: groups }, (_, g) =>
      Int32Array.from(moments.test.keys()).filter((place) => group[moments.test[place]] === g),
    );
    const drawn = new Int32Array(moments.test.length);
    const weights = new Float64Array(moments.test.length);
    const sums = new Float64Array(moments.width);
    const all = new Float64Array(moments.width);
    for (let draw = 0; draw < draws; draw++) {
      all.fill(0);
      let everything = 0;
      for (let g = 0; g < groups; g++) {
        let count = 0;
        let total = 0;
        for (const place of members[g]) {
          const times = counts[draw * n + moments.test[place]];
          if (times === 0) continue;
          drawn[count] = place;
          weights[count++] = times;
          total += times;
        }
        sums.fill(0);
        moments.add(sums, drawn, weights, count);
        for (let j = 0; j < all.length; j++) all[j] += sums[j];
        everything += total;
        out[g][draw] += moments.median(sums, total) / splits.length;
      }
      out[groups][draw] += moments.median(all, everything) / splits.length;
    }
  });
  return out;
}
