/** Element types of tensors: their number in TensorProto.DataType. */
export const ELEMENT_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e4m3fnuz: 18,
  float8e5m2: 19,
  float8e5m2fnuz: 20,
  uint4: 21,
  int4: 22,
  float4e2m1: 23,
  float8e8m0: 24,
  uint2: 25,
  int2: 26,
} as const;
export type ElementTypeName = keyof typeof ELEMENT_TYPES;

export interface ElementType {
  name: ElementTypeName;
  /** Bits of one element as raw_data stores it; 0 where that is not fixed (strings). */
  bits: number;
  /** Whether tensors of it are weights: floating point, or the small integers of quantised models. */
  weight: boolean;
}

const PROPERTIES: Record<ElementTypeName, readonly [bits: number, weight: boolean]> = {
  float32: [32, true],
  uint8: [8, true],
  int8: [8, true],
  uint16: [16, false],
  int16: [16, false],
  int32: [32, false],
  int64: [64, false],
  string: [0, false],
  bool: [8, false],
  float16: [16, true],
  float64: [64, true],
  uint32: [32, false],
  uint64: [64, false],
  complex64: [64, true],
  complex128: [128, true],
  bfloat16: [16, true],
  float8e4m3fn: [8, true],
  float8e4m3fnuz: [8, true],
  float8e5m2: [8, true],
  float8e5m2fnuz: [8, true],
  uint4: [4, true],
  int4: [4, true],
  float4e2m1: [4, true],
  float8e8m0: [8, true],
  uint2: [2, true],
  int2: [2, true],
};

const BY_NUMBER = new Map<number, ElementType>(
  Object.entries(ELEMENT_TYPES).map(([key, number]) => {
    const name = key as ElementTypeName;
    const [bits, weight] = PROPERTIES[name];
    return [number, { name, bits, weight }];
  }),
);

/** The element type of a number of TensorProto.DataType; undefined for one that is not known here. */
export const elementType = (number: number): ElementType | undefined => BY_NUMBER.get(number);
