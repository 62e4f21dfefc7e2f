import { smallRandom } from './small-random.js';

export interface BootstrapInterval {
  low: number;
  high: number;
  /** Draws in which the statistic was defined. */
  defined: number;
}

/** Fewer defined draws than this share: no interval. */
const MINIMUM_DEFINED = 0.9;

/**
 * How often each image stands in each draw of `bootstrap(n, draws, seed)`: [draw][image]. For statistics that are
 * weighted sums over images.
 */
export function imageCounts(n: number, draws: number, seed: number): Uint16Array {
  const random = smallRandom(seed);
  const counts = new Uint16Array(draws * n);
  for (let draw = 0; draw < draws; draw++) for (let i = 0; i < n; i++) counts[draw * n + random(n)]++;
  return counts;
}

/**
 * 95 % percentile interval of a statistic's draws.
 * @param values one a draw, NaN where undefined
 * @returns null when fewer than 90 % are defined
 */
export function percentileInterval(values: Float64Array): BootstrapInterval | null {
  const sorted = values.filter((v) => !Number.isNaN(v)).sort();
  if (sorted.length === 0 || sorted.length < MINIMUM_DEFINED * values.length) return null;
  return { low: percentile(sorted, 0.025), high: percentile(sorted, 0.975), defined: sorted.length };
}

/** NumPy's default percentile: linear between order statistics. */
function percentile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/**
 * Percentile bootstrap, 95 % (METRICS 1). The same (n, draws, seed) gives the same draws whatever the statistic, so that
 * subjects are resampled together.
 *
 * @param statistic value over the drawn rows, null (or NaN) where undefined; the array is reused between draws
 * @returns null when fewer than 90 % of the draws are defined
 */
export function bootstrap(
  n: number,
  draws: number,
  seed: number,
  statistic: (rows: Int32Array) => number | null,
): BootstrapInterval | null {
  if (n < 1 || draws < 1) return null;
  const random = smallRandom(seed);
  const rows = new Int32Array(n);
  const values = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw++) {
    for (let i = 0; i < n; i++) rows[i] = random(n);
    values[draw] = statistic(rows) ?? Number.NaN;
  }
  return percentileInterval(values);
}
