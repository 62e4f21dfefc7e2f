import { type Score, type Series, SUBSETS, type Subset } from '@corescore/contracts';
import { MINIMUM_SUBSET_IMAGES, percentileInterval } from '@corescore/metrics';
import type { Benchmark } from '../../definitions/benchmark.js';
import type { BinPredictivity, SplitValues } from '../../processes/predict-tasks.js';
import { imageCount, REGION } from '../../scoring/score-rows.js';
import { windowBins } from './recordings.js';
import { absentScore, testedImages, windowScore, windowValue } from './window-score.js';

const WINDOWS = { predictivity_early: 'early', predictivity_late: 'late' } as const;
const METRICS_OF_WINDOWS = Object.keys(WINDOWS) as (keyof typeof WINDOWS)[];

/** Predictivity of each bin from the subject's own mixture; null where the clock covers nothing. */
type Predicted = (BinPredictivity | null)[];

const within = (bin: BinPredictivity, subset: Subset): SplitValues | null =>
  subset === 'all' ? bin : (bin.own?.subsets[subset] ?? null);

function ofWindow(benchmark: Benchmark, metric: keyof typeof WINDOWS, subset: Subset, perBin: Predicted): Score {
  const { splits, neuroids } = benchmark.recordings;
  const inside = windowBins(benchmark.bins)[WINDOWS[metric]];
  const bins = inside.map((b) => perBin[b]).filter((p) => p !== null);
  if (bins.length < inside.length)
    return absentScore(benchmark, metric, subset, 'undefined', 'the clock does not cover these bins');
  const found = bins.map((p) => within(p, subset)).filter((p) => p !== null);
  if (found.length < bins.length) {
    const note = `a split tests fewer than ${MINIMUM_SUBSET_IMAGES} of these images`;
    return absentScore(benchmark, metric, subset, 'undefined', note);
  }
  const mean = windowValue(found.map((p) => p.perSplit));
  if (mean === null) return absentScore(benchmark, metric, subset, 'undefined');
  const least = Math.min(...found.map((p) => p.n));
  return windowScore(benchmark, {
    metric,
    subset,
    mean,
    draws: bins.map((p) => p.own?.draws[subset] ?? null),
    bins: inside,
    note:
      subset === 'all'
        ? `${bins[0].mapping}, median over ${least} of ${neuroids} neuroids, mean over ${splits.length} splits and ${bins.length} bins`
        : `median over ${least} of ${neuroids} neuroids`,
  });
}

/** The course over the bins, with the interval over images of each. */
function course(benchmark: Benchmark, perBin: Predicted, subset: Subset): Series {
  const intervals = perBin.map((p) => (p?.own ? percentileInterval(p.own.draws[subset]) : null));
  return {
    name: 'predictivity',
    subset,
    region: REGION,
    axes: [{ name: 'time_bin', unit: 'ms', values: benchmark.bins.map((b) => b.startMs) }],
    values: perBin.map((p) => (p === null ? null : (within(p, subset)?.value ?? null))),
    low: intervals.map((interval) => interval?.low ?? null),
    high: intervals.map((interval) => interval?.high ?? null),
    n: testedImages(benchmark, subset),
    unit: 'r',
  };
}

/**
 * Neural predictivity of IT over time (METRICS 5): each bin from the subject's own features of that bin, over all images
 * and within Control and Challenge.
 * @param own one a bin, null where the clock covers nothing; null altogether when the subject has no features
 */
export function predictivityScores(benchmark: Benchmark, own: Predicted | null): { scores: Score[]; series: Series[] } {
  const windows = SUBSETS.flatMap((subset) => METRICS_OF_WINDOWS.map((metric) => [metric, subset] as const));
  if (own === null) {
    const absent = windows.map(([metric, subset]) => absentScore(benchmark, metric, subset, 'not_run'));
    return { scores: absent, series: [] };
  }
  const courses = SUBSETS.map((subset) => course(benchmark, own, subset));
  const [{ low: _, high: __, ...ofAll }] = courses;
  const ceilings: Series = {
    ...ofAll,
    name: 'predictivity_ceiling',
    // The repetitions are compared over all images, tested or not.
    n: imageCount(benchmark, 'all'),
    values: benchmark.bins.map((___, b) => benchmark.recordings.ceiling(b, 'all')),
  };
  return {
    scores: windows.map(([metric, subset]) => ofWindow(benchmark, metric, subset, own)),
    series: [...courses, ceilings],
  };
}
