import type { ManifestInput } from '@corescore/contracts';
import { describe, expect, test } from 'vitest';
import { placeOnScreen, preprocess } from '../src/index.js';

/** Gray levels as an RGB image. */
const gray = (rows: number[][]) => ({
  data: Uint8Array.from(rows.flat().flatMap((v) => [v, v, v])),
  height: rows.length,
  width: rows[0].length,
});
const levels = (image: { data: Uint8Array; height: number; width: number }) =>
  Array.from({ length: image.height }, (_, y) =>
    Array.from({ length: image.width }, (_, x) => image.data[(y * image.width + x) * 3]),
  );
const base: ManifestInput = { name: 'image', layout: 'NCHW', size: [1, 2], channels: 3, visualDegrees: 8 };
/** Two pixels, the first red-ish, the second blue-ish. */
const two = Uint8Array.from([255, 51, 0, 0, 102, 204]);
const run = (input: Partial<ManifestInput>) => {
  const out = new Float32Array(2 * (input.channels ?? 3));
  preprocess(two, 1, 2, 8, { ...base, ...input }, out, 0);
  return [...out].map((v) => Math.round(v * 1e5) / 1e5);
};

describe('place on screen', () => {
  const image = gray([
    [1, 2, 3, 4],
    [5, 6, 7, 8],
    [9, 10, 11, 12],
    [13, 14, 15, 16],
  ]);

  test('equal degrees leave the image as it is', () => {
    expect(placeOnScreen(image, 8, 8)).toBe(image);
  });

  test('a wider field shows it on gray', () => {
    const g = 128;
    expect(
      levels(
        placeOnScreen(
          gray([
            [1, 2],
            [3, 4],
          ]),
          4,
          8,
        ),
      ),
    ).toEqual([
      [g, g, g, g],
      [g, 1, 2, g],
      [g, 3, 4, g],
      [g, g, g, g],
    ]);
  });

  test('a narrower field shows its centre', () => {
    expect(levels(placeOnScreen(image, 8, 4))).toEqual([
      [6, 7],
      [10, 11],
    ]);
  });

  test('sizes and offsets round half to even', () => {
    // 2 * 1.25 = 2.5 -> 2 pixels; 6 * 1.25 = 7.5 -> 8.
    expect(placeOnScreen(gray([[1, 2]]), 8, 10)).toMatchObject({ width: 2, height: 1 });
    expect(placeOnScreen(gray([[1, 2, 3, 4, 5, 6]]), 8, 10)).toMatchObject({ width: 8 });
    // 1 in 4: (4 - 1) / 2 = 1.5 -> 2. 1 in 6 and 4 out of 9: 2.5 -> 2.
    expect(levels(placeOnScreen(gray([[7]]), 1, 4))[2]).toEqual([128, 128, 7, 128]);
    expect(levels(placeOnScreen(gray([[7]]), 1, 6))[2]).toEqual([128, 128, 7, 128, 128, 128]);
    expect(levels(placeOnScreen(gray([[1, 2, 3, 4, 5, 6, 7, 8, 9]]), 9, 4))).toEqual([[3, 4, 5, 6]]);
  });

  test('height and width differ', () => {
    const placed = placeOnScreen(gray([[1, 2, 3, 4]]), 4, 8);
    expect([placed.height, placed.width]).toEqual([2, 8]);
    expect(levels(placed)).toEqual([
      [128, 128, 1, 2, 3, 4, 128, 128],
      [128, 128, 128, 128, 128, 128, 128, 128],
    ]);
  });

  test('a very narrow field keeps one pixel', () => {
    expect(placeOnScreen(image, 180, 0.1)).toMatchObject({ height: 1, width: 1 });
  });
});

describe('values', () => {
  test('NCHW, 0 to 1, RGB: the defaults', () => {
    expect(run({})).toEqual([1, 0, 0.2, 0.4, 0, 0.8]);
  });

  test('NHWC', () => {
    expect(run({ layout: 'NHWC' })).toEqual([1, 0.2, 0, 0, 0.4, 0.8]);
  });

  test('BGR', () => {
    expect(run({ layout: 'NHWC', channelOrder: 'bgr' })).toEqual([0, 0.2, 1, 0.8, 0.4, 0]);
  });

  test('ranges', () => {
    expect(run({ range: [0, 255] })).toEqual([255, 0, 51, 102, 0, 204]);
    expect(run({ range: [-1, 1] })).toEqual([1, -1, -0.6, -0.2, -1, 0.6]);
  });

  test('mean and std after the range, in the model’s channel order, or one for all', () => {
    expect(run({ mean: [0.5, 0.2, 0], std: [0.5, 0.1, 2] })).toEqual([1, -1, 0, 2, 0, 0.4]);
    expect(run({ mean: [0.5, 0.2, 0], std: [0.5, 0.1, 2], channelOrder: 'bgr' })).toEqual([-1, 0.6, 0, 2, 0.5, 0]);
    expect(run({ mean: [0.5], std: [0.5] })).toEqual([1, -1, -0.6, -0.2, -1, 0.6]);
  });

  test('one channel is ITU-R 601 luma, rounded to 8 bits', () => {
    // .299 * 255 + .587 * 51 = 106.2; .587 * 102 + .114 * 204 = 83.1
    expect(run({ channels: 1, range: [0, 255] })).toEqual([106, 83]);
  });

  test('gray pixels keep their value in one channel', () => {
    const out = new Float32Array(256);
    const ramp = Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3));
    preprocess(ramp, 1, 256, 8, { ...base, channels: 1, size: [1, 256], range: [0, 255] }, out, 0);
    expect([...out]).toEqual(Array.from({ length: 256 }, (_, i) => i));
  });

  test('it writes from the offset on and nothing else', () => {
    const out = new Float32Array(18).fill(-7);
    preprocess(two, 1, 2, 8, base, out, 6);
    expect([...out.subarray(0, 6), ...out.subarray(12)]).toEqual(new Array(12).fill(-7));
    expect(out[6]).toBe(1);
  });

  test('a buffer that is too small, an image of another size', () => {
    expect(() => preprocess(two, 1, 2, 8, base, new Float32Array(5), 0)).toThrow(RangeError);
    expect(() => preprocess(two, 2, 2, 8, base, new Float32Array(6), 0)).toThrow(RangeError);
  });

  test('degrees, then size: the image lies in the middle of a larger field', () => {
    const out = new Float32Array(16);
    const white = new Uint8Array(2 * 2 * 3).fill(255);
    preprocess(white, 2, 2, 4, { ...base, channels: 1, size: [4, 4], range: [0, 255] }, out, 0);
    expect([...out.subarray(0, 8)]).toEqual([128, 128, 128, 128, 128, 255, 255, 128]);
  });
});
