/**
 * Dense loops in WebAssembly SIMD, f64. Compiled twice, with relaxed SIMD (fused multiply-add) and without: see
 * `src/loops/wasm.ts`. Each has its plain TypeScript twin in `src/loops/typescript.ts`; one conformance suite passes both.
 * Pointers are byte offsets; matrices are row-major.
 */
export { cholesky } from './cholesky';
export { addRows, descend } from './descend';
export { adam, addOuter, gatherRows, readOut, scaleInto } from './readout';
export { multiplySymmetric, powerMethod, subtractPair } from './symmetric';
export { pack, solve } from './triangular';

export function allocate(bytes: usize): usize {
  return heap.alloc(bytes);
}

export function release(at: usize): void {
  heap.free(at);
}
