import { CorescoreError } from '@corescore/contracts';
import { bootstrap } from './bootstrap.js';
import { outerInterval, pairedDraws, type Statistic } from './paired-draws.js';
import { studentTQuantile } from './student-t.js';

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
  return {
    difference: whole,
    interval: found && { low: found.low, high: found.high },
    n,
    lost: flipped(baseline, candidate),
    gained: flipped(candidate, baseline),
  };
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
  /** The true loss whose interval would lie below 0 in 75-80 % of repetitions of this comparison. */
  smallestVisibleLoss: number;
}

const FEWEST_SEEDS = 3;

/**
 * Compares two architectures over seeds and images (METRICS 8). The variance of the difference has three parts: that of
 * the seeds' mean on either side, and that of the mean difference over resampled images (the same for all runs). The
 * interval is Student's with Satterthwaite's degrees of freedom (Welch 1947): resampling three seeds with replacement
 * understates their variance by a third and has no tails.
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
  const parts = [
    { variance: variance(values.subarray(0, baseline.length)) / baseline.length, degrees: baseline.length - 1 },
    { variance: variance(values.subarray(baseline.length)) / candidate.length, degrees: candidate.length - 1 },
    { variance: variance(ofImages.filter((v) => !Number.isNaN(v))), degrees: n - 1 },
  ];
  const total = parts.reduce((sum, part) => sum + part.variance, 0);
  const spread = parts.reduce((sum, part) => sum + part.variance ** 2 / part.degrees, 0);
  const degrees = total > 0 ? total ** 2 / spread : n - 1;
  const standardError = Math.sqrt(total);
  const half = studentTQuantile(0.975, degrees) * standardError;
  // From few seeds a standard error is too small on average, by about this factor; a planned loss must not be.
  const unbiased = standardError / (1 - 1 / (4 * degrees));
  return {
    difference,
    interval: { low: difference - half, high: difference + half },
    standardError,
    degrees,
    smallestVisibleLoss: (studentTQuantile(0.975, degrees) + studentTQuantile(0.8, degrees)) * unbiased,
  };
}

/** Of a sample (ddof 1). */
function variance(x: Float64Array): number {
  const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
  return x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (x.length - 1);
}
