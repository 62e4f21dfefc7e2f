import { writeAtomically, writeFully } from '@corescore/contracts/files';
import { bytesOf } from '../bytes.js';
import { elements, npyHeaderBytes } from './header.js';

/** Writes float32 values, row-major, as .npy; the file appears whole or not at all. */
export async function writeNpyFloat32(path: string, shape: readonly number[], data: Float32Array): Promise<void> {
  await writeNpy(path, '<f4', shape, data);
}

/** Writes uint8 values, row-major, as .npy; the file appears whole or not at all. */
export async function writeNpyUint8(path: string, shape: readonly number[], data: Uint8Array): Promise<void> {
  await writeNpy(path, '|u1', shape, data);
}

async function writeNpy(
  path: string,
  dtype: '<f4' | '|u1',
  shape: readonly number[],
  data: Float32Array | Uint8Array,
): Promise<void> {
  if (elements(shape) !== data.length) {
    throw new RangeError(`${data.length} values do not fill the shape (${shape.join(', ')})`);
  }
  const header = npyHeaderBytes(dtype, shape);
  await writeAtomically(path, async (handle) => {
    await writeFully(handle, header, 0);
    await writeFully(handle, bytesOf(data), header.length);
  });
}
