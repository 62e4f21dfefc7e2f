import { differencesFrom, type PairedDifference, type PairedDraws, simultaneousLimit } from './paired-draws.js';

/** Place on the board: 1 is the best; equal scores share the better place. */
export interface RankInterval {
  rank: number;
  /**
   * 95 %, whole numbers: one place behind the models that are better beyond doubt, and before those that are worse
   * beyond doubt. Null when the score is undefined in over a tenth of the draws.
   */
  low: number | null;
  high: number | null;
}

/**
 * Rank of each model with its interval over images (METRICS 9). To be computed over the whole board: a filter of what is
 * shown must not move a model.
 *
 * The interval follows from the paired differences between the model and all others (Mogstad, Romano, Shaikh and Wilhelm
 * 2024): a difference counts when it is larger, in its own standard errors, than the largest of all of them is in 95 % of
 * the draws; those that count are set aside and the rest are asked again, until none does (Romano and Wolf 2005). The
 * quantiles of the ranks themselves over the draws would not do: a draw adds noise to the noise of the sample, so that
 * on a board of near equals the middle places come up too often, and the best and the worst are missed
 * (docs/validity.md). An interval of whole numbers cannot err in just 5 %: where models stand well apart it is one place,
 * and right.
 *
 * @returns null for a model without a score: absent is never last
 */
export function rankIntervals(board: PairedDraws): (RankInterval | null)[] {
  const { values, draws } = board;
  const present = [...values.keys()].filter((m) => !Number.isNaN(values[m]));
  return Array.from(values, (value, m) => {
    if (Number.isNaN(value)) return null;
    const others = present.filter((other) => other !== m);
    const rank = 1 + others.filter((other) => values[other] > value).length;
    if (!mostlyDefined(draws[m])) return { rank, low: null, high: null };
    let open = differencesFrom(board, m, others);
    let better = 0;
    let worse = 0;
    for (;;) {
      const limit = simultaneousLimit(open);
      const beyond = open.filter((pair) => Math.abs(pair.studentised) > limit);
      if (beyond.length === 0) break;
      better += beyond.filter((pair) => pair.studentised > 0).length;
      worse += beyond.filter((pair) => pair.studentised < 0).length;
      open = open.filter((pair) => Math.abs(pair.studentised) <= limit);
    }
    return { rank, low: 1 + better, high: present.length - worse };
  });
}

const mostlyDefined = (draws: Float64Array): boolean =>
  draws.reduce((sum, v) => sum + (Number.isNaN(v) ? 0 : 1), 0) >= 0.9 * draws.length;

/**
 * Tie classes with a fixed anchor (METRICS 9). From the best score down: a model is in the class of the best model of that
 * class, its anchor, as long as their paired difference may be 0; the first whose may not opens the next class as its
 * anchor. Never chained: being tied to a model that is tied to the anchor does not count. A model is never in a better
 * class than one that scores higher.
 *
 * Whether a difference may be 0 is asked with one limit for all pairs of the board (their largest studentised deviation
 * in 95 % of the draws), since the anchor is the best of many by its noise too: with a limit for each pair alone, boards
 * of twenty near equals were cut in two nearly always. So on 95 % of boards each anchor is truly behind the one above.
 * That is all a class says: two models on either side of a cut may be as near as two of one class.
 *
 * @returns the class, from 1; null for a model without a score. Where too few draws define the difference, the two
 *   cannot be told apart
 */
export function tieClasses(board: PairedDraws): (number | null)[] {
  const { values } = board;
  const order = [...values.keys()].filter((m) => !Number.isNaN(values[m])).sort((a, b) => values[b] - values[a]);
  const classes: (number | null)[] = Array.from(values, () => null);
  const pairs: PairedDifference[] = [];
  for (const [place, m] of order.entries()) pairs.push(...differencesFrom(board, m, order.slice(place + 1)));
  const limit = simultaneousLimit(pairs);
  let anchor = order[0];
  let current = 1;
  for (const m of order) {
    if (m !== anchor) {
      const pair = differencesFrom(board, anchor, [m])[0];
      if (pair !== undefined && pair.studentised < -limit) {
        anchor = m;
        current++;
      }
    }
    classes[m] = current;
  }
  return classes;
}
