import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type NetworkManifest, PROBE_FILE, REGIONS, type Region } from '@corescore/contracts';
import { type NpyHeader, openNpz, readNpyHeader, readNpyRows } from '@corescore/formats';
import { modelFailure } from './failure.js';
import { formatPercent } from './limits.js';
import { makeTemporary } from './temporary.js';

/** The array of a probe that holds its images. */
const IMAGES = 'images';
const DEFAULT_TOLERANCE = 1e-3;

/** An array of the probe as a submitter knows it: the file that it is unpacked to is ours. */
const labelOf = (array: string): string => `${PROBE_FILE}#${array}`;

/** Where the model differs most from the submitter's own activations, of those of one region. */
interface Difference {
  value: number;
  step: number;
  image: number;
  feature: number;
}

/** Activations as `extract` writes them. */
interface Activations {
  path: string;
  steps: number;
  features: number;
}

/** Runs the manifest's network over images of the probe; `extract` without the probe. */
type Run = (request: { pixelsPath: string; regions: Region[]; outDir: string }) => Promise<{
  regions: Partial<Record<Region, Activations>>;
}>;

/**
 * Compares the model, as it is run here, with what its submitter computed (CONTRACT, probe): the images of `probe.npz`
 * before any preprocessing, uint8 [n][h][w][3], and an array a region, [step][n][feature] or without time [n][feature].
 * They cover the whole input, so nothing is cut or framed. It catches channel order, range, padding and normalisation,
 * which otherwise give plausible numbers.
 *
 * @param maxBytes of all arrays of the probe together, unpacked
 * @throws ModelFailure `probe_mismatch` beyond the tolerance, which is relative to the largest |activation| of the region
 * @throws CorescoreError those of reading the archive; `array_shape`, `array_dtype`
 */
export async function checkProbe(
  manifest: NetworkManifest & { probe: object },
  path: string,
  maxBytes: number,
  run: Run,
): Promise<void> {
  const folder = await makeTemporary('probe');
  const npz = await openNpz(path, { maxBytes, label: PROBE_FILE });
  try {
    const regions = regionsOf(manifest, npz.names);
    const pixelsPath = join(folder, 'images.npy');
    await npz.extract(IMAGES, pixelsPath);
    const n = imagesIn(await readNpyHeader(pixelsPath, labelOf(IMAGES)), manifest.probe.images);
    const found = await run({ pixelsPath, regions, outDir: join(folder, 'activations') });
    for (const region of regions) {
      const expected = join(folder, `${region}.expected.npy`);
      await npz.extract(region, expected);
      const { tolerance = DEFAULT_TOLERANCE } = manifest.probe;
      await compare(region, found.regions[region]!, expected, n, tolerance);
    }
  } finally {
    npz.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function regionsOf(manifest: NetworkManifest, names: readonly string[]): Region[] {
  const stray = names.find((name) => name !== IMAGES && manifest.regions[name as Region] === undefined);
  if (stray !== undefined) {
    throw modelFailure('array_shape', `${PROBE_FILE} has an array "${stray}", which is no region of the manifest.`, {
      field: PROBE_FILE,
      remedy: `Name its arrays "${IMAGES}" and ${Object.keys(manifest.regions).join(', ')}.`,
    });
  }
  const regions = REGIONS.filter((region) => names.includes(region));
  if (regions.includes('IT') && names.includes(IMAGES)) return regions;
  throw modelFailure('file_missing', `${PROBE_FILE} lacks "${names.includes(IMAGES) ? 'IT' : IMAGES}".`, {
    field: PROBE_FILE,
    remedy: 'Save it with numpy.savez("probe.npz", images=..., IT=...).',
  });
}

function imagesIn({ dtype, shape, fortranOrder }: NpyHeader, declared: number): number {
  if (dtype !== '|u1' || fortranOrder || shape.length !== 4 || shape[3] !== 3 || shape[0] !== declared) {
    throw modelFailure(
      'array_shape',
      `"${IMAGES}" of ${PROBE_FILE} is ${dtype} [${shape.join(', ')}]${fortranOrder ? ' in Fortran order' : ''}, not uint8 [${declared}, height, width, 3].`,
      {
        field: PROBE_FILE,
        remedy: 'Save the images as 8-bit RGB before any preprocessing, as many as /probe/images says.',
      },
    );
  }
  return declared;
}

async function compare(
  region: Region,
  { path, steps, features }: Activations,
  expectedPath: string,
  n: number,
  tolerance: number,
): Promise<void> {
  const label = labelOf(region);
  const expected = await readNpyHeader(expectedPath, label);
  const hasTime = expected.shape[0] === steps && expected.shape[1] === n && expected.shape.length > 2;
  const shape = hasTime ? expected.shape : [1, ...expected.shape];
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (shape[0] !== steps || shape[1] !== n || size !== steps * n * features) {
    throw modelFailure(
      'probe_mismatch',
      `"${region}" of ${PROBE_FILE} is [${expected.shape.join(', ')}]; the model gives ${steps} steps of ${n} images of ${features} features.`,
      {
        field: `/regions/${region}`,
        remedy:
          'Save [step][image][feature] (without time [image][feature]), all steps, and check the name of the output.',
      },
    );
  }
  const ours = await readNpyHeader(path);
  let scale = 0;
  let worst: Difference = { value: 0, step: 0, image: 0, feature: 0 };
  for (let step = 0; step < steps; step++) {
    const a = await readNpyRows(path, ours, step, 1);
    const b = hasTime
      ? await readNpyRows(expectedPath, expected, step, 1, label)
      : await readNpyRows(expectedPath, expected, 0, n, label);
    for (let i = 0; i < b.length; i++) {
      scale = Math.max(scale, Math.abs(b[i]!));
      const value = Math.abs(a[i]! - b[i]!);
      // NaN in the probe is no activation: it must not pass for agreement.
      if (!(value <= worst.value)) {
        worst = { value, step, image: Math.floor(i / features), feature: i % features };
      }
    }
  }
  const relative = worst.value === 0 ? 0 : worst.value / scale;
  if (relative <= tolerance) return;
  throw modelFailure(
    'probe_mismatch',
    `${region} differs from the probe by ${formatPercent(relative)} of its largest activation (tolerance ${formatPercent(tolerance)}), most at step ${worst.step}, image ${worst.image}, feature ${worst.feature}.`,
    {
      field: `/regions/${region}`,
      remedy:
        'The usual causes: channelOrder (rgb or bgr), range ([0, 1] or [0, 255]), mean and std, resize, layout, another output; or other weights.',
    },
  );
}
