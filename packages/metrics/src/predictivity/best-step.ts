import type { TrainTest } from '../folds/splits.js';
import { HeldOutMoments } from './held-out-moments.js';
import type { Target } from './problem.js';

/** Images of another split that must be left once those of the split itself are taken out; as `MINIMUM_SUBSET_IMAGES`. */
const MINIMUM_ELSEWHERE = 10;

/**
 * How well a step predicts without the images that a split tests: for each split s the mean over the other splits of
 * the median r over their test images that s does not test. It is what a choice of the step for split s may look at.
 *
 * The largest of several noisy values is too large (the winner's curse): a step chosen and shown on the same held-out
 * images gains from their noise alone. Half of the splits would not do as a separate set, since splits draw from the
 * same images; so it is images that are kept apart. What remains shared is the training: images that s tests were among
 * those that fitted the other splits' regressions. That favours no step by the noise of its own held-out correlation.
 *
 * @returns one a split; null where another split is left with fewer than 10 images, or there is none with a correlation
 */
export function predictivityElsewhere(
  target: Target,
  splits: readonly TrainTest[],
  predictions: readonly Float64Array[],
): (number | null)[] {
  const moments = splits.map((split, s) => new HeldOutMoments(target, split, predictions[s]));
  const tested = splits.map(({ test }) => {
    const mask = new Uint8Array(target.n);
    for (const i of test) mask[i] = 1;
    return mask;
  });
  const whole = moments.map((own) => {
    const sums = new Float64Array(own.width);
    own.add(sums, Int32Array.from(own.test.keys()), 1);
    return sums;
  });
  return splits.map((_, s) => {
    const medians = moments.flatMap((other, o) => {
      if (o === s) return [];
      const shared = Int32Array.from(other.test.keys()).filter((place) => tested[s][other.test[place]] === 1);
      const left = other.test.length - shared.length;
      if (left < MINIMUM_ELSEWHERE) return [Number.NaN];
      const sums = whole[o].slice();
      other.add(sums, shared, -1);
      return [other.median(sums, left)];
    });
    const mean = medians.reduce((sum, v) => sum + v, 0) / medians.length;
    return Number.isNaN(mean) ? null : mean;
  });
}

/**
 * The best-matching step of each split (METRICS 5), chosen by `predictivityElsewhere`: the largest, the earliest of
 * equals. What it then scores on the split's own test images owes nothing to their noise; it may be less than another
 * step's, and less than the model's own clock.
 *
 * @param elsewhere [step][split]; steps where it is null do not stand for election
 * @returns index of the step for each split; -1 where no step stands
 */
export function chooseSteps(elsewhere: readonly (readonly (number | null)[])[]): number[] {
  const splits = elsewhere[0]?.length ?? 0;
  return Array.from({ length: splits }, (_, s) => {
    let best = -1;
    elsewhere.forEach((step, k) => {
      const value = step[s];
      if (value !== null && (best < 0 || value > elsewhere[best][s]!)) best = k;
    });
    return best;
  });
}
