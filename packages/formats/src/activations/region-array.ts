import type { FileHandle } from 'node:fs/promises';
import { type ActivationsManifest, CorescoreError, type Region } from '@corescore/contracts';
import { readFully } from '@corescore/contracts/files';
import { elements, ITEM_BYTES, type NpyHeader } from '../npy/header.js';
import { decodeValues, requireCOrder } from '../npy/values.js';
import type { ArrayFiles } from './array-files.js';

/** Values read at once: 4 MiB of float32. */
export const CHUNK_VALUES = 1 << 20;

/** One region's array, its axes put in order. */
export interface RegionArray {
  handle: FileHandle;
  header: NpyHeader;
  /** As the manifest names it. */
  file: string;
  steps: number;
  stimuli: number;
  features: number;
  /** Row of `features` values that holds a step of a stimulus. */
  row: (step: number, stimulus: number) => number;
}

/**
 * @param count stimuli that the ids file lists
 * @throws CorescoreError those of `ArrayFiles.open`, `file_missing`, `array_shape`
 */
export async function openRegion(
  manifest: ActivationsManifest,
  arrays: ArrayFiles,
  region: Region,
  count: number,
): Promise<RegionArray> {
  const at = manifest.regions[region];
  const field = `/regions/${region}`;
  if (at === undefined) {
    throw new CorescoreError('file_missing', `The manifest has no activations of ${region}.`, {
      field,
      remedy: `Add "${region}": { "file": "...npy", "axes": [...] } to "regions".`,
    });
  }
  const { handle, header } = await arrays.open(at.file, `${field}/file`);
  requireCOrder(at.file, header, `${field}/file`);
  const axes: readonly string[] = at.axes;
  const shape = (detail: string, remedy: string) => new CorescoreError('array_shape', detail, { field, remedy });
  const is = `${at.file} is [${header.shape.join(', ')}]`;
  if (header.shape.length < axes.length) {
    throw shape(
      `${is}, and its axes are named ${axes.join(', ')}.`,
      'Name as many axes as the array has; those after "feature" are flattened.',
    );
  }
  const stepAxis = axes.indexOf('step');
  const steps = stepAxis < 0 ? 1 : header.shape[stepAxis]!;
  const stimuli = header.shape[axes.indexOf('stimulus')]!;
  const features = elements(header.shape.slice(axes.indexOf('feature')));
  if (stimuli !== count) {
    throw shape(
      `${is}: ${stimuli} stimuli, and the ids file lists ${count}.`,
      'Give one row a stimulus id, in the same order, and check "axes".',
    );
  }
  if (steps === 0 || features === 0)
    throw shape(`${is}: it holds no values.`, 'Give at least one step and one feature.');
  const row =
    stepAxis === 0 ? (step: number, s: number) => step * stimuli + s : (step: number, s: number) => s * steps + step;
  return { handle, header, file: at.file, steps, stimuli, features, row };
}

/** Rows of `features` values in the order given; neighbours are read together. */
export async function gather(array: RegionArray, rows: readonly number[]): Promise<Float32Array> {
  const { features } = array;
  const out = new Float32Array(rows.length * features);
  for (let from = 0; from < rows.length; ) {
    let to = from + 1;
    while (to < rows.length && rows[to] === rows[to - 1]! + 1) to++;
    out.set(await valuesAt(array, rows[from]! * features, (to - from) * features), from * features);
    from = to;
  }
  return out;
}

/** `count` values from the `start`-th on, as float32. */
export function valuesAt({ handle, header, file }: RegionArray, start: number, count: number): Promise<Float32Array> {
  return decodeValues(header.dtype, count, async (bytes) => {
    const read = await readFully(handle, bytes, header.dataOffset + start * ITEM_BYTES[header.dtype]);
    if (read < bytes.byteLength) throw new CorescoreError('not_npy', `${file} was cut off while it was read.`);
  });
}
