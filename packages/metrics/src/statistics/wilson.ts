/** 97.5 % quantile of the standard normal. */
const Z = 1.959963984540054;

/**
 * Wilson's score interval, 95 %, of `correct` of `n` (Wilson 1927): within [0, 1] and sound near its ends, where the
 * usual p ± 1.96 se is not. It takes the trials for independent: of rows that were decoded with one another it is too narrow
 * (`heldOutShare`).
 */
export function wilson(correct: number, n: number): { low: number; high: number } {
  const p = correct / n;
  const z2 = (Z * Z) / n;
  const centre = (p + z2 / 2) / (1 + z2);
  const half = (Z * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n))) / (1 + z2);
  // Rounding must not push a bound past what is possible.
  return { low: correct === 0 ? 0 : centre - half, high: correct === n ? 1 : centre + half };
}
