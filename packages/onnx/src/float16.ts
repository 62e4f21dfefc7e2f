let table: Float32Array | null = null;

/** IEEE 754 binary16 bit patterns -> float32, exact. A table of all 65,536 values: decoding is memory-bound with it. */
export function decodeFloat16(halves: Uint16Array, out = new Float32Array(halves.length)): Float32Array {
  table ??= buildTable();
  for (let i = 0; i < halves.length; i++) out[i] = table[halves[i]!]!;
  return out;
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

const scratch = new ArrayBuffer(4);
const asFloat = new Float32Array(scratch);
const asBits = new Uint32Array(scratch);

/** float32 values -> IEEE 754 binary16 bit patterns, rounded to nearest, ties to even. */
export function encodeFloat16(values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    asFloat[0] = values[i]!;
    const bits = asBits[0]!;
    const sign = (bits >>> 16) & 0x8000;
    const magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) out[i] = sign | 0x7e00;
    else if (magnitude >= 0x477ff000) out[i] = sign | 0x7c00;
    else if (magnitude < 0x38800000) {
      // Subnormal half: a multiple of 2^-24; adding 0.5 lets the float32 adder do the rounding.
      asBits[0] = magnitude;
      asFloat[0] = asFloat[0]! + 0.5;
      out[i] = sign | (asBits[0]! - 0x3f000000);
    } else {
      const odd = (magnitude >>> 13) & 1;
      out[i] = sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
    }
  }
  return out;
}
