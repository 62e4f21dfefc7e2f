/**
 * What the controls are made with (METRICS 4). All but the native steps use the first repetition of the folds alone. Fixed
 * for all benchmarks, no part of a definition.
 */
export const CONTROLS = {
  cs: [1e-4, 1e-3, 1e-2, 1e-1],
  features: [100, 424],
  seeds: { features: 1, noise: 2, labels: [3, 5, 6, 7, 8], twin: 4 },
  /** Bootstrap draws of an interval of the sensitivity. */
  draws: 1000,
} as const;
