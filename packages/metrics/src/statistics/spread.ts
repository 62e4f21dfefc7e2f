import { studentTQuantile } from './student-t.js';

export interface Spread {
  mean: number;
  /** Standard deviation of the values (ddof 1). */
  deviation: number;
  least: number;
  most: number;
  /** Where another repetition falls in 95 % of cases: Student's prediction interval. */
  low: number;
  high: number;
}

/**
 * Mean and spread of one number over independent repetitions of the whole that made it (labels shuffled anew), two at least:
 * nothing need be known of how the parts of one repetition hang together.
 */
export function spread(values: readonly number[]): Spread {
  const n = values.length;
  if (n < 2) throw new RangeError(`a spread of ${n} values`);
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1));
  const half = studentTQuantile(0.975, n - 1) * deviation * Math.sqrt(1 + 1 / n);
  return {
    mean,
    deviation,
    least: Math.min(...values),
    most: Math.max(...values),
    low: mean - half,
    high: mean + half,
  };
}
