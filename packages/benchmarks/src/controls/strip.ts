import type { Series } from '@corescore/contracts';
import { heldOutShare } from '@corescore/metrics';
import type { Benchmark } from '../definitions/benchmark.js';
import {
  type OstStatistic,
  ostStatistic,
  sampleOf,
  solutionTimesOf,
  solvedCount,
} from '../kinds/solution-times/ost-statistics.js';
import type { ScoringPool } from '../processes/pool.js';
import { imagesOf, REGION } from '../scoring/score-rows.js';
import type { Beside } from './observe.js';
import { BESIDE } from './plan.js';

const STATISTICS = ['ost_rho_partial', 'ost_rho', 'ost_delay_mean'] as const satisfies readonly OstStatistic[];

interface Cell {
  value: number | null;
  low: number | null;
  high: number | null;
}
const NOTHING: Cell = { value: null, low: null, high: null };

/** The cells of one variant: three statistics with bootstrap intervals, and how many images it solves (`heldOutShare`). */
async function cellsOf(benchmark: Benchmark, i1: readonly (Float64Array | null)[], pool: ScoringPool): Promise<Cell[]> {
  if (i1.every((curve) => curve === null)) return [...STATISTICS, 'ost_solved'].map(() => NOTHING);
  const ostMs = solutionTimesOf(benchmark, i1);
  const sample = sampleOf(benchmark, ostMs);
  const cells = STATISTICS.map(async (statistic): Promise<Cell> => {
    const value = ostStatistic(statistic, sample)(imagesOf(benchmark, 'all'));
    if (value === null) return NOTHING;
    const task = { statistic, sample, draws: BESIDE.draws, seed: benchmark.bootstrap.seed };
    const interval = await pool.run('ostInterval', task);
    return { value, low: interval?.low ?? null, high: interval?.high ?? null };
  });
  const isSolved = Uint8Array.from(ostMs, (t) => (Number.isNaN(t) ? 0 : 1));
  const n = ostMs.length;
  const { low, high } = heldOutShare(isSolved, benchmark.folds[0]);
  return [...(await Promise.all(cells)), { value: solvedCount(ostMs), low: low * n, high: high * n }];
}

/**
 * How the OST scores move with C, the number of features, trial noise and cumulative evidence (METRICS 4): series
 * `ost_strip`, variant x metric. A delay in ms depends on such choices of the pipeline, and this says how much.
 */
export async function stripSeries(benchmark: Benchmark, strip: Beside['strip'], pool: ScoringPool): Promise<Series> {
  const known = new Map<Float64Array | null, Promise<Cell[]>>();
  const rows = await Promise.all(
    strip.map(({ i1 }) => {
      // The decoder of the scores stands in two groups of the strip, with the same curves.
      const first = i1.find((curve) => curve !== null) ?? null;
      const cells = known.get(first) ?? cellsOf(benchmark, i1, pool);
      known.set(first, cells);
      return cells;
    }),
  );
  const cells = rows.flat();
  return {
    name: 'ost_strip',
    subset: 'all',
    region: REGION,
    axes: [
      { name: 'variant', unit: '', values: strip.map(({ key }) => key) },
      { name: 'metric', unit: '', values: [...STATISTICS, 'ost_solved'] },
    ],
    values: cells.map(({ value }) => value),
    low: cells.map(({ low }) => low),
    high: cells.map(({ high }) => high),
    n: benchmark.labels.length,
    unit: '',
  };
}
