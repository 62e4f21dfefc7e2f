import { smallRandom } from './small-random.js';

export interface BootstrapInterval {
  low: number;
  high: number;
  /** Draws in which the statistic was defined. */
  defined: number;
}

/** Fewer defined draws than this share: no interval. */
const MINIMUM_DEFINED = 0.9;

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
  let defined = 0;
  for (let draw = 0; draw < draws; draw++) {
    for (let i = 0; i < n; i++) rows[i] = random(n);
    const value = statistic(rows);
    if (value !== null && !Number.isNaN(value)) values[defined++] = value;
  }
  if (defined < MINIMUM_DEFINED * draws) return null;
  const sorted = values.subarray(0, defined).sort();
  return { low: percentile(sorted, 0.025), high: percentile(sorted, 0.975), defined };
}
