import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodeImage } from '../src/decode.js';

interface Case {
  name: string;
  file: string;
  size: [height: number, width: number];
  rgb: string;
}
const cases: Case[] = JSON.parse(
  readFileSync(new URL('./fixtures/pillow/decode.json', import.meta.url), 'utf8'),
) as Case[];

// PNG is lossless, so its pixels are equal. The JPEG standard leaves the inverse transform's rounding to the decoder:
// one level of 255.
test.each(cases)('$name is what Pillow reads', async ({ name, file, size, rgb }) => {
  const image = await decodeImage(Buffer.from(file, 'base64'), name);
  expect([image.height, image.width]).toEqual(size);
  const expected = Buffer.from(rgb, 'base64');
  expect(image.data.length).toBe(expected.length);
  const worst = image.data.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  expect(worst).toBeLessThanOrEqual(name.startsWith('PNG') ? 0 : 1);
});
