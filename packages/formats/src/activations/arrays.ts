import type { FileHandle } from 'node:fs/promises';
import { type ActivationsManifest, CorescoreError, type ModelFiles, REGIONS, type Region } from '@corescore/contracts';
import { writeAtomically } from '@corescore/contracts/files';
import { bytesOf } from '../bytes.js';
import { readFully, writeFully } from '../files.js';
import { decodeFloat16 } from '../float16.js';
import { checkCoverage } from '../manifest/parse.js';
import { elements, ITEM_BYTES, type NpyHeader, npyHeaderBytes } from '../npy/header.js';
import { requireFloatRows } from '../npy/read.js';
import { ArrayFiles, type Scratch } from './array-files.js';
import { readStimulusIds, type StimulusIds } from './ids.js';

/** Values read at once: 4 MiB of float32. */
const CHUNK_VALUES = 1 << 20;

/** One region's array, its axes put in order. */
interface RegionArray {
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

/** What `SuppliedActivations.write` wrote. */
export interface ActivationsArray {
  path: string;
  steps: number;
  stimuli: number;
  features: number;
}

/** Supplied activations, their ids known to be those of the stimulus set. To be closed. */
export interface SuppliedActivations {
  /**
   * Whether all regions fit the stimulus set: files, dtype, shape, number of rows, steps and clock, all values finite.
   * @throws CorescoreError as `write`, and `array_not_finite`, `invalid_manifest` (a clock that does not fit the steps)
   */
  check(): Promise<void>;
  /**
   * Writes a region to `outPath` as float32 .npy [step][stimulus][feature], stimuli in the order of their sorted ids
   * (code units), trailing axes flattened. Rows are streamed; the file appears whole or not at all. Values are not
   * looked at.
   * @throws CorescoreError `file_missing`, `file_empty`, `not_npy`, `not_npz`, `path_refused`, `activations_too_large`,
   * `array_dtype`, `array_shape`
   */
  write(region: Region, outPath: string): Promise<ActivationsArray>;
  close(): Promise<void>;
}

/**
 * Opens supplied activations and reads their ids. An array within an archive is read in place where it is stored, and
 * unpacked once where it is compressed.
 * @throws CorescoreError the codes of `readStimulusIds`
 */
export async function openActivations(
  manifest: ActivationsManifest,
  files: ModelFiles,
  stimulusSet: StimulusIds,
  scratch: Scratch,
): Promise<SuppliedActivations> {
  const ids = await readStimulusIds(manifest, files, stimulusSet);
  const arrays = new ArrayFiles(files, scratch);
  return {
    async check() {
      for (const region of REGIONS) {
        if (manifest.regions[region] === undefined) continue;
        const array = await openRegion(manifest, arrays, region, ids.length);
        if (manifest.clock !== undefined && (array.steps > 1 || region === 'IT')) {
          checkCoverage(manifest.clock, array.steps, `/regions/${region}`);
        }
        await requireFinite(array, ids, `/regions/${region}/file`);
      }
    },
    async write(region, outPath) {
      const array = await openRegion(manifest, arrays, region, ids.length);
      await writeSorted(array, ids, outPath);
      const { steps, stimuli, features } = array;
      return { path: outPath, steps, stimuli, features };
    },
    close: () => arrays.close(),
  };
}

/**
 * Whether supplied activations fit the stimulus set they name.
 * @throws CorescoreError as `openActivations` and its `check`
 */
export async function checkActivations(
  manifest: ActivationsManifest,
  files: ModelFiles,
  stimulusSet: StimulusIds,
  scratch: Scratch,
): Promise<void> {
  const supplied = await openActivations(manifest, files, stimulusSet, scratch);
  try {
    await supplied.check();
  } finally {
    await supplied.close();
  }
}

async function writeSorted(array: RegionArray, ids: readonly string[], outPath: string): Promise<void> {
  const { steps, stimuli, features } = array;
  const order = ids.map((_, i) => i).sort((a, b) => (ids[a]! < ids[b]! ? -1 : 1));
  const perBatch = Math.max(1, Math.floor(CHUNK_VALUES / features));
  await writeAtomically(outPath, async (target) => {
    const header = npyHeaderBytes('<f4', [steps, stimuli, features]);
    await writeFully(target, header, 0);
    let position = header.length;
    for (let step = 0; step < steps; step++) {
      for (let start = 0; start < stimuli; start += perBatch) {
        const rows = order.slice(start, start + perBatch).map((stimulus) => array.row(step, stimulus));
        const values = await gather(array, rows);
        await writeFully(target, bytesOf(values), position);
        position += values.byteLength;
      }
    }
  });
}

async function openRegion(
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
  requireFloatRows(at.file, header, `${field}/file`);
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

async function requireFinite(array: RegionArray, ids: readonly string[], field: string): Promise<void> {
  const total = array.steps * array.stimuli * array.features;
  for (let start = 0; start < total; start += CHUNK_VALUES) {
    const values = await valuesAt(array, start, Math.min(CHUNK_VALUES, total - start));
    const bad = values.findIndex((v) => !Number.isFinite(v));
    if (bad < 0) continue;
    const row = Math.floor((start + bad) / array.features);
    const stepFirst = array.row(0, 1) === 1 && array.steps > 1;
    const stimulus = stepFirst ? row % array.stimuli : Math.floor(row / array.steps);
    const step = stepFirst ? Math.floor(row / array.stimuli) : row % array.steps;
    throw new CorescoreError(
      'array_not_finite',
      `${array.file} holds ${values[bad]} at step ${step}, stimulus "${ids[stimulus]}", feature ${(start + bad) % array.features}.`,
      {
        field,
        remedy: 'Check the model for overflow (float16 ends at 65504) and divisions by zero, and compute them again.',
      },
    );
  }
}

/** Rows of `features` values in the order given; neighbours are read together. */
async function gather(array: RegionArray, rows: readonly number[]): Promise<Float32Array> {
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
async function valuesAt({ handle, header, file }: RegionArray, start: number, count: number): Promise<Float32Array> {
  const out = new Float32Array(count);
  const stored = header.dtype === '<f2' ? new Uint16Array(count) : out;
  const bytes = bytesOf(stored);
  const read = await readFully(handle, bytes, header.dataOffset + start * ITEM_BYTES[header.dtype]);
  if (read < bytes.byteLength) throw new CorescoreError('not_npy', `${file} was cut off while it was read.`);
  if (stored !== out) decodeFloat16(stored as Uint16Array, out);
  return out;
}
