import {
  concordanceOfRows,
  delay,
  levels,
  matchedCells,
  matchedConcordanceOfRows,
  matchedImages,
  objectSolutionTimes,
  partialPearson,
  pearson,
  ranksOfRows,
} from '@corescore/metrics';
import type { Benchmark } from '../../definitions/benchmark.js';

/** Solution times of a subject beside what they are held against; all arrays over the same images. */
export interface OstSample {
  /** NaN: never solved. */
  ostMs: Float64Array;
  targetMs: Float64Array;
  thresholds: Float64Array;
  difficulty: Float64Array;
  labels: Int32Array;
  isChallenge: Uint8Array;
  /** Where the target's time ends, in the unit of the times: when an image that is never solved counts as solved at the earliest. */
  end: number;
}

export const OST_STATISTICS = [
  'ost_rho_partial',
  'ost_rho',
  'ost_rho_partial_object',
  'ost_delay_mean',
  'ost_delay_median',
  'ost_delay_mean_bound',
  'ost_concordance',
  'ost_concordance_matched',
] as const;
export type OstStatistic = (typeof OST_STATISTICS)[number];

/** Object solution times from the i1 of each bin of the benchmark; a bin without i1 solves nothing. */
export function solutionTimesOf(benchmark: Benchmark, i1: readonly (Float64Array | null)[]): Float64Array {
  const undefinedCurve = new Float64Array(benchmark.labels.length).fill(Number.NaN);
  return objectSolutionTimes(
    i1.map((curve) => curve ?? undefinedCurve),
    benchmark.bins.map((b) => b.startMs),
    benchmark.thresholds,
    benchmark.bracket,
  );
}

/** @param end default: the end of the benchmark's last bin, ms */
export function sampleOf(benchmark: Benchmark, ostMs: Float64Array, end = benchmark.bins.at(-1)!.endMs): OstSample {
  const { targetMs, thresholds, difficulty, labels, isChallenge } = benchmark;
  return { ostMs, targetMs, thresholds, difficulty, labels, isChallenge, end };
}

/** One statistic of METRICS 4 over `rows` (image numbers, which may repeat); null where it is undefined. */
export type StatisticOfRows = (rows: Int32Array) => number | null;

/** Images without a solution time have no rank and no delay: those statistics run over the others. */
function solvedOnly(ostMs: Float64Array, rows: Int32Array): Int32Array {
  const solved = new Int32Array(rows.length);
  let n = 0;
  for (const row of rows) if (!Number.isNaN(ostMs[row])) solved[n++] = row;
  return solved.subarray(0, n);
}

function rho(sample: OstSample, given: readonly Float64Array[], grouped: boolean): StatisticOfRows {
  const ost = levels(sample.ostMs);
  const target = levels(sample.targetMs);
  const others = given.map(levels);
  return (rows) => {
    const solved = solvedOnly(sample.ostMs, rows);
    const a = ranksOfRows(ost, solved);
    const b = ranksOfRows(target, solved);
    if (others.length === 0) return pearson(a, b);
    const groups = grouped ? Int32Array.from(solved, (i) => sample.labels[i]) : undefined;
    return partialPearson(
      a,
      b,
      others.map((level) => ranksOfRows(level, solved)),
      groups,
    );
  };
}

function delayOf(sample: OstSample, which: 'meanMs' | 'medianMs'): StatisticOfRows {
  return (rows) => {
    const solved = solvedOnly(sample.ostMs, rows);
    const times = new Float64Array(solved.length);
    const isChallenge = new Uint8Array(solved.length);
    for (let i = 0; i < solved.length; i++) {
      times[i] = sample.ostMs[solved[i]];
      isChallenge[i] = sample.isChallenge[solved[i]];
    }
    return delay(times, isChallenge)[which];
  };
}

/** The mean delay with the images that are never solved at the end of the target's time; null where none is solved. */
function delayBound(sample: OstSample): StatisticOfRows {
  const { ostMs, end } = sample;
  const mean = delayOf({ ...sample, ostMs: ostMs.map((t) => (Number.isNaN(t) ? end : t)) }, 'meanMs');
  return (rows) => (rows.some((row) => !Number.isNaN(ostMs[row])) ? mean(rows) : null);
}

/** Statistics into which an unsolved image enters: as one that comes after all solved ones, or at the end of the time. */
const CENSORED: readonly OstStatistic[] = ['ost_delay_mean_bound', 'ost_concordance', 'ost_concordance_matched'];

/** How many images enter. */
export function imagesUsed(statistic: OstStatistic, { ostMs, difficulty, thresholds }: OstSample): number {
  // An image alone in its cell is compared with no other.
  if (statistic === 'ost_concordance_matched') return matchedImages(matchedCells(difficulty, thresholds));
  return CENSORED.includes(statistic) ? ostMs.length : solvedCount(ostMs);
}

export const solvedCount = (ostMs: Float64Array): number => ostMs.filter((t) => !Number.isNaN(t)).length;

/** What a reader needs beside a statistic of solution times: over which images it is, or what it makes of the others. */
export function ostNote(statistic: OstStatistic, { ostMs, end }: OstSample): string | undefined {
  const solved = solvedCount(ostMs);
  if (statistic === 'ost_delay_mean_bound') {
    return solved === ostMs.length
      ? 'every image is solved: the mean delay itself'
      : `${ostMs.length - solved} never-solved images count as ${end} ms`;
  }
  return CENSORED.includes(statistic) ? undefined : `over ${solved} solved images`;
}

/** The statistic as a function of the images that enter, so that a bootstrap prepares the sample once. */
export function ostStatistic(statistic: OstStatistic, sample: OstSample): StatisticOfRows {
  const { thresholds, difficulty } = sample;
  switch (statistic) {
    case 'ost_rho':
      return rho(sample, [], false);
    case 'ost_rho_partial':
      return rho(sample, [thresholds, difficulty], false);
    case 'ost_rho_partial_object':
      return rho(sample, [thresholds, difficulty], true);
    case 'ost_delay_mean':
      return delayOf(sample, 'meanMs');
    case 'ost_delay_median':
      return delayOf(sample, 'medianMs');
    case 'ost_delay_mean_bound':
      return delayBound(sample);
    case 'ost_concordance':
      return concordanceOfRows(sample.ostMs, sample.targetMs);
    case 'ost_concordance_matched':
      return matchedConcordanceOfRows(sample.ostMs, sample.targetMs, matchedCells(difficulty, thresholds));
  }
}
