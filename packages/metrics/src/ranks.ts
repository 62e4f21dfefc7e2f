import { outerInterval, type PairedDraws } from './paired-draws.js';

/** Place on the board: 1 is the best; equal scores share the better place. */
export interface RankInterval {
  rank: number;
  /** 2.5-97.5 % over the draws, whole numbers; null when the score is undefined in over a tenth of the draws. */
  low: number | null;
  high: number | null;
}

/**
 * Rank of each model with its bootstrap interval over images (METRICS 9). To be computed over the whole board: a filter of
 * what is shown must not move a model.
 *
 * Within a draw, `low` takes the place that a tied model has at best (one after those strictly better) and `high` the one
 * it has at worst. A model whose score is undefined in a draw stands behind all others there.
 *
 * @returns null for a model without a score: absent is never last
 */
export function rankIntervals({ values, draws }: PairedDraws): (RankInterval | null)[] {
  const present = [...values.keys()].filter((m) => !Number.isNaN(values[m]));
  const length = draws[0]?.length ?? 0;
  const best = new Map(present.map((m) => [m, new Float64Array(length)]));
  const worst = new Map(present.map((m) => [m, new Float64Array(length)]));
  for (let draw = 0; draw < length; draw++) {
    const score = (m: number) => (Number.isNaN(draws[m][draw]) ? Number.NEGATIVE_INFINITY : draws[m][draw]);
    const descending = Float64Array.from(present, (m) => -score(m)).sort();
    for (const m of present) {
      best.get(m)![draw] = 1 + countBelow(descending, -score(m), false);
      worst.get(m)![draw] = countBelow(descending, -score(m), true);
    }
  }
  return Array.from(values, (value, m) => {
    if (Number.isNaN(value)) return null;
    const rank = 1 + present.filter((other) => values[other] > value).length;
    // Asked of the scores: only they know in which draws they are undefined.
    const defined = outerInterval(draws[m]) !== null;
    return {
      rank,
      low: defined ? outerInterval(best.get(m)!)!.low : null,
      high: defined ? outerInterval(worst.get(m)!)!.high : null,
    };
  });
}

/** How many values of an ascending array are below `limit` (or equal to it, where these count too). */
function countBelow(sorted: Float64Array, limit: number, orEqual: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < limit || (orEqual && sorted[middle] === limit)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Tie classes with a fixed anchor (METRICS 9). From the best score down: a model is in the class of the best model of that
 * class, its anchor, as long as the 95 % interval of their paired difference holds 0; the first that does not opens the
 * next class as its anchor. Never chained: being tied to a model that is tied to the anchor does not count. A model is
 * never in a better class than one that scores higher.
 *
 * @returns the class, from 1; null for a model without a score. Where too few draws define the difference, the two
 *   cannot be told apart
 */
export function tieClasses({ values, draws }: PairedDraws): (number | null)[] {
  const order = [...values.keys()].filter((m) => !Number.isNaN(values[m])).sort((a, b) => values[b] - values[a]);
  const classes: (number | null)[] = Array.from(values, () => null);
  let anchor = order[0];
  let current = 1;
  for (const m of order) {
    const interval = outerInterval(draws[anchor].map((v, draw) => v - draws[m][draw]));
    if (values[m] < values[anchor] && interval !== null && interval.low > 0) {
      anchor = m;
      current++;
    }
    classes[m] = current;
  }
  return classes;
}
