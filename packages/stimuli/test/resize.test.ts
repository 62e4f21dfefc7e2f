import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { preprocess, type ResizeFilter, resize } from '../src/index.js';

interface Case {
  from: [number, number];
  to: [number, number];
  filter: ResizeFilter;
  rgb: string;
  gray: string;
}
const cases: Case[] = JSON.parse(
  readFileSync(new URL('./fixtures/pillow/resize.json', import.meta.url), 'utf8'),
) as Case[];

/** As `pixels` of fixtures/pillow/make.py. */
function pixels(height: number, width: number): Uint8Array {
  const out = new Uint8Array(height * width * 3);
  let state = BigInt(height * 1000 + width);
  for (let i = 0; i < out.length; i++) {
    state = (state * 1103515245n + 12345n) % 2n ** 31n;
    const value = Number(state >> 16n) % 512;
    out[i] = value % 3 === 0 ? 0 : Math.min(value, 255);
  }
  return out;
}

describe('resizing is Pillow’s, byte for byte', () => {
  test.each(cases)('$from -> $to $filter', ({ from, to, filter, rgb, gray }) => {
    const [height, width] = from;
    const image = pixels(height, width);
    const resized = resize({ data: image, height, width }, to[0], to[1], filter);
    expect([resized.height, resized.width]).toEqual(to);
    expect(Buffer.from(resized.data)).toEqual(Buffer.from(rgb, 'base64'));

    const out = new Float32Array(to[0] * to[1]);
    const input = { name: 'i', layout: 'NCHW', size: to, channels: 1, range: [0, 255], visualDegrees: 8 } as const;
    preprocess(image, height, width, 8, { ...input, size: [...to], range: [0, 255], resize: filter }, out, 0);
    expect(Buffer.from(Uint8Array.from(out))).toEqual(Buffer.from(gray, 'base64'));
  });

  test('the fixture covers both filters, shrinking and growing', () => {
    expect(new Set(cases.map((c) => c.filter))).toEqual(new Set(['bilinear', 'bicubic']));
    expect(cases.some((c) => c.to[0] < c.from[0] && c.to[1] > c.from[1])).toBe(false);
    expect(cases.some((c) => c.to[0] > c.from[0] && c.to[1] < c.from[1])).toBe(true);
  });

  test('an unchanged size is the same image', () => {
    const image = { data: pixels(5, 7), height: 5, width: 7 };
    expect(resize(image, 5, 7, 'bicubic')).toBe(image);
  });
});
