import type { MetricKey, Score, Series } from '@corescore/contracts';
import type { Benchmark } from '../definitions/benchmark.js';
import { solutionTimesOf, solvedCount } from '../kinds/solution-times/ost-statistics.js';
import { absent, coveredBin, present, REGION, timeAxis } from '../scoring/score-rows.js';
import type { OverBins } from './control.js';
import type { OneRepetition } from './tasks.js';

/** Metrics of a floor: what the pipeline scores where there is nothing to be found. */
export interface FloorKeys {
  /** Also the name of the time course. */
  accuracy: MetricKey;
  solved: MetricKey;
}

export interface FloorCell {
  value: number;
  low: number;
  high: number;
  note: string;
}

/** What a floor says: accuracy in each bin, and images solved (null without time). */
export interface Floor {
  accuracy: OverBins<FloorCell>;
  solved: { value: number; low?: number; high?: number; note?: string } | null;
}

/** A floor as scores, and its accuracy as a time course. */
export function floorRows(
  benchmark: Benchmark,
  keys: FloorKeys,
  { accuracy, solved }: Floor,
  temporal: boolean,
): { scores: Score[]; series: Series[] } {
  const n = benchmark.labels.length;
  const bin = accuracy.findLastIndex((cell) => cell !== null);
  const last = accuracy[bin] ?? null;
  const where = temporal && bin >= 0 ? `${coveredBin('last', benchmark.bins[bin])}; ` : '';
  const interval = ({ low, high }: NonNullable<Floor['solved']>) =>
    low === undefined || high === undefined ? null : { low, high };
  return {
    scores: [
      last === null
        ? absent(keys.accuracy, 'all', 'undefined', 0, n)
        : present(keys.accuracy, 'all', last.value, n, n, last, `${where}${last.note}`),
      solved === null
        ? absent(keys.solved, 'all', temporal ? 'undefined' : 'not_temporal', 0, n)
        : present(keys.solved, 'all', solved.value, n, n, interval(solved), solved.note),
    ],
    series: [
      {
        name: keys.accuracy,
        subset: 'all',
        region: REGION,
        axes: [timeAxis(benchmark, temporal)],
        values: accuracy.map((cell) => cell?.value ?? null),
        low: accuracy.map((cell) => cell?.low ?? null),
        high: accuracy.map((cell) => cell?.high ?? null),
        n,
        unit: 'fraction',
      },
    ],
  };
}

/** Images that the curves of one repetition solve. */
export const solvedBy = (benchmark: Benchmark, repetitions: OverBins<OneRepetition>): number =>
  solvedCount(
    solutionTimesOf(
      benchmark,
      repetitions.map((one) => one?.i1 ?? null),
    ),
  );
