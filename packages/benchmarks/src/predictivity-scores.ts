import { type AbsenceReason, METRICS, type Score, type Series } from '@corescore/contracts';
import { EARLY_IT, LATE_IT, normaliseByCeiling, type TimeWindow } from '@corescore/metrics';
import type { Benchmark } from './benchmark.js';
import { binsWithin, PREDICTIVITY } from './recordings.js';

/** Predictivity of one bin: the median over neuroids of each split, their mean and standard error. */
export interface BinPredictivity {
  value: number | null;
  perSplit: (number | null)[];
  /** Neuroids with a correlation in every split. */
  n: number;
  /** PLS components: as the benchmark asks, or all the features there are. */
  components: number;
}

const WINDOWS = { predictivity_early: EARLY_IT, predictivity_late: LATE_IT } as const;
const REGION = 'IT';

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function windowScore(
  benchmark: Benchmark,
  metric: keyof typeof WINDOWS,
  window: TimeWindow,
  perBin: readonly (BinPredictivity | null)[],
): Score {
  const images = benchmark.labels.length;
  const { ceilings, splits, neuroids } = benchmark.recordings;
  const base = { metric, subset: 'all' as const, region: REGION, unit: METRICS[metric].unit, nTotal: images };
  const absent = (reason: AbsenceReason, note?: string): Score => ({
    ...base,
    value: null,
    n: 0,
    reason,
    ...(note === undefined ? {} : { note }),
  });
  const inside = binsWithin(benchmark.bins, window);
  const found = inside.map((b) => perBin[b]);
  if (found.some((p) => p === null)) return absent('undefined', 'the clock does not cover these bins');
  const bins = found.filter((p) => p !== null);
  const means = splits.map((_, s) => bins.map((p) => p.perSplit[s])).filter((row) => row.every((v) => v !== null));
  if (bins.length === 0 || means.length < splits.length) return absent('undefined');
  const ofSplits = means.map((row) => meanOf(row as number[]));
  const value = meanOf(ofSplits);
  const spread = Math.sqrt(meanOf(ofSplits.map((v) => (v - value) ** 2)));
  const reliable = inside.map((b) => ceilings()[b]).filter((c) => c !== null);
  const ceiling = reliable.length === inside.length ? meanOf(reliable) : null;
  const ceiled = normaliseByCeiling(value, ceiling, PREDICTIVITY.normalisation);
  const least = Math.min(...bins.map((p) => p.n));
  return {
    ...base,
    value,
    n: images,
    error: spread / Math.sqrt(splits.length),
    ...(ceiling === null ? {} : { ceiling }),
    ...(ceiled === null ? {} : { ceiled }),
    note: `PLS with ${bins[0].components} components, median over ${least} of ${neuroids} neuroids, mean over ${splits.length} splits and ${bins.length} bins`,
  };
}

/**
 * Neural predictivity of IT over time (METRICS 5): each bin from the subject's own features of that bin.
 * @param perBin null where the clock covers nothing of a bin; `null` altogether when the subject has no features
 */
export function predictivityScores(
  benchmark: Benchmark,
  perBin: readonly (BinPredictivity | null)[] | null,
): { scores: Score[]; series: Series[] } {
  const metrics = Object.keys(WINDOWS) as (keyof typeof WINDOWS)[];
  const images = benchmark.labels.length;
  if (perBin === null) {
    const absent = (metric: keyof typeof WINDOWS): Score => ({
      metric,
      subset: 'all',
      region: REGION,
      value: null,
      unit: METRICS[metric].unit,
      n: 0,
      nTotal: images,
      reason: 'not_run',
    });
    return { scores: metrics.map(absent), series: [] };
  }
  const axis = { name: 'time_bin', unit: 'ms', values: benchmark.bins.map((b) => b.startMs) };
  const series = (name: string, values: (number | null)[]): Series => ({
    name,
    subset: 'all',
    region: REGION,
    axes: [axis],
    values,
    n: images,
    unit: 'r',
  });
  return {
    scores: metrics.map((metric) => windowScore(benchmark, metric, WINDOWS[metric], perBin)),
    series: [
      series(
        'predictivity',
        perBin.map((p) => p?.value ?? null),
      ),
      series('predictivity_ceiling', benchmark.recordings.ceilings()),
    ],
  };
}
