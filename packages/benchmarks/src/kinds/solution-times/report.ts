import {
  type ImageResults,
  METRICS,
  type MetricKey,
  SCORING_VERSION,
  type Score,
  type ScoreReport,
  type Series,
  SUBSETS,
  type Subset,
} from '@corescore/contracts';
import { delayPermutationP } from '@corescore/metrics';
import type { Benchmark } from '../../definitions/benchmark.js';
import type { ScoringPool } from '../../processes/pool.js';
import type { BinPredictivity } from '../../processes/predict-tasks.js';
import { noteOutside, outsideNotes } from '../../scoring/outside.js';
import { giveReason } from '../../scoring/reasons.js';
import { absent, coveredBin, imagesOf, nulls, present, REGION, take, timeAxis } from '../../scoring/score-rows.js';
import { predictivityScores } from '../predictivity/predictivity-scores.js';
import {
  imagesUsed,
  OST_STATISTICS,
  ostNote,
  ostStatistic,
  sampleOf,
  solutionTimesOf,
  solvedCount,
} from './ost-statistics.js';

/** What a subject (a model, IT, a null row) showed, before any statistic. Arrays run over the images. */
export interface Observation {
  /** i1 of each bin, NaN where undefined; null for a bin that the clock does not cover. One entry if not temporal. */
  i1: (Float64Array | null)[];
  /** Same bins, one array a repetition: 1 where the largest decision was the true class; null: nothing was decoded. */
  correct: (Uint8Array[] | null)[] | null;
  /** Solution times that do not come from curves (the difficulty look-up). */
  ostMs?: Float64Array;
  temporal: boolean;
  /** How the features of each bin predict the recordings, null where the clock covers nothing; null: there are no features. */
  predictivity: (BinPredictivity | null)[] | null;
  maxDualityGap: number | null;
  notes: string[];
}

/** Index of the first and last bin that the clock covers; -1 where none is. */
const firstCovered = (values: readonly unknown[]): number => values.findIndex((v) => v !== null);
const lastCovered = (values: readonly unknown[]): number => values.findLastIndex((v) => v !== null);

/** Share of repetitions in which each image was right. */
function shares(correct: readonly Uint8Array[]): Float64Array {
  const out = new Float64Array(correct[0].length);
  for (const hits of correct) for (let i = 0; i < out.length; i++) out[i] += hits[i] / correct.length;
  return out;
}

/** Bins that were decoded together share one array, and so keep sharing one. */
function sharesOfBins(correct: Observation['correct']): (Float64Array | null)[] | null {
  if (correct === null) return null;
  const known = new Map<Uint8Array[], Float64Array>();
  return correct.map((hits) => {
    if (hits === null) return null;
    const share = known.get(hits) ?? shares(hits);
    known.set(hits, share);
    return share;
  });
}

/** Mean over the defined values and how many those are. */
function meanOf(values: Float64Array): { value: number | null; n: number } {
  const defined = values.filter((v) => !Number.isNaN(v));
  return {
    value: defined.length === 0 ? null : defined.reduce((a, b) => a + b, 0) / defined.length,
    n: defined.length,
  };
}

/** Object solution times; an uncovered bin solves nothing, a subject without time has none. */
function solutionTimes(benchmark: Benchmark, seen: Observation): Float64Array {
  if (seen.ostMs !== undefined) return seen.ostMs;
  if (!seen.temporal) return new Float64Array(benchmark.labels.length).fill(Number.NaN);
  return solutionTimesOf(benchmark, seen.i1);
}

