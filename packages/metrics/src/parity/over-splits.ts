/** Brain-Score's mean over splits and its standard error. */
export interface OverSplits {
  /** Mean over the splits that have a value; null where none has. */
  value: number | null;
  /** Population standard deviation over them / sqrt(all splits); null for fewer than two, where Brain-Score says 0. */
  error: number | null;
}

/**
 * A split without a value is skipped, but it counts in the error's root: Brain-Score divides by the length of the
 * dimension (brainscore-vision 2.4.2, `standard_error_of_the_mean`).
 */
export function overSplits(values: readonly (number | null)[]): OverSplits {
  const defined = values.filter((value) => value !== null);
  if (defined.length === 0) return { value: null, error: null };
  const mean = defined.reduce((sum, value) => sum + value, 0) / defined.length;
  const variance = defined.reduce((sum, value) => sum + (value - mean) ** 2, 0) / defined.length;
  return { value: mean, error: defined.length < 2 ? null : Math.sqrt(variance / values.length) };
}
