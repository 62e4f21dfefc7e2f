import type { FileHandle } from 'node:fs/promises';
import { readFully, writeFully } from '@corescore/contracts/files';
import { bytesOf } from '../bytes.js';
import { elements, ITEM_BYTES, type NpyHeader } from './header.js';

/** What elements of so many bytes are moved as. */
const BLOCKS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array } as const;

/** Values held at once, twice: 64 MiB of float32 each. */
const BLOCK_VALUES = 1 << 24;
/** Shorter runs than this would make a write of almost every value. */
const SHORTEST_RUN = 256;

/**
 * Copies the values of a Fortran-ordered array to `target` in C order, from its first byte on. Block
 * by block along the last axis, so memory does not grow with the array.
 * @param blockValues values held at once
 * @returns false, and nothing is written, where the last axis is too short beside the others for that
 */
export async function copyInCOrder(
  source: FileHandle,
  { dtype, shape, dataOffset }: NpyHeader,
  target: FileHandle,
  blockValues = BLOCK_VALUES,
): Promise<boolean> {
  const last = shape.at(-1)!;
  const leading = shape.slice(0, -1);
  const rows = elements(leading);
  if (rows === 0 || last === 0) return true;
  const run = Math.min(last, Math.floor(blockValues / rows));
  if (run < Math.min(last, SHORTEST_RUN)) return false;
  const itemBytes = ITEM_BYTES[dtype];
  const block = () => new BLOCKS[itemBytes](rows * run);
  const [stored, turned] = [block(), block()] as [Uint32Array, Uint32Array];
  const rowOf = cOrder(leading);
  for (let from = 0; from < last; from += run) {
    const count = Math.min(run, last - from);
    const bytes = bytesOf(stored.subarray(0, rows * count));
    const read = await readFully(source, bytes, dataOffset + from * rows * itemBytes);
    if (read < bytes.byteLength) throw new Error('the array was cut off while it was read');
    for (let k = 0; k < count; k++) {
      for (let p = 0; p < rows; p++) turned[rowOf[p]! * count + k] = stored[k * rows + p]!;
    }
    if (count === last) {
      await writeFully(target, bytesOf(turned.subarray(0, rows * count)), 0);
      continue;
    }
    for (let row = 0; row < rows; row++) {
      const piece = bytesOf(turned.subarray(row * count, (row + 1) * count));
      await writeFully(target, piece, (row * last + from) * itemBytes);
    }
  }
  return true;
}

/** Place in C order of each place in Fortran order. */
function cOrder(shape: readonly number[]): Uint32Array {
  const places = new Uint32Array(elements(shape));
  for (let p = 0; p < places.length; p++) {
    let rest = p;
    let place = 0;
    for (const [axis, size] of shape.entries()) {
      place += (rest % size) * elements(shape.slice(axis + 1));
      rest = Math.floor(rest / size);
    }
    places[p] = place;
  }
  return places;
}