async function ostScores(
  benchmark: Benchmark,
  seen: Observation,
  ostMs: Float64Array,
  pool: ScoringPool,
): Promise<Score[]> {
  const total = benchmark.labels.length;
  if (!seen.temporal) {
    return [...OST_STATISTICS, 'ost_delay_p', 'ost_solved', 'ost_solved_first', 'ost_never_solved', 'ost_distinct'].map(
      (metric) => absent(metric as MetricKey, 'all', 'not_temporal', 0, total),
    );
  }
  const { isChallenge } = benchmark;
  const sample = sampleOf(benchmark, ostMs);
  const solved = solvedCount(ostMs);
  const scores = await Promise.all(
    OST_STATISTICS.map(async (statistic) => {
      const value = ostStatistic(statistic, sample)(imagesOf(benchmark, 'all'));
      const n = imagesUsed(statistic, sample);
      if (value === null) return absent(statistic, 'all', solved === 0 ? 'never_solved' : 'undefined', n, total);
      const interval = await pool.run('ostInterval', { statistic, sample, ...benchmark.bootstrap });
      return present(statistic, 'all', value, n, total, interval, ostNote(statistic, sample));
    }),
  );
  const p = delayPermutationP(ostMs, isChallenge, benchmark.bootstrap.draws, benchmark.bootstrap.seed);
  scores.push(
    p === null
      ? absent('ost_delay_p', 'all', solved === 0 ? 'never_solved' : 'undefined', solved, total)
      : present('ost_delay_p', 'all', p, solved, total, null, ostNote('ost_delay_mean', sample)),
  );
  for (const subset of SUBSETS) {
    const rows = imagesOf(benchmark, subset);
    const times = take(ostMs, rows).filter((t) => !Number.isNaN(t));
    scores.push(present('ost_solved', subset, times.length, rows.length, rows.length));
    scores.push(present('ost_never_solved', subset, rows.length - times.length, rows.length, rows.length));
  }
  // Times that come from no curve (the difficulty look-up) are over all bins.
  const first = benchmark.bins[Math.max(0, firstCovered(seen.i1))];
  const atOnce = ostMs.filter((t) => t === first.startMs).length;
  scores.push(present('ost_solved_first', 'all', atOnce, total, total, null, coveredBin('first', first)));
  const distinct = new Set(Array.from(ostMs, (t) => t.toFixed(6)));
  distinct.delete('NaN');
  scores.push(present('ost_distinct', 'all', distinct.size, solved, total));
  return scores;
}

/** How many images were right, per bin and repetition of the folds. */
function correctCounts(
  correct: (Uint8Array[] | null)[],
  rows: Int32Array,
  subset: Subset,
  axis: Series['axes'][number],
): Series {
  const repetitions = correct[firstCovered(correct)]?.length ?? 0;
  const count = (hits: Uint8Array) => rows.reduce((sum, i) => sum + hits[i], 0);
  return {
    name: 'correct',
    subset,
    region: REGION,
    axes: [axis, { name: 'repetition', unit: '', values: Array.from({ length: repetitions }, (_, r) => r + 1) }],
    values: correct.flatMap((hits) => hits?.map(count) ?? new Array<null>(repetitions).fill(null)),
    n: rows.length,
    unit: 'images',
  };
}

