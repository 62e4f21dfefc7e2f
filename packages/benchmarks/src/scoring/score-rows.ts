import {
  type AbsenceReason,
  METRICS,
  type MetricKey,
  type Score,
  type Series,
  type Subset,
} from '@corescore/contracts';
import type { TimeWindow } from '@corescore/metrics';
import type { Benchmark } from '../definitions/benchmark.js';

export const REGION = 'IT';

const nullable = (x: number): number | null => (Number.isNaN(x) ? null : x);
export const nulls = (x: ArrayLike<number>): (number | null)[] => Array.from(x, nullable);

/** A score without a value. */
export function absent(
  metric: MetricKey,
  subset: Subset,
  reason: AbsenceReason,
  n: number,
  nTotal: number,
  note?: string,
): Score {
  const score: Score = { metric, subset, region: REGION, value: null, unit: METRICS[metric].unit, n, nTotal, reason };
  return note === undefined ? score : { ...score, note };
}

/** A score with a value, and its interval where it has one. */
export function present(
  metric: MetricKey,
  subset: Subset,
  value: number,
  n: number,
  nTotal: number,
  interval?: { low: number; high: number } | null,
  note?: string,
): Score {
  return {
    metric,
    subset,
    region: REGION,
    value,
    unit: METRICS[metric].unit,
    n,
    nTotal,
    ...(interval ? { low: interval.low, high: interval.high } : {}),
    ...(note === undefined ? {} : { note }),
  };
}

export const imagesOf = (benchmark: Benchmark, subset: Subset): Int32Array =>
  Int32Array.from(benchmark.labels.keys()).filter(
    (i) => subset === 'all' || (benchmark.isChallenge[i] === 1) === (subset === 'challenge'),
  );

export const imageCount = (benchmark: Benchmark, subset: Subset): number => imagesOf(benchmark, subset).length;

export const take = (values: Float64Array, rows: Int32Array): Float64Array => Float64Array.from(rows, (i) => values[i]);

/** "first covered bin, 100-110 ms": a clock need not cover the whole of the benchmark's time. */
export const coveredBin = (which: 'first' | 'last', { startMs, endMs }: TimeWindow): string =>
  `${which} covered bin, ${startMs}-${endMs} ms`;

/** The bins of the benchmark; a subject without time has one window. */
export const timeAxis = (benchmark: Benchmark, temporal: boolean): Series['axes'][number] =>
  temporal
    ? { name: 'time_bin', unit: 'ms', values: benchmark.bins.map((b) => b.startMs) }
    : { name: 'step', unit: '', values: ['held over all bins'] };
