import type { Score, Series } from '@corescore/contracts';
import type { Benchmark } from '../../definitions/benchmark.js';
import type { Added } from '../../processes/predict-tasks.js';
import { REGION } from '../../scoring/score-rows.js';
import type { StepPredictivity } from './over-steps.js';
import { windowBins } from './recordings.js';
import { absentScore, meanOf, testedImages, windowScore, windowValue } from './window-score.js';

const BEST = { predictivity_best_step_early: 'early', predictivity_best_step_late: 'late' } as const;
const BEST_METRICS = Object.keys(BEST) as (keyof typeof BEST)[];
const ADDED = 'predictivity_added_late' as const;

/** Medians of each split from the step it chose; null where none stood. */
const ofChosen = ({ matrix, chosen }: StepPredictivity, bin: number): (number | null)[] =>
  chosen[bin].map((row, s) => (row < 0 ? null : matrix[row][bin].perSplit[s]));

/** "step 4 in 38 of 50, step 3 in 12 of 50". */
function votes({ steps, chosen }: StepPredictivity, bins: readonly number[]): string {
  const all = bins.flatMap((b) => chosen[b]);
  return steps
    .map((step, row) => ({ step, count: all.filter((choice) => choice === row).length }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ step, count }) => `step ${step} in ${count} of ${all.length}`)
    .join(', ');
}

/** Said where the choice is not among all steps. */
const someSteps = ({ steps, scoredSteps }: StepPredictivity): string =>
  steps.length < scoredSteps ? `, among ${steps.length} of ${scoredSteps} steps, evenly spaced` : '';

function bestScore(benchmark: Benchmark, metric: keyof typeof BEST, seen: StepPredictivity): Score {
  const bins = windowBins(benchmark.bins)[BEST[metric]];
  const mean = windowValue(bins.map((b) => ofChosen(seen, b)));
  if (mean === null) return absentScore(benchmark, metric, 'all', 'undefined');
  return windowScore(benchmark, {
    metric,
    subset: 'all',
    mean,
    draws: bins.map((b) => seen.chosenDraws[b]),
    bins,
    note: `${votes(seen, bins)} choices (splits and bins)${someSteps(seen)}, each made without the images that the split tests`,
  });
}

/**
 * Late IT beyond the first step (METRICS 5): what the first scored step and the bin's own mixture explain side by side, less
 * what the first step explains alone (`addedVariance`), mean over the late bins. Ceiled, it is of what could be explained the
 * share that only the later steps explain.
 */
function addedScore(benchmark: Benchmark, seen: StepPredictivity): Score {
  const absent = (note?: string): Score => absentScore(benchmark, ADDED, 'all', 'undefined', note);
  const { late } = windowBins(benchmark.bins);
  if (late.some((b) => !seen.covered[b])) return absent('the clock does not cover these bins');
  const found = late.map((b) => seen.added[b]).filter((a): a is Added => a !== null);
  if (found.length < late.length) return absent('the clock reads late IT from the first step itself');
  const mean = windowValue(found.map((a) => a.variance.perSplit));
  if (mean === null) return absent();
  const share = (of: 'first' | 'both'): string => meanOf(found.map((a) => a.variance[of] ?? Number.NaN)).toFixed(3);
  const least = Math.min(...found.map((a) => a.variance.n));
  return windowScore(benchmark, {
    metric: ADDED,
    subset: 'all',
    mean,
    draws: found.map((a) => a.draws),
    bins: late,
    note: `median difference over ${least} of ${benchmark.recordings.neuroids} neuroids; at the median R² ${share('first')} from step ${seen.steps[0]} alone, ${share('both')} with the bin’s own features beside it, each at least 0`,
  });
}

/** The matrix, its errors, the clock's mapping, the chosen steps and what they score. */
function stepSeries(benchmark: Benchmark, seen: StepPredictivity): Series[] {
  const bins = { name: 'time_bin', unit: 'ms', values: benchmark.bins.map((b) => b.startMs) };
  const steps = { name: 'step', unit: '', values: seen.steps };
  const base = { subset: 'all' as const, region: REGION, n: testedImages(benchmark, 'all') };
  const cells = (name: string, unit: string, values: (number | null)[]): Series => ({
    ...base,
    name,
    axes: [steps, bins],
    values,
    unit,
  });
  return [
    cells(
      'predictivity_matrix',
      'r',
      seen.matrix.flatMap((row) => row.map((cell) => cell.value)),
    ),
    cells(
      'predictivity_matrix_error',
      'r',
      seen.matrix.flatMap((row) => row.map((cell) => cell.error)),
    ),
    // The clock alone: no image enters.
    { ...cells('time_mapping', 'weight', seen.mapping.flat()), n: 0 },
    cells(
      'best_step_choices',
      'splits',
      seen.steps.flatMap((_, row) => seen.chosen.map((choices) => choices.filter((c) => c === row).length)),
    ),
    {
      ...base,
      name: 'predictivity_best_step',
      axes: [bins],
      values: benchmark.bins.map((_, b) => windowValue([ofChosen(seen, b)])?.value ?? null),
      unit: 'r',
    },
  ];
}

/** Scores and series over the subject's own steps. */
export const stepScores = (benchmark: Benchmark, seen: StepPredictivity): { scores: Score[]; series: Series[] } => ({
  scores: [...BEST_METRICS.map((m) => bestScore(benchmark, m, seen)), addedScore(benchmark, seen)],
  series: stepSeries(benchmark, seen),
});
