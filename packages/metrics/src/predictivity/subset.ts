import type { TrainTest } from '../folds/splits.js';
import { type Predictivity, predictivity } from './predictivity.js';
import type { Target } from './problem.js';

/**
 * Test images that a subset must have in every split. With n images the r of unrelated values has a standard error of
 * 1/sqrt(n - 1), a third at 10, and a true r is underestimated by r (1 - r^2) / 2n, .02 at most; below that a median
 * over neuroids would say little.
 */
export const MINIMUM_SUBSET_IMAGES = 10;

/**
 * Predictivity within a subset of the images: the fits are those of all images, the correlations run over the held-out
 * images of the subset. Challenge and Control are so compared under one and the same mapping.
 *
 * @param member 1 for the images of the subset
 * @returns null where a split tests fewer than `MINIMUM_SUBSET_IMAGES` of them
 */
export function subsetPredictivity(
  target: Target,
  splits: readonly TrainTest[],
  predictions: readonly Float64Array[],
  member: ArrayLike<number>,
): Predictivity | null {
  const { m } = target;
  const places = splits.map(({ test }) => Int32Array.from(test.keys()).filter((t) => member[test[t]] === 1));
  if (places.some((p) => p.length < MINIMUM_SUBSET_IMAGES)) return null;
  return predictivity(
    target,
    splits.map(({ train, test }, s) => ({ train, test: places[s].map((t) => test[t]) })),
    places.map((inside, s) => {
      const rows = new Float64Array(inside.length * m);
      inside.forEach((t, row) => {
        rows.set(predictions[s].subarray(t * m, (t + 1) * m), row * m);
      });
      return rows;
    }),
  );
}
