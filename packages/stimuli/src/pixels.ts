import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { makeFolder } from '@corescore/contracts/files';
import { removeSealed, sealedState, sealFile } from '@corescore/contracts/sealed';
import { readNpyHeader, writeNpyUint8 } from '@corescore/formats';

/** Decoded images of one size, 8-bit RGB. */
export interface Pixels {
  n: number;
  height: number;
  width: number;
  /** [n][height][width][3] */
  data: Uint8Array;
}

/** Writes the images as a uint8 .npy [n][height][width][3]; the file appears whole or not at all. */
export async function writePixels(path: string, pixels: Pixels): Promise<void> {
  await writeNpyUint8(path, [pixels.n, pixels.height, pixels.width, 3], pixels.data);
}

/**
 * Decoded images in a file that may be deleted at any time, since they can be decoded again: it is verified, and made
 * anew where it is gone or damaged.
 * @returns `path`
 */
export async function keepPixels(path: string, decode: () => Promise<Pixels>): Promise<string> {
  if ((await sealedState(path)) === 'whole') return path;
  await makeFolder(dirname(path));
  await removeSealed(path);
  await writePixels(path, await decode());
  await sealFile(path);
  return path;
}

/** @throws CorescoreError `not_npy`, `file_empty`, `file_format` when it is not what `writePixels` writes */
export async function readPixels(path: string): Promise<Pixels> {
  const { dtype, shape, fortranOrder, dataOffset } = await readNpyHeader(path);
  if (dtype !== '|u1' || fortranOrder || shape.length !== 4 || shape[3] !== 3) {
    throw new CorescoreError(
      'file_format',
      `${basename(path)} is ${dtype} [${shape.join(', ')}], not uint8 [image, height, width, 3].`,
      { field: basename(path) },
    );
  }
  const bytes = await readFile(path);
  return { n: shape[0], height: shape[1], width: shape[2], data: bytes.subarray(dataOffset) };
}
