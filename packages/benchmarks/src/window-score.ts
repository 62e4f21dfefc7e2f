import type { AbsenceReason, MetricKey, Score, Subset } from '@corescore/contracts';
import { type BootstrapInterval, percentileInterval } from '@corescore/metrics';
import type { Benchmark } from './benchmark.js';
import { absent, imageCount } from './score-rows.js';

export const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** A score of the recordings without a value: no image entered. */
export const absentScore = (
  benchmark: Benchmark,
  metric: MetricKey,
  subset: Subset,
  reason: AbsenceReason,
  note?: string,
): Score => absent(metric, subset, reason, 0, imageCount(benchmark, subset), note);

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

export const bounds = (interval: BootstrapInterval | null): { low: number; high: number } | Record<string, never> =>
  interval === null ? {} : { low: interval.low, high: interval.high };
