import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { bytesOf } from '../bytes.js';
import { readFully } from '../files.js';
import { decodeFloat16 } from '../float16.js';
import { elements, type NpyHeader } from './header.js';

/**
 * Rows `start` .. `start + count` along the first axis of a float32 or float16 array, as float32, row-major over the
 * remaining axes.
 * @throws CorescoreError `array_dtype` (another dtype), `array_shape` (Fortran order, rows that are not there)
 */
export async function readNpyRows(
  path: string,
  header: NpyHeader,
  start: number,
  count: number,
): Promise<Float32Array> {
  requireFloatRows(basename(path), header);
  const rows = header.shape[0] ?? 1;
  if (start < 0 || count < 0 || start + count > rows) {
    throw new CorescoreError('array_shape', `${basename(path)} has ${rows} rows, not ${start} to ${start + count}.`, {
      field: basename(path),
    });
  }
  const rowLength = elements(header.shape.slice(1));
  const out = new Float32Array(count * rowLength);
  const half = header.dtype === '<f2';
  const stored = half ? new Uint16Array(out.length) : out;
  const position = header.dataOffset + start * rowLength * (half ? 2 : 4);
  const handle = await open(path, 'r');
  try {
    const bytes = bytesOf(stored);
    if ((await readFully(handle, bytes, position)) < bytes.byteLength) {
      throw new CorescoreError('not_npy', `${basename(path)} is cut off.`, { field: basename(path) });
    }
  } finally {
    await handle.close();
  }
  if (half) decodeFloat16(stored as Uint16Array, out);
  return out;
}

/** @throws CorescoreError `array_dtype`, `array_shape`: the array is not float32 or float16 in C order. */
export function requireFloatRows(label: string, header: NpyHeader, field = label): void {
  if (header.dtype !== '<f4' && header.dtype !== '<f2') {
    throw new CorescoreError('array_dtype', `${label} holds ${header.dtype}; float32 or float16 is needed.`, {
      field,
      remedy: "Convert it first: x.astype('<f4').",
    });
  }
  if (header.fortranOrder && header.shape.length > 1) {
    throw new CorescoreError('array_shape', `${label} is stored in Fortran order; C order is needed.`, {
      field,
      remedy: 'Save numpy.ascontiguousarray(x) instead of x (a transposed array, x.T, is one).',
    });
  }
}
