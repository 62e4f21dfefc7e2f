import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { readFully } from '@corescore/contracts/files';
import { elements, ITEM_BYTES, type NpyHeader } from './header.js';
import { decodeValues, requireCOrder } from './values.js';

/**
 * Rows `start` .. `start + count` along the first axis of an array, as float32, row-major over the remaining axes.
 * @param label its name in errors
 * @throws CorescoreError `array_shape` (Fortran order, rows that are not there)
 */
export async function readNpyRows(
  path: string,
  header: NpyHeader,
  start: number,
  count: number,
  label = basename(path),
): Promise<Float32Array> {
  requireCOrder(label, header);
  const rows = header.shape[0] ?? 1;
  if (start < 0 || count < 0 || start + count > rows) {
    throw new CorescoreError('array_shape', `${label} has ${rows} rows, not ${start} to ${start + count}.`, {
      field: label,
    });
  }
  const rowLength = elements(header.shape.slice(1));
  const position = header.dataOffset + start * rowLength * ITEM_BYTES[header.dtype];
  const handle = await open(path, 'r');
  try {
    return await decodeValues(header.dtype, count * rowLength, async (bytes) => {
      if ((await readFully(handle, bytes, position)) < bytes.byteLength) {
        throw new CorescoreError('not_npy', `${label} is cut off.`, { field: label });
      }
    });
  } finally {
    await handle.close();
  }
}
