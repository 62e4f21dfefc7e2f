import type { MetricKey, Score, Series } from '@corescore/contracts';
import { heldOutShare, type Spread, spread } from '@corescore/metrics';
import type { Benchmark } from '../definitions/benchmark.js';
import { solutionTimesOf, solvedCount } from '../kinds/solution-times/ost-statistics.js';
import { absent, coveredBin, present, REGION, timeAxis } from '../scoring/score-rows.js';
import type { Beside, OverBins } from './observe.js';
import { BESIDE } from './plan.js';
import type { OneRepetition } from './tasks.js';

interface Keys {
  /** Also the name of the time course. */
  accuracy: MetricKey;
  solved: MetricKey;
}
const SHUFFLED: Keys = { accuracy: 'accuracy_shuffled', solved: 'ost_solved_shuffled' };
const TWIN: Keys = { accuracy: 'accuracy_twin', solved: 'ost_solved_twin' };

interface Cell {
  value: number;
  low: number;
  high: number;
  note: string;
}

/** What a floor says: accuracy in each bin, and images solved (null without time). */
interface Floor {
  accuracy: OverBins<Cell>;
  solved: { value: number; low?: number; high?: number; note?: string } | null;
}

interface Part {
  scores: Score[];
  series: Series[];
}

function rows(benchmark: Benchmark, keys: Keys, { accuracy, solved }: Floor, temporal: boolean): Part {
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

function absentFloor(
  benchmark: Benchmark,
  keys: Keys,
  { reason, note }: { reason: 'not_run' | 'failed'; note?: string },
  temporal: boolean,
): Part {
  const n = benchmark.labels.length;
  const solved = temporal || reason === 'failed' ? reason : 'not_temporal';
  return {
    scores: [absent(keys.accuracy, 'all', reason, 0, n, note), absent(keys.solved, 'all', solved, 0, n)],
    series: [],
  };
}

const solvedBy = (benchmark: Benchmark, repetitions: OverBins<OneRepetition>): number =>
  solvedCount(
    solutionTimesOf(
      benchmark,
      repetitions.map((one) => one?.i1 ?? null),
    ),
  );

/** The mean over shuffles, the interval of another, held within what is possible, and how far the shuffles lie apart. */
function cellOf(values: readonly number[], most: number, digits: number): Cell {
  const found: Spread = spread(values);
  const text = (x: number): string => x.toFixed(digits);
  return {
    value: found.mean,
    low: Math.max(0, found.low),
    high: Math.min(most, found.high),
    note: `mean of ${values.length} shuffles of the labels, standard deviation ${text(found.deviation)}, from ${text(found.least)} to ${text(found.most)}`,
  };
}

/** Labels in several orders: each order is one draw of what the pipeline scores on nothing. */
function shuffledFloor(benchmark: Benchmark, bins: Beside['shuffled'], temporal: boolean): Floor {
  const n = benchmark.labels.length;
  const right = ({ correct }: OneRepetition): number => correct.reduce((sum, hit) => sum + hit, 0);
  const known = new Map<OneRepetition[], Cell>();
  const accuracy = bins.map((shuffles) => {
    if (shuffles === null) return null;
    const cell =
      known.get(shuffles) ??
      cellOf(
        shuffles.map((one) => right(one) / n),
        1,
        3,
      );
    known.set(shuffles, cell);
    return cell;
  });
  const solved = (): Cell =>
    cellOf(
      BESIDE.seeds.labels.map((_, k) =>
        solvedBy(
          benchmark,
          bins.map((shuffles) => shuffles?.[k] ?? null),
        ),
      ),
      n,
      1,
    );
  const note = '; one repetition of the folds';
  return {
    accuracy: accuracy.map((cell) => cell && { ...cell, note: cell.note + note }),
    solved: temporal && accuracy.some((cell) => cell !== null) ? solved() : null,
  };
}

/** One order of the weights. */
function twinFloor(benchmark: Benchmark, bins: OverBins<OneRepetition>, temporal: boolean): Floor {
  const note = `weights shuffled with seed ${BESIDE.seeds.twin}, one repetition of the folds; interval by the spread of the folds`;
  return {
    accuracy: bins.map((bin) => bin && { ...heldOutShare(bin.correct, benchmark.folds[0]), note }),
    solved: temporal && bins.some((bin) => bin !== null) ? { value: solvedBy(benchmark, bins) } : null,
  };
}

/**
 * Chance and floor (METRICS 4): what the same pipeline scores on shuffled labels, and on the untrained twin of the model.
 * @param beside null: nothing of it was run
 */
export function floors(benchmark: Benchmark, beside: Beside | null, temporal: boolean): Part {
  const notRun = { reason: 'not_run' as const };
  const twin = beside?.twin ?? notRun;
  const parts = [
    beside === null
      ? absentFloor(benchmark, SHUFFLED, notRun, temporal)
      : rows(benchmark, SHUFFLED, shuffledFloor(benchmark, beside.shuffled, temporal), temporal),
    'reason' in twin
      ? absentFloor(benchmark, TWIN, twin, temporal)
      : rows(benchmark, TWIN, twinFloor(benchmark, twin, temporal), temporal),
  ];
  return { scores: parts.flatMap((part) => part.scores), series: parts.flatMap((part) => part.series) };
}
