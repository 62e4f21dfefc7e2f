import { CorescoreError } from '@corescore/contracts';
import { decodeFloat16 } from '@corescore/onnx/float16';
import { ITEM_BYTES, type NpyDtype, type NpyHeader } from './header.js';

type Values = Iterable<number | bigint> & ArrayLike<number | bigint>;

/** How the bytes of a dtype are looked at; halves and float32 have their own ways. */
const VIEWS: Readonly<Record<string, new (buffer: ArrayBufferLike, offset: number, length: number) => Values>> = {
  f8: Float64Array,
  b1: Uint8Array,
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
};

/**
 * Values of an array as float32, the one type that is computed with: rounded where float64 and whole numbers of 4 bytes and
 * more have digits that float32 does not, infinite beyond its range.
 * @param read fills the bytes it is given with the values as they are stored
 */
export async function decodeValues(
  dtype: NpyDtype,
  count: number,
  read: (bytes: Uint8Array) => Promise<void>,
): Promise<Float32Array> {
  const width = ITEM_BYTES[dtype];
  // Aligned for every view.
  const bytes = new Uint8Array(new ArrayBuffer(count * width));
  await read(bytes);
  if (dtype.startsWith('>')) swap(bytes, width);
  const kind = dtype.slice(1);
  if (kind === 'f4') return new Float32Array(bytes.buffer);
  if (kind === 'f2') return decodeFloat16(new Uint16Array(bytes.buffer));
  return Float32Array.from(new VIEWS[kind]!(bytes.buffer, 0, count), Number);
}

/** Turns big-endian values into little-endian ones, in place. */
function swap(bytes: Uint8Array, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else if (width === 8) buffer.swap64();
}

/** @throws CorescoreError `array_shape`: the array is not in C order */
export function requireCOrder(label: string, header: NpyHeader, field = label): void {
  if (!header.fortranOrder || header.shape.length < 2) return;
  throw new CorescoreError('array_shape', `${label} is stored in Fortran order; C order is needed.`, {
    field,
    remedy: 'Save numpy.ascontiguousarray(x) instead of x (a transposed array, x.T, is one).',
  });
}
