import type { MetricKey, Score } from '@corescore/contracts';
import { objectSolutionTimes } from '@corescore/metrics';
import type { Benchmark } from '../definitions/benchmark.js';
import {
  type OstStatistic,
  ostNote,
  ostStatistic,
  sampleOf,
  solvedCount,
} from '../kinds/solution-times/ost-statistics.js';
import type { ScoringPool } from '../processes/pool.js';
import { absent, imagesOf, present } from '../scoring/score-rows.js';
import type { Beside } from './observe.js';

/** Statistics that have a meaning in steps: ranks do not mind the unit, a delay takes it on. */
const NATIVE = {
  ost_native_rho_partial: 'ost_rho_partial',
  ost_native_delay_mean: 'ost_delay_mean',
  ost_native_delay_median: 'ost_delay_median',
} as const satisfies Partial<Record<MetricKey, OstStatistic>>;

/**
 * OST in the model's own steps, 0 .. T - 1, without resampling to the benchmark's bins (METRICS 4): no clock enters, so
 * that nothing in it hangs on what the submitter declared.
 */
export async function nativeScores(
  benchmark: Benchmark,
  beside: Beside | null,
  temporal: boolean,
  pool: ScoringPool,
): Promise<Score[]> {
  const total = benchmark.labels.length;
  const keys = Object.keys(NATIVE) as (keyof typeof NATIVE)[];
  const curves = beside?.nativeI1 ?? null;
  if (curves === null) {
    const reason = temporal ? 'not_run' : 'not_temporal';
    return [...keys, 'ost_native_solved' as const].map((metric) => absent(metric, 'all', reason, 0, total));
  }
  const undefinedCurve = new Float64Array(total).fill(Number.NaN);
  const steps = objectSolutionTimes(
    curves.map((curve) => curve ?? undefinedCurve),
    curves.map((_, step) => step),
    benchmark.thresholds,
    benchmark.bracket,
  );
  const sample = sampleOf(benchmark, steps, curves.length);
  const solved = solvedCount(steps);
  const scores = keys.map(async (metric) => {
    const statistic = NATIVE[metric];
    const value = ostStatistic(statistic, sample)(imagesOf(benchmark, 'all'));
    if (value === null) return absent(metric, 'all', solved === 0 ? 'never_solved' : 'undefined', solved, total);
    const interval = await pool.run('ostInterval', { statistic, sample, ...benchmark.bootstrap });
    return present(metric, 'all', value, solved, total, interval, ostNote(statistic, sample));
  });
  return [...(await Promise.all(scores)), present('ost_native_solved', 'all', solved, total, total)];
}
