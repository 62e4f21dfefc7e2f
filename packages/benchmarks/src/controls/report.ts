import type { Score, Series } from '@corescore/contracts';
import type { Benchmark } from '../definitions/benchmark.js';
import type { ScoringPool } from '../processes/pool.js';
import { floors } from './floor.js';
import { generalisationSeries } from './generalisation.js';
import { nativeScores } from './native.js';
import type { Beside } from './observe.js';
import { BESIDE } from './plan.js';
import { stripSeries } from './strip.js';

function notesOf(benchmark: Benchmark, beside: Beside): string[] {
  const missing = beside.strip.filter(({ i1 }) => i1.every((curve) => curve === null)).map(({ key }) => key);
  const ratio = benchmark.trialNoise().toFixed(2);
  const strip =
    beside.strip.length === 0
      ? []
      : [
          `Strip and temporal generalisation: first of ${benchmark.folds.length} repetitions of the folds, ${BESIDE.draws} bootstrap draws; trial noise of ${ratio} times each feature’s variance, as in the target.`,
        ];
  return missing.length === 0
    ? strip
    : [...strip, `Not in the strip: ${missing.join(', ')} (too few features, or not defined).`];
}

/**
 * What stands beside the scores (METRICS 4): native steps, chance and floor as scores and courses, the strip, temporal
 * generalisation.
 * @param beside null: none of it was run (a null row)
 */
export async function besideReport(
  benchmark: Benchmark,
  beside: Beside | null,
  temporal: boolean,
  pool: ScoringPool,
): Promise<{ scores: Score[]; series: Series[]; notes: string[] }> {
  const floor = floors(benchmark, beside, temporal);
  const native = await nativeScores(benchmark, beside, temporal, pool);
  const series = [...floor.series];
  if (beside !== null && beside.strip.length > 0) series.push(await stripSeries(benchmark, beside.strip, pool));
  if (beside?.generalisation) series.push(generalisationSeries(benchmark, beside.generalisation));
  return {
    scores: [...native, ...floor.scores],
    series,
    notes: beside === null ? [] : notesOf(benchmark, beside),
  };
}
