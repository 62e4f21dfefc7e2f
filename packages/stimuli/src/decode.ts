import { CorescoreError } from '@corescore/contracts';
import type { Image } from './place.js';

const MOST_PIXELS = 4096 * 4096;

/**
 * Decodes an image file (PNG, JPEG, ...) to 8-bit RGB: gray is repeated in all three channels, an alpha channel is
 * dropped, 16 bits are cut to 8. The orientation tag of a photograph is not applied.
 * @throws CorescoreError `file_format`
 */
export async function decodeImage(file: Buffer, name: string): Promise<Image> {
  // Loaded here: preprocessing runs in processes that must not need a native library for it.
  const { default: sharp } = await import('sharp');
  try {
    const { data, info } = await sharp(file, { limitInputPixels: MOST_PIXELS })
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    if (channels === 3) return { data: new Uint8Array(data), width, height };
    if (channels !== 1) throw new Error(`${channels} channels`);
    const rgb = new Uint8Array(width * height * 3);
    for (let i = 0; i < data.length; i++) rgb.fill(data[i], i * 3, i * 3 + 3);
    return { data: rgb, width, height };
  } catch (error) {
    throw new CorescoreError('file_format', `The image ${name} cannot be decoded: ${(error as Error).message}.`, {
      field: name,
      remedy: 'Use PNG or JPEG files of at most 4096 x 4096 pixels.',
      cause: error,
    });
  }
}
