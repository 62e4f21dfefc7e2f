/**
 * Metrics (METRICS): typed arrays in, numbers out. No I/O; random numbers come from seeds that are passed in.
 * The dense kernels are an argument (`Kernels` of @corescore/linalg).
 */
export * from './bootstrap.js';
export * from './correlation.js';
export * from './decode.js';
export * from './decode-step.js';
export * from './delay.js';
export * from './folds.js';
export * from './i1.js';
export * from './k-fold.js';
export * from './normal.js';
export * from './ost.js';
export * from './platt.js';
export * from './probabilities.js';
export * from './random-state.js';
export * from './splits.js';
export * from './time.js';
