/** Dense kernels. Imports nothing of ours; the metrics take `Kernels` as an argument and stay pure. */

export { invertPositive } from './inverse.js';
export type { Kernels, ProductShape } from './kernels.js';
export type { Descent, Factor, Loops, SymmetricMatrix } from './loops/loops.js';
export { typescriptLoops } from './loops/typescript.js';
export { createLoops } from './loops/wasm.js';
export * from './ort-kernels.js';
export * from './reference-kernels.js';
