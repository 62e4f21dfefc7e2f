import type { MetricKey, Score, Series } from '@corescore/contracts';
import { wilson } from '@corescore/metrics';
import type { Benchmark } from '../benchmark.js';
import { solutionTimesOf } from '../ost-statistics.js';
import { absent, present, REGION, timeAxis } from '../score-rows.js';
import type { Beside, OverBins } from './observe.js';
import { BESIDE } from './plan.js';
import type { OneRepetition } from './thread.js';

interface Floor {
  accuracy: MetricKey;
  solved: MetricKey;
  /** Name of the time course. */
  series: string;
  note: string;
}

const FLOORS = {
  shuffled: {
    accuracy: 'accuracy_shuffled',
    solved: 'ost_solved_shuffled',
    series: 'accuracy_shuffled',
    note: `labels shuffled with seed ${BESIDE.seeds.labels}, one repetition of the folds`,
  },
  twin: {
    accuracy: 'accuracy_twin',
    solved: 'ost_solved_twin',
    series: 'accuracy_twin',
    note: `weights shuffled with seed ${BESIDE.seeds.twin}, one repetition of the folds`,
  },
} as const satisfies Record<string, Floor>;

type Found = OverBins<OneRepetition> | { reason: 'not_run' | 'failed'; note?: string };

function floorOf(
  benchmark: Benchmark,
  found: Found,
  temporal: boolean,
  floor: Floor,
): { scores: Score[]; series: Series[] } {
  const n = benchmark.labels.length;
  const { accuracy, solved, note } = floor;
  if ('reason' in found) {
    return {
      scores: [
        absent(accuracy, 'all', found.reason, 0, n, found.note),
        temporal || found.reason === 'failed'
          ? absent(solved, 'all', found.reason, 0, n)
          : absent(solved, 'all', 'not_temporal', 0, n),
      ],
      series: [],
    };
  }
  // Each image was tested once: right or wrong, so that the interval has a closed form.
  const shares = found.map((bin) => {
    if (bin === null) return null;
    const right = bin.correct.reduce((sum, hit) => sum + hit, 0);
    return { value: right / n, ...wilson(right, n) };
  });
  const last = shares.findLast((share) => share !== null);
  const times = temporal
    ? solutionTimesOf(
        benchmark,
        found.map((bin) => bin?.i1 ?? null),
      )
    : null;
  const ofAll = last
    ? { ...present(accuracy, 'all', last.value, n, n, last), note }
    : absent(accuracy, 'all', 'undefined', 0, n);
  const images = times?.filter((t) => !Number.isNaN(t)).length;
  return {
    scores: [
      ofAll,
      images === undefined ? absent(solved, 'all', 'not_temporal', 0, n) : present(solved, 'all', images, n, n),
    ],
    series: [
      {
        name: floor.series,
        subset: 'all',
        region: REGION,
        axes: [timeAxis(benchmark, temporal)],
        values: shares.map((share) => share?.value ?? null),
        low: shares.map((share) => share?.low ?? null),
        high: shares.map((share) => share?.high ?? null),
        n,
        unit: 'fraction',
      },
    ],
  };
}

/**
 * Chance and floor (METRICS 4): what the same pipeline scores on shuffled labels, and on the untrained twin of the model.
 * @param beside null: nothing of it was run
 */
export function floors(
  benchmark: Benchmark,
  beside: Beside | null,
  temporal: boolean,
): { scores: Score[]; series: Series[] } {
  const parts = [
    floorOf(benchmark, beside?.shuffled ?? { reason: 'not_run' }, temporal, FLOORS.shuffled),
    floorOf(benchmark, beside?.twin ?? { reason: 'not_run' }, temporal, FLOORS.twin),
  ];
  return { scores: parts.flatMap((part) => part.scores), series: parts.flatMap((part) => part.series) };
}
