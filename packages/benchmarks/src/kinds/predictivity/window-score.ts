import { type AbsenceReason, METRICS, type MetricKey, type Score, type Subset } from '@corescore/contracts';
import { type BootstrapInterval, normaliseByCeiling, percentileInterval } from '@corescore/metrics';
import type { Benchmark } from '../../definitions/benchmark.js';
import { absent, imageCount, imagesOf, present } from '../../scoring/score-rows.js';
import { PREDICTIVITY } from './recordings.js';

export const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** A score of the recordings without a value: no image entered. */
export const absentScore = (
  benchmark: Benchmark,
  metric: MetricKey,
  subset: Subset,
  reason: AbsenceReason,
  note?: string,
): Score => absent(metric, subset, reason, 0, imageCount(benchmark, subset), note);

/**
 * Images of a subset that some split tests: those whose responses enter a correlation. Splits at random leave some out (ten
 * of a tenth leave a third).
 */
export function testedImages(benchmark: Benchmark, subset: Subset): number {
  const tested = new Set(benchmark.recordings.splits.flatMap(({ test }) => [...test]));
  return imagesOf(benchmark, subset).filter((i) => tested.has(i)).length;
}

export interface WindowValue {
  value: number;
  /** Standard error over splits: population sd / sqrt(splits). */
  error: number;
}

/** Mean over splits of the means over bins; null where a split has no value in some bin. @param perSplit [bin][split] */
export function windowValue(perSplit: readonly (readonly (number | null)[])[]): WindowValue | null {
  if (perSplit.length === 0) return null;
  const ofSplits: number[] = [];
  for (const s of perSplit[0].keys()) {
    const row = perSplit.map((bin) => bin[s]).filter((v) => v !== null);
    if (row.length < perSplit.length) return null;
    ofSplits.push(meanOf(row));
  }
  const value = meanOf(ofSplits);
  const spread = Math.sqrt(meanOf(ofSplits.map((v) => (v - value) ** 2)));
  return { value, error: spread / Math.sqrt(ofSplits.length) };
}

/** Interval over images of the mean over bins: the draws of all bins are of the same images. @param draws [bin][draw] */
export function windowInterval(draws: readonly (Float64Array | null)[]): BootstrapInterval | null {
  const defined = draws.filter((d) => d !== null);
  if (defined.length === 0 || defined.length < draws.length) return null;
  return percentileInterval(defined[0].map((_, k) => meanOf(defined.map((d) => d[k]))));
}

/** Ceiling of the mean over bins; null where a bin has none. */
export function windowCeiling(benchmark: Benchmark, bins: readonly number[], subset: Subset): number | null {
  const found = bins.map((b) => benchmark.recordings.ceiling(b, subset)).filter((c) => c !== null);
  return found.length === bins.length && bins.length > 0 ? meanOf(found) : null;
}

/** What a score over the bins of a window is made of. */
export interface WindowParts {
  metric: MetricKey;
  subset: Subset;
  mean: WindowValue;
  /** [bin][draw] */
  draws: readonly (Float64Array | null)[];
  /** Bins of the window. */
  bins: readonly number[];
  note: string;
}

/**
 * A score over the bins of a window, with its error over splits, its interval over images, and its share of the ceiling. That
 * is one rule for all: variance over reliable variance, r^2 / ceiling for a correlation, and R^2 / ceiling.
 */
export function windowScore(benchmark: Benchmark, { metric, subset, mean, draws, bins, note }: WindowParts): Score {
  const { value, error } = mean;
  const interval = windowInterval(draws);
  const ceiling = windowCeiling(benchmark, bins, subset);
  const ceiled =
    METRICS[metric].unit === 'r'
      ? normaliseByCeiling(value, ceiling, PREDICTIVITY.normalisation)
      : ceiling !== null && ceiling > 0
        ? value / ceiling
        : null;
  return {
    ...present(metric, subset, value, testedImages(benchmark, subset), imageCount(benchmark, subset), interval, note),
    error,
    ...(ceiling === null ? {} : { ceiling }),
    ...(ceiled === null ? {} : { ceiled }),
  };
}
