import type { ImageResults, Series, Subset } from '@corescore/contracts';

export type Band = Exclude<Subset, 'all'>;
export const BANDS: readonly Band[] = ['control', 'challenge'];

export interface CoursePoint {
  band: Band;
  /** Start of the time bin, ms; null for a model that is not temporal. */
  startMs: number | null;
  value: number;
  low: number | null;
  high: number | null;
}

/** The time course `name` of Control and Challenge, without the bins where it is undefined. */
export function coursePoints(series: readonly Series[], name: string): CoursePoint[] {
  return BANDS.flatMap((band) => {
    const found = series.find((s) => s.name === name && s.subset === band && s.axes.length === 1);
    if (found === undefined) return [];
    const axis = found.axes[0]!;
    return axis.values.flatMap((at, k) => {
      const value = found.values[k];
      if (value == null) return [];
      const startMs = axis.unit === 'ms' && typeof at === 'number' ? at : null;
      return [{ band, startMs, value, low: found.low?.[k] ?? null, high: found.high?.[k] ?? null }];
    });
  });
}

export const isOverTime = (points: readonly CoursePoint[]): points is (CoursePoint & { startMs: number })[] =>
  points.length > 0 && points.every((p) => p.startMs !== null);

export interface SolutionTimes {
  times: { band: Band; ms: number }[];
  /** Images without a solution time, by band. */
  unsolved: Record<Band, number>;
  meanMs: Record<Band, number | null>;
}

/** Solution times by band, for the histogram. */
export function solutionTimes(images: ImageResults): SolutionTimes {
  const times = images.ostMs.flatMap((ms, i) => (ms === null ? [] : [{ band: images.subsets[i]!, ms }]));
  const of = (band: Band) => times.filter((t) => t.band === band).map((t) => t.ms);
  const mean = (values: number[]) => (values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length);
  const total = (band: Band) => images.subsets.filter((s) => s === band).length;
  return {
    times,
    unsolved: {
      control: total('control') - of('control').length,
      challenge: total('challenge') - of('challenge').length,
    },
    meanMs: { control: mean(of('control')), challenge: mean(of('challenge')) },
  };
}

/** Edges of the histogram: the benchmark's own time bins, of one width. */
export function binEdges(startsMs: readonly (number | null)[]): number[] {
  const starts = startsMs.filter((s) => s !== null);
  if (starts.length < 2) return starts;
  return [...starts, starts.at(-1)! + (starts[1]! - starts[0]!)];
}
