import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { readFully } from '@corescore/contracts/files';

/** Bytes of one element, by dtype as NumPy spells it: every plain number. Read as float32 (`decodeValues`). */
export const ITEM_BYTES = {
  '<f4': 4,
  '<f2': 2,
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
  '>f4': 4,
  '>f2': 2,
  '>f8': 8,
  '>u2': 2,
  '>i2': 2,
  '>u4': 4,
  '>i4': 4,
  '>u8': 8,
  '>i8': 8,
} as const;
export type NpyDtype = keyof typeof ITEM_BYTES;

export interface NpyHeader {
  dtype: NpyDtype;
  shape: number[];
  fortranOrder: boolean;
  /** Byte of the file at which the values begin. */
  dataOffset: number;
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const LONGEST_HEADER = 1 << 20;
const REMEDY = "Write it with numpy.save from a C-ordered array: numpy.save(path, numpy.ascontiguousarray(x, '<f4')).";

function notNpy(label: string, why: string): CorescoreError {
  return new CorescoreError('not_npy', `${label} ${why}.`, { field: label, remedy: REMEDY });
}

/** A .npy file within another file, as a .npz holds it uncompressed. */
export interface NpyPlace {
  /** First byte and number of bytes. */
  start: number;
  bytes: number;
}

/**
 * Reads the header of a .npy file (format versions 1, 2 and 3) and checks that all its values are there.
 * @param label its name in errors, where a person knows it by another than that of the file
 * @throws CorescoreError `file_empty`, `not_npy` (no header, cut off), `array_dtype` (not plain numbers)
 */
export async function readNpyHeader(path: string, label = basename(path)): Promise<NpyHeader> {
  const handle = await open(path, 'r');
  try {
    return await npyHeaderOf(handle, label);
  } finally {
    await handle.close();
  }
}

/**
 * `readNpyHeader` of an open file.
 * @param label its name in errors
 * @param place where in it the array lies; default: it is the whole file
 */
export async function npyHeaderOf(handle: FileHandle, label: string, place?: NpyPlace): Promise<NpyHeader> {
  const { start, bytes } = place ?? { start: 0, bytes: (await handle.stat()).size };
  if (bytes === 0) throw new CorescoreError('file_empty', `${label} is empty.`, { field: label, remedy: REMEDY });
  const head = Buffer.alloc(Math.min(bytes, 12));
  const read = await readFully(handle, head, start);
  if (read < 10 || !head.subarray(0, 6).equals(MAGIC)) {
    throw notNpy(label, head.toString('latin1', 0, 2) === 'PK' ? 'is a zip archive (.npz?)' : 'is not a .npy file');
  }
  const version = head[6]!;
  if (version < 1 || version > 3) throw notNpy(label, `has version ${version} of the .npy format; 1 to 3 are read`);
  if (version > 1 && read < 12) throw notNpy(label, 'ends inside its header');
  const length = version === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
  const textAt = version === 1 ? 10 : 12;
  if (length > LONGEST_HEADER) throw notNpy(label, `has a header of ${length} bytes`);
  if (textAt + length > bytes) throw notNpy(label, 'ends inside its header');
  const text = Buffer.alloc(length);
  if ((await readFully(handle, text, start + textAt)) < length) throw notNpy(label, 'ends inside its header');
  const dictionary = parseDictionary(text.toString(version === 3 ? 'utf8' : 'latin1'), label);
  const expected = textAt + length + elements(dictionary.shape) * ITEM_BYTES[dictionary.dtype];
  if (bytes !== expected) {
    const what = bytes < expected ? 'is cut off' : 'has bytes after its values';
    throw notNpy(label, `${what}: its header says ${expected} bytes, the file has ${bytes}`);
  }
  return { ...dictionary, dataOffset: start + textAt + length };
}

/** The header is a Python dictionary literal with exactly these three keys, which NumPy writes in this order. */
function parseDictionary(text: string, label: string): Omit<NpyHeader, 'dataOffset'> {
  const descr = /'descr'\s*:\s*(?:'([^']*)'|(\[))/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([^()]*)\)/.exec(text);
  if (descr === null || order === null || shape === null) throw notNpy(label, 'has a header that is not understood');
  if (descr[2] !== undefined) throw notNpy(label, 'is a structured array; a plain array of numbers is needed');
  const dtype = descr[1]!.replace(/^=/, '<');
  if (!(dtype in ITEM_BYTES)) {
    const why = dtype.includes('O') ? 'Python objects' : `dtype ${dtype}`;
    const detail = `${label} holds ${why}; whole and floating point numbers of up to 8 bytes are read.`;
    throw new CorescoreError('array_dtype', detail, { field: label, remedy: REMEDY });
  }
  const sizes = shape[1]!
    .split(',')
    .map((s) => s.trim().replace(/L$/, ''))
    .filter((s) => s !== '')
    .map((s) => (/^\d+$/.test(s) ? Number(s) : Number.NaN));
  if (sizes.some((s) => !Number.isSafeInteger(s)) || !Number.isSafeInteger(elements(sizes) * 8)) {
    throw notNpy(label, `has the impossible shape (${shape[1]!.slice(0, 200)})`);
  }
  return { dtype: dtype as NpyDtype, shape: sizes, fortranOrder: order[1] === 'True' };
}

const NAMES: Readonly<Record<string, string>> = { f: 'float', i: 'int', u: 'uint', b: 'bool' };

/** `float64`, `int16, big-endian`. */
export function dtypeName(dtype: NpyDtype): string {
  const kind = NAMES[dtype[1]!]!;
  return `${kind}${kind === 'bool' ? '' : 8 * ITEM_BYTES[dtype]}${dtype.startsWith('>') ? ', big-endian' : ''}`;
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
