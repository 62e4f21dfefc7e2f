/**
 * How a tensor starts. Kernels before a rectifier are He normal, those of gates, LSTM cells and the read-out Glorot
 * uniform; `scale` shrinks top-down and feedback kernels, which would otherwise drown what comes up.
 */
export type Start =
  | { kind: 'he-normal' | 'glorot-uniform'; fanIn: number; fanOut: number; scale: number }
  | { kind: 'constant'; value: number };

/**
 * What a tensor is, and so in which layout it is given: `kernel` [height][width][in][out] or, of a transposed
 * convolution, [height][width][out][in]; `channels` one number a channel; `map` [height][width][channel];
 * `dense` [in][out] and `units` [out] of the read-out.
 */
export type ParameterKind = 'kernel' | 'channels' | 'map' | 'dense' | 'units';

export interface ParameterSpec {
  readonly name: string;
  readonly kind: ParameterKind;
  readonly shape: readonly number[];
  readonly start: Start;
}

export const elementsOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Values of all tensors of a model by name, row-major in their layout. */
export type ParameterValues = ReadonlyMap<string, Float32Array>;
