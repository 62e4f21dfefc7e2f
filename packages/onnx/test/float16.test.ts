import { describe, expect, it } from 'vitest';
import { decodeFloat16, encodeFloat16 } from '../src/float16.js';

describe('binary16', () => {
  it('knows the values of its table', () => {
    const bits = Uint16Array.of(0x0000, 0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x3555, 0x7c00, 0xfc00);
    const values = [0, 1, -2, 65504, 2 ** -14, 2 ** -24, 0.333251953125, Infinity, -Infinity];
    expect([...decodeFloat16(bits)]).toEqual(values);
    expect([...encodeFloat16(Float32Array.from(values))]).toEqual([...bits]);
  });

  it('comes back the same for every finite pattern', () => {
    const bits = Uint16Array.from({ length: 0x10000 }, (_, i) => i).filter((b) => (b & 0x7c00) !== 0x7c00);
    expect(encodeFloat16(decodeFloat16(bits))).toEqual(bits);
  });

  it('rounds to nearest, ties to even', () => {
    const ulp = 2 ** -10;
    const values = Float32Array.of(1 + ulp / 2, 1 + 1.5 * ulp, 1 + 0.51 * ulp, 65519, 65520, 2 ** -25, 1.5 * 2 ** -24);
    expect([...decodeFloat16(encodeFloat16(values))]).toEqual([
      1,
      1 + 2 * ulp,
      1 + ulp,
      65504,
      Number.POSITIVE_INFINITY,
      0,
      2 * 2 ** -24,
    ]);
  });

  it('keeps NaN', () => {
    expect(decodeFloat16(encodeFloat16(Float32Array.of(Number.NaN)))[0]).toBeNaN();
  });
});
