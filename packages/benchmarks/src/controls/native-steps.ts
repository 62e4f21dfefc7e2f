import { type MetricKey, metricsOf, type Score, type ScoreReport } from '@corescore/contracts';
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
import { oneStep } from '../scoring/mixtures.js';
import { absent, imagesOf, present } from '../scoring/score-rows.js';
import type { Subject } from '../scoring/subject.js';
import { type Control, forEach, largest, oneRepetitionOf } from './control.js';

const NAME = 'native-steps';

/** Statistics that have a meaning in steps: ranks do not mind the unit, a delay takes it on. */
const NATIVE = {
  ost_native_rho_partial: 'ost_rho_partial',
  ost_native_delay_mean: 'ost_delay_mean',
  ost_native_delay_median: 'ost_delay_median',
} as const satisfies Partial<Record<MetricKey, OstStatistic>>;

/** i1 of a step in the headline: the curve of a bin that the clock reads from this step alone; null where there is none. */
function knownCurve({ mixtures, ofBin }: Subject, step: Float64Array, headline: ScoreReport | null) {
  const bin = ofBin.findIndex((m) => m >= 0 && mixtures[m].join() === step.join());
  const curve = headline?.images.i1[bin];
  return curve === undefined ? null : Float64Array.from(curve, (value) => value ?? Number.NaN);
}

async function scoresOf(
  benchmark: Benchmark,
  curves: readonly (Float64Array | null)[],
  pool: ScoringPool,
): Promise<Score[]> {
  const total = benchmark.labels.length;
  const undefinedCurve = new Float64Array(total).fill(Number.NaN);
  const steps = objectSolutionTimes(
    curves.map((curve) => curve ?? undefinedCurve),
    curves.map((_, step) => step),
    benchmark.thresholds,
    benchmark.bracket,
  );
  const sample = sampleOf(benchmark, steps, curves.length);
  const solved = solvedCount(steps);
  const scores = (Object.keys(NATIVE) as (keyof typeof NATIVE)[]).map(async (metric) => {
    const statistic = NATIVE[metric];
    const value = ostStatistic(statistic, sample)(imagesOf(benchmark, 'all'));
    if (value === null) return absent(metric, 'all', solved === 0 ? 'never_solved' : 'undefined', solved, total);
    const interval = await pool.run('ostInterval', { statistic, sample, ...benchmark.bootstrap });
    return present(metric, 'all', value, solved, total, interval, ostNote(statistic, sample));
  });
  return [...(await Promise.all(scores)), present('ost_native_solved', 'all', solved, total, total)];
}

/**
 * OST in the model's own steps, 0 .. T - 1, without resampling to the benchmark's bins (METRICS 4): no clock enters, so
 * that nothing in it hangs on what the submitter declared.
 */
export const nativeSteps: Control = {
  name: NAME,
  async compute({ benchmark, subject, headline, pool, announce }) {
    const { path, steps: recorded, firstStep, temporal } = subject;
    if (!temporal) {
      const total = benchmark.labels.length;
      const scores = metricsOf(NAME).map((metric) => absent(metric, 'all', 'not_temporal', 0, total));
      return { scores, series: [], notes: [], maxGap: null };
    }
    const steps = Array.from({ length: recorded - firstStep }, (_, s) => oneStep(firstStep + s, recorded));
    const known = steps.map((step) => knownCurve(subject, step, headline));
    const open = steps.filter((_, s) => known[s] === null);
    const { fold: _, ...base } = oneRepetitionOf(benchmark);
    const decoded = await forEach(open, announce(open.length), (weights) =>
      pool.run('decodeMixture', { path, weights, folds: benchmark.folds, ...base }),
    );
    const curves = steps.map((step, s) => known[s] ?? decoded[open.indexOf(step)]?.i1 ?? null);
    return {
      scores: await scoresOf(benchmark, curves, pool),
      series: [],
      notes: [],
      maxGap: largest([
        ...decoded.map((step) => step?.maxGap),
        ...(open.length < steps.length ? [headline?.maxDualityGap] : []),
      ]),
    };
  },
};
