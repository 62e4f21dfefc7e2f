import { type ActivationsManifest, CorescoreError, REGIONS, type Region, type Warning } from '@corescore/contracts';
import { clockWarnings } from '../manifest/clock-warnings.js';
import { coverageErrors } from '../manifest/parse.js';
import { dtypeName } from '../npy/header.js';
import type { ArrayFiles } from './array-files.js';
import { CHUNK_VALUES, gather, openRegion, type RegionArray, valuesAt } from './region-array.js';
import { RowChecks } from './row-checks.js';

/** What the arrays showed of themselves. */
export interface InspectedActivations {
  regions: Partial<Record<Region, { steps: number; features: number; temporal: boolean; imageFrom: number | null }>>;
  /** What is wrong, at most one error a region. */
  errors: CorescoreError[];
  /** What looks wrong, or was converted. */
  warnings: Warning[];
}

/** @param ids of the stimuli, in the order of the rows */
export async function inspect(
  manifest: ActivationsManifest,
  arrays: ArrayFiles,
  ids: readonly string[],
): Promise<InspectedActivations> {
  const found: InspectedActivations = { regions: {}, errors: [], warnings: clockWarnings(manifest) };
  const { clock } = manifest;
  for (const region of REGIONS) {
    const at = manifest.regions[region];
    if (at === undefined) continue;
    try {
      const array = await openRegion(manifest, arrays, region, ids.length);
      const { steps, features, header } = array;
      if (clock !== undefined && (steps > 1 || region === 'IT')) {
        for (const error of coverageErrors(clock, steps, `/regions/${region}`)) throw error;
      }
      const checks = await checkRows(array, ids, region, clock?.firstStep ?? 0);
      const { temporal, imageFrom } = checks;
      found.regions[region] = { steps, features, temporal, imageFrom };
      if (header.dtype !== '<f4' && header.dtype !== '<f2') {
        found.warnings.push(converted(at.file, dtypeName(header.dtype), `/regions/${region}/file`));
      }
      checks.finish(region === 'IT');
      if (region === 'IT' && clock !== undefined && at.axes.length === 3 && !temporal)
        found.warnings.push(stillWarning(steps));
    } catch (error) {
      if (!(error instanceof CorescoreError)) throw error;
      found.errors.push(error);
    }
  }
  return found;
}

const converted = (file: string, type: string, field: string): Warning => ({
  code: 'converted',
  message: `${file} holds ${type}; it is read as float32.`,
  field,
});

/** Steps that repeat the first one: the clock has nothing to place. */
export const stillWarning = (steps: number): Warning => ({
  code: 'clock_unused',
  message:
    steps === 1
      ? 'The manifest has a clock, and IT is one step. Nothing will be scored over time.'
      : `The manifest has a clock, and IT is the same at all of its steps from the clock's first one on. Nothing will be scored over time.`,
  field: '/regions/IT',
  remedy: 'Check that each step holds its own activations; a model without time needs no "clock".',
});

/** Shows all values to the checks: a few images at a time, all their steps. */
async function checkRows(
  array: RegionArray,
  ids: readonly string[],
  region: Region,
  firstStep: number,
): Promise<RowChecks> {
  const { file, steps, stimuli, features } = array;
  const checks = new RowChecks({
    ...{ name: region, field: `/regions/${region}`, steps, features, stimuli, firstStep },
    notFinite: (value, step, image, feature) =>
      new CorescoreError(
        'array_not_finite',
        `${file} holds ${value} at step ${step}, stimulus "${ids[image]}", feature ${feature}, read as float32.`,
        {
          field: `/regions/${region}/file`,
          remedy:
            'Check the model for overflow (float16 ends at 65504, float32 at 3.4e38) and divisions by zero, and compute them again.',
        },
      ),
  });
  const perBlock = Math.max(1, Math.floor(CHUNK_VALUES / (features * steps)));
  for (let start = 0; start < stimuli; start += perBlock) {
    const count = Math.min(perBlock, stimuli - start);
    const images = Array.from({ length: count }, (_, i) => start + i);
    // Where the steps of an image lie together, so do those of the block: one read.
    const together =
      array.row(0, 1) === steps ? await valuesAt(array, start * steps * features, count * steps * features) : null;
    for (let step = 0; step < steps; step++) {
      const rows =
        together === null
          ? await gather(
              array,
              images.map((image) => array.row(step, image)),
            )
          : stepOf(together, step, { steps, count, features });
      checks.add(step, start, rows);
    }
  }
  return checks;
}

/** [image][step][feature] -> [image][feature] of one step. */
function stepOf(
  block: Float32Array,
  step: number,
  { steps, count, features }: { steps: number; count: number; features: number },
): Float32Array {
  if (steps === 1) return block;
  const rows = new Float32Array(count * features);
  for (let i = 0; i < count; i++) {
    const from = (i * steps + step) * features;
    rows.set(block.subarray(from, from + features), i * features);
  }
  return rows;
}
