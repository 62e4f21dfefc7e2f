import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ManifestInput } from '@corescore/contracts';
import { writeAtomically } from '@corescore/contracts/files';
import { npyHeaderBytes } from '@corescore/formats';
import type { Pixels } from '../pixels.js';
import { preprocess } from '../preprocess.js';
import type { Stimulus, StimulusSet } from '../stimulus-set.js';

/** One exported image. */
export interface ExportedImage {
  id: string;
  /** Path below the folder of the export. */
  file: string;
  object: string;
  subset: Stimulus['subset'];
  /** SHA-256 of its pixels, 8-bit RGB, [height][width][3]: what the digest of the set is made of. */
  pixelsSha256: string;
}

const FOLDER = 'images';
const AT_ONCE = 8;

/**
 * Writes each image as a lossless PNG (8-bit RGB): decoded again, it has the very pixels that models are shown.
 * @returns the images in the order of the set
 */
export async function exportImages(
  set: StimulusSet,
  pixels: Pixels,
  dir: string,
  onProgress: (done: number, total: number) => void,
): Promise<ExportedImage[]> {
  const { default: sharp } = await import('sharp');
  const { n, height, width, data } = pixels;
  const bytes = height * width * 3;
  await mkdir(join(dir, FOLDER), { recursive: true });
  const images: ExportedImage[] = [];
  for (let start = 0; start < n; start += AT_ONCE) {
    const batch = set.stimuli.slice(start, start + AT_ONCE).map(async (stimulus, k) => {
      const i = start + k;
      const image = data.subarray(i * bytes, (i + 1) * bytes);
      const file = `${FOLDER}/${fileName(stimulus.id, i)}`;
      const png = await sharp(image, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
      // Not flushed one by one: the table, written last, says that all are there.
      await writeFile(join(dir, file), png);
      const pixelsSha256 = createHash('sha256').update(image).digest('hex');
      return { id: stimulus.id, file, object: stimulus.object, subset: stimulus.subset, pixelsSha256 };
    });
    images.push(...(await Promise.all(batch)));
    onProgress(images.length, n);
  }
  return images;
}

/** The id where it can be the name of a file anywhere, else the place in the order. */
function fileName(id: string, index: number): string {
  // File systems that ignore case would make one file of two ids.
  const isPlain = /^[a-z0-9][a-z0-9._-]{0,120}$/.test(id);
  return `${isPlain ? id : `_${String(index).padStart(6, '0')}`}.png`;
}

/**
 * Writes what a model of this `input` is fed, float32 .npy in its layout, [stimulus][channel][height][width] or
 * [stimulus][height][width][channel]: placed, resized and normalised by the code that runs submitted networks.
 */
export async function exportInput(
  set: StimulusSet,
  pixels: Pixels,
  input: ManifestInput,
  path: string,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const { n, height, width, data } = pixels;
  const bytes = height * width * 3;
  const [h, w] = input.size;
  const shape = input.layout === 'NCHW' ? [n, input.channels, h, w] : [n, h, w, input.channels];
  const out = new Float32Array(h * w * input.channels);
  await writeAtomically(path, async (handle) => {
    // Repeated calls go on where the last one ended.
    await handle.writeFile(npyHeaderBytes('<f4', shape));
    for (let i = 0; i < n; i++) {
      preprocess(data.subarray(i * bytes, (i + 1) * bytes), height, width, set.visualDegrees, input, out, 0);
      await handle.writeFile(new Uint8Array(out.buffer));
      onProgress(i + 1, n);
    }
  });
}
