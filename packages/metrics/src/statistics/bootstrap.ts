import { smallRandom } from '../random/small-random.js';

export interface BootstrapInterval {
  low: number;
  high: number;
  /** Draws in which the statistic was defined. */
  defined: number;
}

/** Fewer defined draws than this share: no interval. */
export const MINIMUM_DEFINED = 0.9;
const LOW = 0.025;
const HIGH = 0.975;

/** A statistic over rows, which may repeat; null (or NaN) where undefined. The array is reused between calls. */
type OverRows = (rows: Int32Array) => number | null;

/**
 * How often each image stands in each draw of `bootstrap(n, draws, seed)`: [draw][image]. For statistics that are
 * weighted sums over images.
 */
export function imageCounts(n: number, draws: number, seed: number): Readonly<Uint16Array> {
  const key = `${n} ${draws} ${seed}`;
  if (lastCounts?.key === key) return lastCounts.counts;
  const random = smallRandom(seed);
  const counts = new Uint16Array(draws * n);
  for (let draw = 0; draw < draws; draw++) for (let i = 0; i < n; i++) counts[draw * n + random(n)]++;
  lastCounts = { key, counts };
  return counts;
}

/** All bins of a run ask for the same. */
let lastCounts: { key: string; counts: Uint16Array } | undefined;

/**
 * 95 % percentile interval of a statistic's draws.
 * @param values one a draw, NaN where undefined
 * @returns null when fewer than 90 % are defined
 */
export function percentileInterval(values: Float64Array): BootstrapInterval | null {
  const sorted = definedDraws(values);
  return sorted && { low: percentile(sorted, LOW), high: percentile(sorted, HIGH), defined: sorted.length };
}

/** Sorted; null when fewer than 90 % are defined. */
function definedDraws(values: Float64Array): Float64Array | null {
  const defined = values.filter((v) => !Number.isNaN(v)).sort();
  return defined.length === 0 || defined.length < MINIMUM_DEFINED * values.length ? null : defined;
}

/**
 * Linear between order statistics, the k-th of B standing for the share k / (B + 1): with (k - 1) / (B - 1), as NumPy has it,
 * intervals from few draws come out narrow.
 */
function percentile(sorted: Float64Array, share: number): number {
  const at = Math.max(0, Math.min(sorted.length - 1, share * (sorted.length + 1) - 1));
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
export function bootstrap(n: number, draws: number, seed: number, statistic: OverRows): BootstrapInterval | null {
  if (n < 1 || draws < 1) return null;
  const values = resample(allRows(n), draws, smallRandom(seed), statistic);
  return values && { low: percentile(values, LOW), high: percentile(values, HIGH), defined: values.length };
}

export interface MeanSampling {
  /** Stratum of each value: as many are drawn from each as it has, as the images of a set are drawn band by band. */
  strata?: ArrayLike<number>;
  /** The least and the largest value that there can be, where known: the shares of a mean of hits are within [0, 1]. */
  support?: { low: number; high: number };
}

/**
 * 95 % interval of a mean; NaN are left out. Without strata the interval of a mean over two bands far apart is too wide:
 * the share of each band is fixed in the set, and varies in a plain resample. With a support, half of the draws, with its
 * lower end once more in each stratum, give `low`, and half, with its upper end, `high`: of 330 images all of which are
 * right the plain interval is [1, 1] (docs/validity.md; Gaffke 2005).
 *
 * @returns null without values
 */
export function bootstrapMean(
  values: Float64Array,
  draws: number,
  seed: number,
  { strata, support }: MeanSampling = {},
): BootstrapInterval | null {
  const groups = new Map<number, number[]>();
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    const group = groups.get(strata?.[i] ?? 0);
    if (group === undefined) groups.set(strata?.[i] ?? 0, [value]);
    else group.push(value);
  }
  if (groups.size === 0 || draws < 1) return null;
  const pools = [...groups.values()];
  const random = smallRandom(seed);
  if (support === undefined) {
    const means = resampledMeans(pools, draws, random);
    return { low: percentile(means, LOW), high: percentile(means, HIGH), defined: draws };
  }
  const half = Math.ceil(draws / 2);
  const lows = resampledMeans(pools, half, random, support.low);
  const highs = resampledMeans(pools, half, random, support.high);
  return { low: percentile(lows, LOW), high: percentile(highs, HIGH), defined: 2 * half };
}

/** Ascending means of resamples of the pools, each of which has `extra` once more where given. */
function resampledMeans(
  pools: readonly number[][],
  draws: number,
  random: (n: number) => number,
  extra?: number,
): Float64Array {
  const from = pools.map((pool) => Float64Array.from(extra === undefined ? pool : [...pool, extra]));
  const total = pools.reduce((sum, pool) => sum + pool.length, 0);
  const means = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw++) {
    for (const [p, pool] of from.entries()) {
      let sum = 0;
      for (let i = 0; i < pool.length; i++) sum += pool[random(pool.length)];
      // A pool weighs what it has of the images, the extra value aside.
      means[draw] += ((sum / pool.length) * pools[p].length) / total;
    }
  }
  return means.sort();
}

const allRows = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i);

/** The defined values in ascending order; null when they are fewer than 90 % of the draws. */
function resample(
  from: Int32Array,
  draws: number,
  random: (n: number) => number,
  statistic: OverRows,
): Float64Array | null {
  const rows = new Int32Array(from.length);
  const values = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw++) {
    for (let i = 0; i < rows.length; i++) rows[i] = from[random(rows.length)];
    values[draw] = statistic(rows) ?? Number.NaN;
  }
  return definedDraws(values);
}
