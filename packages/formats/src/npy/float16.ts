let table: Float32Array | null = null;

/** IEEE 754 binary16 -> binary32, exact. A table of all 65,536 values: decoding is memory-bound with it. */
export function decodeFloat16(halves: Uint16Array, out: Float32Array): void {
  table ??= buildTable();
  for (let i = 0; i < halves.length; i++) out[i] = table[halves[i]!]!;
}

function buildTable(): Float32Array {
  const values = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 0x3ff;
    if (exponent === 31) values[bits] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else if (exponent === 0) values[bits] = sign * fraction * 2 ** -24;
    else values[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return values;
}
