export interface ElementType {
  name: string;
  /** Bits of one element as raw_data stores it; 0 where that is not fixed (strings). */
  bits: number;
  /** Whether tensors of it are weights: floating point, or the small integers of quantised models. */
  weight: boolean;
}

const type = (name: string, bits: number, weight: boolean): ElementType => ({ name, bits, weight });

/** TensorProto.DataType, by number. */
const ELEMENT_TYPES: Record<number, ElementType> = {
  1: type('float32', 32, true),
  2: type('uint8', 8, true),
  3: type('int8', 8, true),
  4: type('uint16', 16, false),
  5: type('int16', 16, false),
  6: type('int32', 32, false),
  7: type('int64', 64, false),
  8: type('string', 0, false),
  9: type('bool', 8, false),
  10: type('float16', 16, true),
  11: type('float64', 64, true),
  12: type('uint32', 32, false),
  13: type('uint64', 64, false),
  14: type('complex64', 64, true),
  15: type('complex128', 128, true),
  16: type('bfloat16', 16, true),
  17: type('float8e4m3fn', 8, true),
  18: type('float8e4m3fnuz', 8, true),
  19: type('float8e5m2', 8, true),
  20: type('float8e5m2fnuz', 8, true),
  21: type('uint4', 4, true),
  22: type('int4', 4, true),
  23: type('float4e2m1', 4, true),
  24: type('float8e8m0', 8, true),
  25: type('uint2', 2, true),
  26: type('int2', 2, true),
};

export function elementType(number: number): ElementType | undefined {
  return ELEMENT_TYPES[number];
}
