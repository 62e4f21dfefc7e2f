import { notOnnx, varints } from './cursor.js';

/**
 * Varints rewritten as little-endian integers of `bytes` bytes, the form raw_data has; `rest` are the bytes of a varint
 * that goes on past the end.
 */
export function varintsAsLittleEndian(
  packed: Uint8Array,
  bytes: 1 | 2 | 4 | 8,
): { values: Uint8Array; rest: Uint8Array } {
  let end = packed.length;
  while (end > 0 && packed[end - 1]! >= 0x80) end--;
  const rest = packed.slice(end);
  if (rest.length > 10) throw notOnnx('an integer in a tensor is over 10 bytes long');
  const integers = varints(packed.subarray(0, end));
  const out = new DataView(new ArrayBuffer(integers.length * bytes));
  let at = 0;
  for (const integer of integers) {
    const value = BigInt.asUintN(64, integer);
    if (bytes === 8) out.setBigUint64(at, value, true);
    else if (bytes === 4) out.setUint32(at, Number(value & 0xffffffffn), true);
    else if (bytes === 2) out.setUint16(at, Number(value & 0xffffn), true);
    else out.setUint8(at, Number(value & 0xffn));
    at += bytes;
  }
  return { values: new Uint8Array(out.buffer), rest };
}
