import type { ActivationsManifest, ModelFiles, Region } from '@corescore/contracts';
import { writeAtomically, writeFully } from '@corescore/contracts/files';
import { bytesOf } from '../bytes.js';
import { npyHeaderBytes } from '../npy/header.js';
import { ArrayFiles, type Scratch } from './array-files.js';
import { readStimulusIds, type StimulusIds } from './ids.js';
import { type InspectedActivations, inspect } from './inspect.js';
import { CHUNK_VALUES, gather, openRegion, type RegionArray } from './region-array.js';

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
   * Whether all regions fit the stimulus set and the clock: files, dtype, shape, number of rows, steps, then the values, by
   * the checks that a model is held to which is run here (`RowChecks`).
   * Errors are those of `write`, and `array_not_finite`, `invalid_manifest` (a clock that does not fit the steps),
   * `activations_constant`, `first_step_mismatch`.
   */
  inspect(): Promise<InspectedActivations>;
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
    inspect: () => inspect(manifest, arrays, ids),
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
 * @throws CorescoreError as `openActivations`, and the first error of `inspect`
 */
export async function checkActivations(
  manifest: ActivationsManifest,
  files: ModelFiles,
  stimulusSet: StimulusIds,
  scratch: Scratch,
): Promise<InspectedActivations> {
  const supplied = await openActivations(manifest, files, stimulusSet, scratch);
  try {
    const found = await supplied.inspect();
    if (found.errors[0] !== undefined) throw found.errors[0];
    return found;
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
