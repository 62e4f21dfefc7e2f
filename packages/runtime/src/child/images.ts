import { readSync } from 'node:fs';
import type { ManifestInput } from '@corescore/contracts';
import { preprocess } from '@corescore/stimuli/preprocess';

/** Where the pixels of the stimulus set lie: an inherited file descriptor, uint8 [n][height][width][3]. */
export interface PixelSource {
  n: number;
  height: number;
  width: number;
  dataOffset: number;
  imageDegrees: number;
}

/** Images `start` .. `start + count` of the set; rows beyond them, up to `rows`, repeat the last one. */
export interface Block {
  start: number;
  count: number;
  rows: number;
}

/** The pixel file is opened by the parent and inherited: the child may not be allowed to open it itself. */
const PIXELS = 4;

/** Reads and preprocesses images. @returns a new array, row-major in the manifest's layout */
export function loadImages(source: PixelSource, input: ManifestInput, { start, count, rows }: Block): Float32Array {
  const { height, width, imageDegrees } = source;
  const bytes = height * width * 3;
  const size = input.size[0] * input.size[1] * input.channels;
  const pixels = Buffer.alloc(bytes);
  const out = new Float32Array(rows * size);
  for (let i = 0; i < count; i++) {
    const position = source.dataOffset + (start + i) * bytes;
    let at = 0;
    while (at < bytes) {
      const read = readSync(PIXELS, pixels, at, bytes - at, position + at);
      if (read === 0) throw new Error(`the pixel file ends within image ${start + i}`);
      at += read;
    }
    preprocess(pixels, height, width, imageDegrees, input, out, i * size);
  }
  for (let i = count; i < rows; i++) out.copyWithin(i * size, (count - 1) * size, count * size);
  return out;
}
