import { bootstrap, MINIMUM_DEFINED } from './bootstrap.js';

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
  if (sorted.length === 0 || sorted.length < MINIMUM_DEFINED * draws.length) return null;
  const last = sorted.length - 1;
  return { low: sorted[Math.floor(0.025 * last)], high: sorted[Math.ceil(0.975 * last)] };
}

/** Another model minus this one, over the draws. */
export interface PairedDifference {
  other: number;
  /** The difference in its standard errors; infinite where it is the same, and not 0, in every draw. */
  studentised: number;
  /** [draw] deviation from the mean over the draws, in standard errors; 0 where undefined. */
  deviations: Float64Array;
}

/**
 * The differences between `others` and `model`; a pair that is undefined in over a tenth of the draws is left out, since
 * it tells nothing apart.
 */
export function differencesFrom(
  { values, draws }: PairedDraws,
  model: number,
  others: readonly number[],
): PairedDifference[] {
  const found: PairedDifference[] = [];
  for (const other of others) {
    const deviations = draws[other].map((v, draw) => v - draws[model][draw]);
    let sum = 0;
    let defined = 0;
    for (const v of deviations) {
      if (Number.isNaN(v)) continue;
      sum += v;
      defined++;
    }
    if (defined < Math.max(1, MINIMUM_DEFINED * deviations.length)) continue;
    let square = 0;
    for (let draw = 0; draw < deviations.length; draw++) {
      deviations[draw] = Number.isNaN(deviations[draw]) ? 0 : deviations[draw] - sum / defined;
      square += deviations[draw] ** 2;
    }
    const error = Math.sqrt(square / defined);
    if (error > 0) for (let draw = 0; draw < deviations.length; draw++) deviations[draw] /= error;
    const difference = values[other] - values[model];
    found.push({ other, studentised: difference === 0 ? 0 : difference / error, deviations });
  }
  return found;
}

/** What the largest deviation among the pairs stays below in 95 % of the draws (max-t); 0 without pairs. */
export function simultaneousLimit(pairs: readonly PairedDifference[]): number {
  if (pairs.length === 0) return 0;
  const largest = new Float64Array(pairs[0].deviations.length);
  for (const { deviations } of pairs) {
    for (let draw = 0; draw < largest.length; draw++)
      largest[draw] = Math.max(largest[draw], Math.abs(deviations[draw]));
  }
  return largest.sort()[Math.ceil(0.95 * (largest.length - 1))];
}
