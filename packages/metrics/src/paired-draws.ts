import { bootstrap } from './bootstrap.js';

/** A score over the images at `rows`, which may repeat; null (or NaN) where undefined. Higher is better. */
export type Statistic = (rows: Int32Array) => number | null;

/** Several scores on the same images and on the same resamples of them. */
export interface PairedDraws {
  /** The score over all images, one a statistic; NaN where absent or undefined. */
  values: Float64Array;
  /** [statistic][draw]; NaN where undefined. */
  draws: Float64Array[];
}

/**
 * Evaluates all statistics on the draws of `bootstrap(n, draws, seed)` (METRICS 9: the same draws for all models).
 * @param statistics null: no score, stays NaN
 */
export function pairedDraws(
  statistics: readonly (Statistic | null)[],
  n: number,
  draws: number,
  seed: number,
): PairedDraws {
  const value = (statistic: Statistic | null, rows: Int32Array) => statistic?.(rows) ?? Number.NaN;
  const all = Int32Array.from({ length: n }, (_, i) => i);
  const out = statistics.map(() => new Float64Array(draws).fill(Number.NaN));
  let draw = 0;
  bootstrap(n, draws, seed, (rows) => {
    for (const [s, statistic] of statistics.entries()) out[s][draw] = value(statistic, rows);
    draw++;
    return 0;
  });
  return { values: Float64Array.from(statistics, (statistic) => value(statistic, all)), draws: out };
}

/**
 * 2.5 to 97.5 % of draws, at the order statistics outside of it: whole numbers stay whole.
 * @returns null when fewer than 90 % are defined, as `bootstrap`
 */
export function outerInterval(draws: Float64Array): { low: number; high: number } | null {
  const sorted = draws.filter((v) => !Number.isNaN(v)).sort();
  if (sorted.length === 0 || sorted.length < 0.9 * draws.length) return null;
  const last = sorted.length - 1;
  return { low: sorted[Math.floor(0.025 * last)], high: sorted[Math.ceil(0.975 * last)] };
}
