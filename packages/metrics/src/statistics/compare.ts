import { CorescoreError } from '@corescore/contracts';
import { bootstrap } from './bootstrap.js';
import { outerInterval, pairedDraws, type Statistic } from './paired-draws.js';
import { studentTQuantile, visibleShift } from './student-t.js';

/** One side of a comparison: a score over images and, image by image, whether it was solved (1) or not (0). */
export interface ComparedModel {
  statistic: Statistic;
  solved: Uint8Array;
}

export interface PairedComparison {
  /** Candidate minus baseline, in the unit of the statistic; null where either is undefined. */
  difference: number | null;
  /** 95 % paired bootstrap over images; null where under 90 % of the draws are defined. */
  interval: { low: number; high: number } | null;
  /** Images compared. */
  n: number;
  /** Rows solved by the baseline and not by the candidate, and the other way round. */
  lost: number[];
  gained: number[];
  /**
   * Two-sided exact sign test of lost against gained (McNemar); 1 where nothing flipped. With fewer than a dozen flips the
   * interval of an accuracy is too narrow: four flips to one side would pass for a change. Such a gate asks for both.
   */
  flipP: number;
}

/**
 * Compares two models on the same images (METRICS 9): both are scored on each resample, so that what is hard for both
 * does not widen the interval. For the same weights, or one training of each; two architectures need `compareSeeds`.
 */
export function comparePaired(
  baseline: ComparedModel,
  candidate: ComparedModel,
  draws: number,
  seed: number,
): PairedComparison {
  const n = baseline.solved.length;
  if (candidate.solved.length !== n) throw new RangeError(`${n} images against ${candidate.solved.length}`);
  const all = Int32Array.from({ length: n }, (_, i) => i);
  const difference: Statistic = (rows) => {
    const before = baseline.statistic(rows);
    const after = candidate.statistic(rows);
    const change = before === null || after === null ? Number.NaN : after - before;
    return Number.isNaN(change) ? null : change;
  };
  const whole = difference(all);
  const found = whole === null ? null : bootstrap(n, draws, seed, difference);
  const flipped = (from: ComparedModel, to: ComparedModel) => [...all].filter((i) => from.solved[i] > to.solved[i]);
  const lost = flipped(baseline, candidate);
  const gained = flipped(candidate, baseline);
  return {
    difference: whole,
    interval: found && { low: found.low, high: found.high },
    n,
    lost,
    gained,
    flipP: signTest(lost.length, gained.length),
  };
}

/** Two-sided p of a fair coin for `a` heads and `b` tails: twice the smaller tail, at most 1. */
function signTest(a: number, b: number): number {
  const n = a + b;
  // Binomial terms by logarithms: 2^-n is 0 in floating point long before n flips are many.
  let log = -n * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= Math.min(a, b); k++) {
    tail += Math.exp(log);
    log += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}

/** Trainings of one architecture from different seeds, each scored on the same images. */
export type SeedRuns = readonly Statistic[];

export interface SeedComparison {
  /** Mean over seeds of the candidate minus that of the baseline. */
  difference: number;
  /** 95 %, for new seeds and new images. */
  interval: { low: number; high: number };
  standardError: number;
  /** Satterthwaite's degrees of freedom. */
  degrees: number;
  /** The true loss whose interval would lie below 0 in 80 % of repetitions of this comparison, as far as it can tell. */
  smallestVisibleLoss: number;
}

const FEWEST_SEEDS = 3;
const POWER = 0.8;

/**
 * Compares two architectures over seeds and images (METRICS 8). The variance of the difference has three parts: that of
 * the mean difference over resampled images (the same for all runs), and on either side that of the seeds' mean, less
 * what images alone make of it, which the first part holds already. The interval is Student's with Satterthwaite's degrees of
 * freedom (Welch 1947): resampling three seeds with replacement understates their variance by a third and has no tails.
 *
 * @param n images; @param draws resamples of the images; @param seed of these
 * @throws CorescoreError `metric_undefined` for fewer than three seeds a side, or a run without a score
 */
export function compareSeeds(
  baseline: SeedRuns,
  candidate: SeedRuns,
  n: number,
  draws: number,
  seed: number,
): SeedComparison {
  for (const [name, runs] of Object.entries({ baseline, candidate })) {
    if (runs.length >= FEWEST_SEEDS) continue;
    throw new CorescoreError('metric_undefined', `The ${name} has ${runs.length} seeds; ${FEWEST_SEEDS} are needed.`, {
      field: name,
      remedy: 'Train from more seeds: two trainings of one network differ by more than images do.',
    });
  }
  const { values, draws: resampled } = pairedDraws([...baseline, ...candidate], n, draws, seed);
  const meanDifference = (scoreOf: (run: number) => number): number => {
    let difference = 0;
    for (let r = 0; r < values.length; r++) {
      difference += r < baseline.length ? -scoreOf(r) / baseline.length : scoreOf(r) / candidate.length;
    }
    return difference;
  };
  const ofImages = Float64Array.from({ length: draws }, (_, draw) => meanDifference((r) => resampled[r][draw]));
  const difference = meanDifference((r) => values[r]);
  if (Number.isNaN(difference) || outerInterval(ofImages) === null) {
    throw new CorescoreError('metric_undefined', 'A run has no score, or none on many resamples of the images.', {
      remedy: 'Leave out the run, and say so; or use more images.',
    });
  }
  const images = variance(ofImages.filter((v) => !Number.isNaN(v)));
  let total = images;
  let spread = images ** 2 / (n - 1);
  for (const [first, runs] of [
    [0, baseline.length],
    [baseline.length, candidate.length],
  ]) {
    const between = variance(values.subarray(first, first + runs));
    const own = ownVariance(values, resampled, first, runs);
    if (between <= own) continue;
    total += (between - own) / runs;
    // The uncertain part is all of what lies between so few runs.
    spread += (between / runs) ** 2 / (runs - 1);
  }
  const degrees = total > 0 ? Math.max(1, total ** 2 / spread) : n - 1;
  const standardError = Math.sqrt(total);
  const limit = studentTQuantile(0.975, degrees);
  const { shift, bias } = visibleShift(POWER, limit, degrees);
  return {
    difference,
    interval: { low: difference - limit * standardError, high: difference + limit * standardError },
    standardError,
    degrees,
    smallestVisibleLoss: (shift * standardError) / bias,
  };
}

/**
 * Variance over resampled images that is a run's own, mean over the runs of a side: per draw the variance between the
 * runs' deviations from their scores over all images, in which what the runs share cancels.
 */
function ownVariance(values: Float64Array, draws: readonly Float64Array[], first: number, runs: number): number {
  const deviations = new Float64Array(runs);
  let sum = 0;
  let defined = 0;
  for (let draw = 0; draw < draws[first].length; draw++) {
    for (let r = 0; r < runs; r++) deviations[r] = draws[first + r][draw] - values[first + r];
    const between = variance(deviations);
    if (Number.isNaN(between)) continue;
    sum += between;
    defined++;
  }
  return sum / defined;
}

/** Of a sample (ddof 1). */
function variance(x: Float64Array): number {
  const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
  return x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (x.length - 1);
}
