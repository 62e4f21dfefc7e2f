import { readFileSync } from 'node:fs';

/** A JSON file of `fixtures/`; its README says how each was made. */
export const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'));

export const maxDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`);
  let max = 0;
  for (let i = 0; i < a.length; i++) {
    // NaN must not hide behind a comparison.
    if (Number.isNaN(a[i]) !== Number.isNaN(b[i])) return Number.POSITIVE_INFINITY;
    if (!Number.isNaN(a[i])) max = Math.max(max, Math.abs(a[i] - b[i]));
  }
  return max;
};