/** Means over images per bin with intervals, as a time course; and the last covered (or only) bin as a score. */
async function courses(
  benchmark: Benchmark,
  seen: Observation,
  correct: (Float64Array | null)[] | null,
  pool: ScoringPool,
): Promise<{ scores: Score[]; series: Series[] }> {
  const scores: Score[] = [];
  const series: Series[] = [];
  const axis = timeAxis(benchmark, seen.temporal);
  const measured = { accuracy: correct, i1: seen.i1 } as const;
  for (const subset of SUBSETS) {
    const rows = imagesOf(benchmark, subset);
    if (seen.correct !== null) series.push(correctCounts(seen.correct, rows, subset, axis));
    for (const metric of ['accuracy', 'i1'] as const) {
      const curves = measured[metric];
      if (curves === null || curves.length === 0) {
        // Nothing was decoded (a null row): not a value that could not be had.
        scores.push(absent(metric, subset, 'not_run', 0, rows.length));
        continue;
      }
      // Bins that share a mixture share their curve: one interval each is enough.
      const distinct = [...new Set(curves.filter((c) => c !== null))];
      const intervals = await pool.run('meanIntervals', {
        curves: distinct.map((c) => take(c, rows)),
        // The set has a fixed number of images of each band; an accuracy is within [0, 1].
        sampling: {
          strata: Int32Array.from(rows, (i) => benchmark.isChallenge[i]),
          ...(metric === 'accuracy' ? { support: { low: 0, high: 1 } } : {}),
        },
        ...benchmark.bootstrap,
      });
      const summary = new Map(distinct.map((c, k) => [c, { ...meanOf(take(c, rows)), interval: intervals[k] }]));
      const at = (curve: Float64Array | null) => (curve === null ? undefined : summary.get(curve));
      series.push({
        name: metric,
        subset,
        region: REGION,
        axes: [axis],
        values: curves.map((c) => at(c)?.value ?? null),
        low: curves.map((c) => at(c)?.interval?.low ?? null),
        high: curves.map((c) => at(c)?.interval?.high ?? null),
        // Of the bins the one with the fewest: an i1 may be undefined.
        n: Math.min(rows.length, ...[...summary.values()].map((found) => found.n)),
        unit: METRICS[metric].unit,
      });
      const push = (key: MetricKey, which: 'first' | 'last', bin: number) => {
        const found = at(curves[bin] ?? null);
        if (found === undefined || found.value === null) {
          scores.push(absent(key, subset, 'undefined', 0, rows.length));
          return;
        }
        const note = seen.temporal ? coveredBin(which, benchmark.bins[bin]) : undefined;
        scores.push(present(key, subset, found.value, found.n, rows.length, found.interval, note));
      };
      push(metric, 'last', lastCovered(curves));
      if (metric === 'accuracy' && seen.temporal) push('accuracy_first', 'first', firstCovered(curves));
    }
  }
  return { scores, series };
}

function imageResults(
  benchmark: Benchmark,
  seen: Observation,
  correct: (Float64Array | null)[] | null,
  ostMs: Float64Array,
): ImageResults {
  const { stimuli } = benchmark.stimulusSet;
  const images = stimuli.length;
  const last = correct?.[lastCovered(correct)] ?? null;
  return {
    stimulusIds: stimuli.map((s) => s.id),
    objects: stimuli.map((s) => s.object),
    subsets: Array.from(benchmark.isChallenge, (c) => (c === 1 ? 'challenge' : 'control')),
    thresholds: [...benchmark.thresholds],
    targetMs: nulls(benchmark.targetMs),
    ostMs: nulls(ostMs),
    ostReason: Array.from(ostMs, (t) => (!Number.isNaN(t) ? null : seen.temporal ? 'never_solved' : 'not_temporal')),
    binStartsMs: seen.temporal ? benchmark.bins.map((b) => b.startMs) : [null],
    i1: seen.i1.map((curve) => (curve === null ? new Array<null>(images).fill(null) : nulls(curve))),
    correct: last === null ? new Array<null>(images).fill(null) : nulls(last),
  };
}

/** The headline of one subject (METRICS 1-5). */
export async function buildReport(benchmark: Benchmark, seen: Observation, pool: ScoringPool): Promise<ScoreReport> {
  const ostMs = solutionTimes(benchmark, seen);
  const correct = sharesOfBins(seen.correct);
  const [ost, course] = await Promise.all([
    ostScores(benchmark, seen, ostMs, pool),
    courses(benchmark, seen, correct, pool),
  ]);
  const neural = predictivityScores(benchmark, seen.predictivity);
  const series = [...course.series, ...neural.series];
  return {
    benchmark: benchmark.definition.ref,
    benchmarkDigest: benchmark.definition.digest,
    scoringVersion: SCORING_VERSION,
    scores: [...ost, ...course.scores, ...neural.scores].map((score) => noteOutside(giveReason(score))),
    series,
    images: imageResults(benchmark, seen, correct, ostMs),
    notes: [...seen.notes, ...outsideNotes(series)],
    maxDualityGap: seen.maxDualityGap,
  };
}
