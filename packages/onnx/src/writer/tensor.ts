import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import { ELEMENT_TYPES } from '../element-types.js';
import { bytes, integer, packed, text, textOrBytes, writeEach } from './fields.js';
import type { ElementTypeOrNumber, TensorMessage } from './messages.js';

export function elementTypeNumber(type: ElementTypeOrNumber): number {
  return typeof type === 'number' ? type : ELEMENT_TYPES[type];
}

/** TensorProto. */
export function writeTensor(w: BinaryWriter, tensor: TensorMessage): void {
  const type = elementTypeNumber(tensor.type);
  for (const dim of tensor.dims) integer(w, 1, dim);
  integer(w, 2, type);
  if (tensor.packed !== undefined) writePacked(w, type, tensor.packed);
  for (const value of tensor.strings ?? []) textOrBytes(w, 6, value);
  text(w, 8, tensor.name);
  bytes(w, 9, tensor.raw);
  text(w, 12, tensor.docString);
  if (tensor.external !== undefined) {
    writeEach(w, 13, Object.entries(tensor.external), (entry, [key, value]) => {
      text(entry, 1, key);
      text(entry, 2, String(value));
    });
    const external = 1;
    integer(w, 14, external);
  }
}

const { float32, float64, int64, uint32, uint64 } = ELEMENT_TYPES;

/** Small integers, halves and booleans share the field of int32. */
function writePacked(w: BinaryWriter, type: number, values: readonly (number | bigint)[]): void {
  if (type === float32) packed(w, 4, values, (inner, value) => inner.float(Number(value)));
  else if (type === int64) packed(w, 7, values, (inner, value) => inner.int64(value));
  else if (type === float64) packed(w, 10, values, (inner, value) => inner.double(Number(value)));
  else if (type === uint32 || type === uint64) packed(w, 11, values, (inner, value) => inner.uint64(value));
  else packed(w, 5, values, (inner, value) => inner.int32(Number(value)));
}
