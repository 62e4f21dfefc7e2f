/** Dense kernels. Imports nothing of ours; the metrics take `Kernels` as an argument and stay pure. */
export { createKernels, describeKernels } from './create-kernels.js';
export { invertPositive } from './inverse.js';
export type { Kernels, ProductShape } from './kernels.js';
export type { Descent, Factor, Loops, SymmetricMatrix } from './loops/loops.js';
export type { AdamStep, Readout } from './loops/readout.js';
export { typescriptLoops } from './loops/typescript.js';
export { createLoops } from './loops/wasm.js';
export { createOrtKernels } from './ort-kernels.js';
export { referenceKernels } from './reference-kernels.js';
