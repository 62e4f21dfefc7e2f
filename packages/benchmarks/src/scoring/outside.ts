import type { Score, Series } from '@corescore/contracts';

/** The mean of equal values and that of a resample of them differ by rounding: that is no difference. */
const ROUNDING = 1e-12;

const isOutside = (value: number | null | undefined, low: number | null | undefined, high: number | null | undefined) =>
  value != null &&
  low != null &&
  high != null &&
  Math.max(low - value, value - high) > ROUNDING * Math.max(1, Math.abs(value));

/**
 * A percentile interval is of the statistic's resampled values: where resampling moves them (a median of correlations, a mean
 * of few images) the value itself may lie outside. It is said wherever it is so.
 */
export function noteOutside(score: Score): Score {
  if (!isOutside(score.value, score.low, score.high)) return score;
  const words = 'the interval does not contain the value: its ends are percentiles over resampled images';
  return { ...score, note: score.note === undefined ? words : `${score.note}; ${words}` };
}

/** The same of the values of series, in one sentence. */
export function outsideNotes(series: readonly Series[]): string[] {
  const found = series.flatMap(({ name, subset, axes, values, low, high }) => {
    const places = [...values.keys()]
      .filter((at) => isOutside(values[at], low?.[at], high?.[at]))
      .map((at) => place(axes, at));
    return places.length === 0 ? [] : [`${name} (${subset}) at ${places.join(', ')}`];
  });
  if (found.length === 0) return [];
  return [
    `Intervals that do not contain their value, as percentiles over resampled images need not: ${found.join('; ')}.`,
  ];
}

/** Where a value stands on its axes: "70 ms", "C 1e-4 / ost_rho". */
function place(axes: Series['axes'], at: number): string {
  const words: string[] = [];
  let rest = at;
  for (const { values, unit } of [...axes].reverse()) {
    words.unshift(`${values[rest % values.length]}${unit === '' ? '' : ` ${unit}`}`);
    rest = Math.floor(rest / values.length);
  }
  return words.join(' / ');
}
