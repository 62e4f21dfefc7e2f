import { decodeFloat16, encodeFloat16 } from '@corescore/formats/float16';
import * as ort from 'onnxruntime-node';
import { modelFailure } from '../failure.js';

/** Types that images may be handed over in. */
export const IMAGE_TYPES: readonly string[] = ['float32', 'float16', 'float64', 'uint8'];

/** Preprocessed images as a tensor of the type the model takes; bytes are rounded, and clamped to 0..255. */
export function imageTensor(type: string, values: Float32Array, dims: readonly number[]): ort.Tensor {
  if (type === 'float16') return new ort.Tensor('float16', encodeFloat16(values), dims);
  if (type === 'float64') return new ort.Tensor('float64', Float64Array.from(values), dims);
  // Rounds half to even and clamps, which plain Uint8Array does not.
  if (type === 'uint8') return new ort.Tensor('uint8', new Uint8Array(Uint8ClampedArray.from(values).buffer), dims);
  return new ort.Tensor('float32', values, dims);
}

/** A state tensor before the first step: zeros of the type that the model declares. */
export function zeros(type: string, dims: readonly number[], field: string): ort.Tensor {
  const size = dims.reduce((product, dim) => product * dim, 1);
  switch (type) {
    case 'float32':
      return new ort.Tensor('float32', new Float32Array(size), dims);
    case 'float16':
      return new ort.Tensor('float16', new Uint16Array(size), dims);
    case 'float64':
      return new ort.Tensor('float64', new Float64Array(size), dims);
    case 'int64':
      return new ort.Tensor('int64', new BigInt64Array(size), dims);
    case 'int32':
      return new ort.Tensor('int32', new Int32Array(size), dims);
    case 'bool':
      return new ort.Tensor('bool', new Uint8Array(size), dims);
    default:
      throw modelFailure('array_dtype', `A state of type ${type} cannot be carried.`, {
        field,
        remedy: 'Carry state as float32, float16, float64, int32, int64 or bool.',
      });
  }
}

/** An output as float32; NaN and infinity pass through and are refused where rows are checked. */
export function toFloat32(value: ort.Tensor, name: string, field: string): Float32Array {
  switch (value.type) {
    case 'float32':
      return value.data as Float32Array;
    case 'float64':
      return Float32Array.from(value.data as Float64Array);
    case 'float16':
      // As bit patterns, whatever the version of Node: `openOnnxSession` sees to that.
      return decodeFloat16(value.data as Uint16Array);
    default:
      throw modelFailure('array_dtype', `The output "${name}" holds ${value.type}, not floating point numbers.`, {
        field,
        remedy: 'Name an output of type float32, float16 or float64.',
      });
  }
}
