/** Dense kernels. Imports nothing of ours; the metrics take `Kernels` as an argument and stay pure. */
export * from './cholesky.js';
export type { Kernels } from './kernels.js';
export * from './ort-kernels.js';
export * from './reference-kernels.js';
