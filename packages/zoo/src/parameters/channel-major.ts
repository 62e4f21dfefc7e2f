import { elementsOf, type ParameterKind } from './specs.js';

/**
 * Order of the axes with channels first, as ONNX and PyTorch have them: kernels [out][in][height][width] and, of
 * transposed convolutions, [in][out][height][width], which is the same exchange.
 */
const AXES: Record<ParameterKind, readonly number[]> = {
  kernel: [3, 2, 0, 1],
  map: [2, 0, 1],
  channels: [0],
  dense: [0, 1],
  units: [0],
};

/** A vector over channels gets two axes of 1 behind, so that it spreads over height and width. */
export function channelMajorShape(kind: ParameterKind, shape: readonly number[]): number[] {
  const moved = AXES[kind].map((axis) => shape[axis]!);
  return kind === 'channels' ? [...moved, 1, 1] : moved;
}

/** Values in that order. */
export function channelMajor(kind: ParameterKind, shape: readonly number[], values: Float32Array): Float32Array {
  return transposed(values, shape, AXES[kind]);
}

/** @param axes for each axis of the result the one of the values that it is */
export function transposed(values: Float32Array, shape: readonly number[], axes: readonly number[]): Float32Array {
  if (axes.every((axis, i) => axis === i)) return values;
  const steps = axes.map((axis) => elementsOf(shape.slice(axis + 1)));
  const sizes = axes.map((axis) => shape[axis]!);
  const out = new Float32Array(values.length);
  const at = sizes.map(() => 0);
  let from = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = values[from]!;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++at[axis]! < sizes[axis]!) break;
      from -= steps[axis]! * sizes[axis]!;
      at[axis] = 0;
    }
  }
  return out;
}
