import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { readFully } from '../files.js';

/** Bytes of one element, by dtype as NumPy spells it. Big-endian and object arrays are not read. */
export const ITEM_BYTES = {
  '<f2': 2,
  '<f4': 4,
  '<f8': 8,
  '|b1': 1,
  '|u1': 1,
  '|i1': 1,
  '<u2': 2,
  '<i2': 2,
  '<u4': 4,
  '<i4': 4,
  '<u8': 8,
  '<i8': 8,
} as const;
export type NpyDtype = keyof typeof ITEM_BYTES;

export interface NpyHeader {
  dtype: NpyDtype;
  shape: number[];
  fortranOrder: boolean;
  /** Byte at which the values begin. */
  dataOffset: number;
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const LONGEST_HEADER = 1 << 20;
const REMEDY = "Write it with numpy.save from a C-ordered array: numpy.save(path, numpy.ascontiguousarray(x, '<f4')).";

function notNpy(path: string, why: string): CorescoreError {
  return new CorescoreError('not_npy', `${basename(path)} ${why}.`, { field: basename(path), remedy: REMEDY });
}

/**
 * Reads the header of a .npy file (format versions 1, 2 and 3) and checks that all its values are there.
 * @throws CorescoreError `file_empty`, `not_npy` (no header, cut off), `array_dtype` (not plain little-endian numbers)
 */
export async function readNpyHeader(path: string): Promise<NpyHeader> {
  const handle = await open(path, 'r');
  try {
    return await headerOf(handle, path);
  } finally {
    await handle.close();
  }
}

async function headerOf(handle: FileHandle, path: string): Promise<NpyHeader> {
  const { size } = await handle.stat();
  if (size === 0) {
    throw new CorescoreError('file_empty', `${basename(path)} is empty.`, { field: basename(path), remedy: REMEDY });
  }
  const start = Buffer.alloc(12);
  const read = await readFully(handle, start, 0);
  if (read < 10 || !start.subarray(0, 6).equals(MAGIC)) {
    throw notNpy(path, start.toString('latin1', 0, 2) === 'PK' ? 'is a zip archive (.npz?)' : 'is not a .npy file');
  }
  const version = start[6]!;
  if (version < 1 || version > 3) throw notNpy(path, `has version ${version} of the .npy format; 1 to 3 are read`);
  const length = version === 1 ? start.readUInt16LE(8) : start.readUInt32LE(8);
  const textAt = version === 1 ? 10 : 12;
  if (length > LONGEST_HEADER) throw notNpy(path, `has a header of ${length} bytes`);
  const text = Buffer.alloc(length);
  if ((await readFully(handle, text, textAt)) < length) throw notNpy(path, 'ends inside its header');
  const header = {
    ...parseDictionary(text.toString(version === 3 ? 'utf8' : 'latin1'), path),
    dataOffset: textAt + length,
  };
  const expected = header.dataOffset + elements(header.shape) * ITEM_BYTES[header.dtype];
  if (size !== expected) {
    const what = size < expected ? 'is cut off' : 'has bytes after its values';
    throw notNpy(path, `${what}: its header says ${expected} bytes, the file has ${size}`);
  }
  return header;
}

/** The header is a Python dictionary literal with exactly these three keys, which NumPy writes in this order. */
function parseDictionary(text: string, path: string): Omit<NpyHeader, 'dataOffset'> {
  const descr = /'descr'\s*:\s*(?:'([^']*)'|(\[))/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([^()]*)\)/.exec(text);
  if (descr === null || order === null || shape === null) throw notNpy(path, 'has a header that is not understood');
  if (descr[2] !== undefined) throw notNpy(path, 'is a structured array; a plain array of numbers is needed');
  const dtype = descr[1]!.replace(/^=/, '<');
  if (!(dtype in ITEM_BYTES)) {
    const why = dtype.startsWith('>') ? 'big-endian values' : dtype.includes('O') ? 'Python objects' : `dtype ${dtype}`;
    const detail = `${basename(path)} holds ${why}; one of ${Object.keys(ITEM_BYTES).join(', ')} is read.`;
    throw new CorescoreError('array_dtype', detail, { field: basename(path), remedy: REMEDY });
  }
  const sizes = shape[1]!
    .split(',')
    .map((s) => s.trim().replace(/L$/, ''))
    .filter((s) => s !== '')
    .map((s) => (/^\d+$/.test(s) ? Number(s) : Number.NaN));
  if (sizes.some((s) => !Number.isSafeInteger(s)) || !Number.isSafeInteger(elements(sizes) * 8)) {
    throw notNpy(path, `has the impossible shape (${shape[1]!.slice(0, 200)})`);
  }
  return { dtype: dtype as NpyDtype, shape: sizes, fortranOrder: order[1] === 'True' };
}

/** Product of the sizes; 1 for a scalar. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Header bytes, format version 1, C order; the values follow at a multiple of 64 bytes. */
export function npyHeaderBytes(dtype: string, shape: readonly number[]): Buffer {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const padded = Math.ceil((MAGIC.length + 4 + text.length + 1) / 64) * 64 - MAGIC.length - 4;
  const header = Buffer.alloc(MAGIC.length + 4 + padded, ' ');
  MAGIC.copy(header);
  header[6] = 1;
  header[7] = 0;
  header.writeUInt16LE(padded, 8);
  header.write(text, 10, 'latin1');
  header[header.length - 1] = 0x0a;
  return header;
}
