import { wilson } from '../statistics/wilson.js';

export interface HeldOutShare {
  value: number;
  /** 95 % interval. */
  low: number;
  high: number;
}

/**
 * Share of rows that came out (right, solved), each held out once, with a 95 % interval that does not take the rows for
 * independent: those of a fold share a classifier, and the classifiers of all folds most of their training rows. It is
 * Wilson's interval with the number of rows that independent ones would need for the same variance (Korn & Graubard 1998):
 * the variance of the share is that between folds, weighted by their size, or the binomial one where that is larger, times
 * 1 + K / (K - 1) for K folds, since the spread of the folds does not show what their training rows have in common (Nadeau
 * & Bengio 2003: 1 / K + n_test / n_train in place of 1 / K). docs/validity.md says how often it holds chance.
 *
 * @param hits 1 where it came out, 0 elsewhere, one a row
 * @param fold fold of each row, two at least; need not be equally large
 */
export function heldOutShare(hits: ArrayLike<number>, fold: ArrayLike<number>): HeldOutShare {
  const n = hits.length;
  if (n === 0 || fold.length !== n) throw new RangeError(`folds of ${fold.length} rows for ${n}`);
  const folds = new Map<number, { rows: number; hits: number }>();
  let all = 0;
  for (let i = 0; i < n; i++) {
    const one = folds.get(fold[i]) ?? { rows: 0, hits: 0 };
    one.rows++;
    one.hits += hits[i];
    all += hits[i];
    folds.set(fold[i], one);
  }
  const k = folds.size;
  if (k < 2) throw new RangeError('two folds at least');
  const value = all / n;
  const binomial = (value * (1 - value)) / n;
  let between = 0;
  for (const one of folds.values()) between += ((one.hits - value * one.rows) / n) ** 2 * (k / (k - 1));
  const inflation = (1 + k / (k - 1)) * (binomial > 0 ? Math.max(1, between / binomial) : 1);
  return { value, ...wilson(all / inflation, n / inflation) };
}
