import { CorescoreError, type NetworkManifest } from '@corescore/contracts';
import {
  FEWEST_VALUES,
  imageElements,
  isImageType,
  readNpyHeader,
  readNpyRows,
  stillWarning,
  withRange,
} from '@corescore/formats';
import { clockWindows } from '@corescore/metrics';
import { type ExtractedArray, formatPercent } from '@corescore/runtime';
import { preprocess, readPixels } from '@corescore/stimuli';
import type { Shown } from '../run/prepare.js';
import { type Finding, findingOf, warningOf } from './finding.js';

/**
 * Largest difference between two showings of one image that counts as rounding, relative to the largest |activation| of
 * the step. Another batch rounds differently by about 1e-6; dropout and noise differ by orders of magnitude more.
 */
const REPEAT_TOLERANCE = 1e-4;

/** As much may an untrained twin differ and still count as the same, relative as above. */
const TWIN_TOLERANCE = 1e-5;

/** So many images are enough to see what becomes of all. */
const LOOKED_AT = 8;

/**
 * Whether images still have values to tell apart when they reach the model: a field of view in which they are a speck, or a
 * size of a few pixels, leaves as little of them as a wrong range.
 * @param imageType element type of the model's input
 */
export async function imageFindings(manifest: NetworkManifest, imageType: string, shown: Shown): Promise<Finding[]> {
  if (!isImageType(imageType)) return [];
  const { n, height, width, data } = await readPixels(await shown.pixels());
  const input = withRange(manifest.input, imageType);
  const { visualDegrees } = shown.definition;
  const [h, w] = input.size;
  const out = new Float32Array(h * w * input.channels);
  const bytes = height * width * 3;
  const counts: number[] = [];
  for (let i = 0; i < Math.min(n, LOOKED_AT); i++) {
    preprocess(data.subarray(i * bytes, (i + 1) * bytes), height, width, visualDegrees, input, out, 0);
    counts.push(new Set<number | bigint>(imageElements(imageType, out)).size);
  }
  const most = Math.max(...counts);
  if (most >= FEWEST_VALUES) return [];
  return [
    findingOf(
      new CorescoreError(
        'input_values',
        `The images reach the model with at most ${most} different values: shown at ${visualDegrees} of its ${manifest.input.visualDegrees} degrees, in ${h} x ${w} pixels.`,
        {
          field: '/input',
          remedy:
            'Check visualDegrees (degrees of visual angle that the whole input covers, 8 for most models here), size, range, mean and std.',
        },
      ),
    ),
  ];
}

/** What the clock says beside what IT's activations show. */
export function clockFindings(manifest: NetworkManifest, it: ExtractedArray): Finding[] {
  const { imageFrom, steps } = it;
  if (imageFrom === null) {
    return [
      {
        severity: 'error',
        code: 'activations_constant',
        field: '/regions/IT',
        message: 'IT is the same for all images at every step: it does not depend on the image.',
        remedy: 'Name a tensor that is computed from the image, and check the range of the input.',
      },
    ];
  }
  const { clock } = manifest;
  // One step without a step axis was told before the model ran.
  if (clock === undefined || steps === 1) return [];
  const firstStep = clock.firstStep ?? 0;
  const found: Finding[] = [];
  if (imageFrom !== firstStep) {
    const when =
      imageFrom < firstStep
        ? `depends on the image from step ${imageFrom} on, before the clock's first step, ${firstStep}: a signal before the image arrives`
        : `depends on the image only from step ${imageFrom} on, but the clock starts at step ${firstStep}`;
    found.push({
      severity: 'error',
      code: 'first_step_mismatch',
      field: '/clock/firstStep',
      message: `IT ${when}.`,
      remedy: `Set clock.firstStep to ${imageFrom}: the first step at which the image has reached IT.`,
    });
  }
  if (firstStep >= steps) return found;
  if (!it.temporal && found.length === 0) found.push(warningOf(stillWarning(steps)));
  const { startMs, endMs } = clockWindows(clock, steps)[0]!;
  if (startMs < 0) {
    found.push({
      severity: 'warning',
      code: 'early_clock',
      field: 'windowsMs' in clock ? '/clock/windowsMs/0' : '/clock/onsetMs',
      message: `The clock places the first response of IT at ${startMs} to ${endMs} ms, before the image is shown (0 ms).`,
      remedy: 'Times count from image onset; IT of the macaque responds from about 70 ms on.',
    });
  }
  return found;
}

/** Whether the images shown twice gave the same activations both times. */
export async function repeatFindings(name: string, array: ExtractedArray, repeated: number): Promise<Finding[]> {
  const { features, stimuli, steps, path } = array;
  const header = await readNpyHeader(path);
  let worst = 0;
  for (let step = 0; step < steps; step++) {
    const rows = await readNpyRows(path, header, step, 1);
    const first = rows.subarray(0, repeated * features);
    worst = Math.max(worst, relativeDifference(first, rows.subarray((stimuli - repeated) * features)));
  }
  if (worst <= REPEAT_TOLERANCE) return [];
  return [
    {
      severity: 'warning',
      code: 'not_repeatable',
      field: `/regions/${name}`,
      message: `${name} differs by ${formatPercent(worst)} between two showings of the same image: dropout or noise is live.`,
      remedy: 'Export the model in evaluation mode (model.eval()); scores of a noisy model change from run to run.',
    },
  ];
}

/** Whether IT's activations are those of the network with shuffled weights. */
export async function twinFindings(it: ExtractedArray, twinPath: string): Promise<Finding[]> {
  const header = await readNpyHeader(it.path);
  const other = await readNpyHeader(twinPath);
  let worst = 0;
  for (let step = 0; step < it.steps; step++) {
    const rows = await readNpyRows(it.path, header, step, 1);
    worst = Math.max(worst, relativeDifference(rows, await readNpyRows(twinPath, other, step, 1)));
  }
  if (worst > TWIN_TOLERANCE) return [];
  return [
    {
      severity: 'warning',
      code: 'untrained',
      field: '/regions/IT',
      message: 'IT is the same with all weights shuffled: the weights make no difference to what is recorded.',
      remedy: 'Check that the trained weights are in the file, and that IT names a tensor behind them.',
    },
  ];
}

/** Largest |a - b|, relative to the largest magnitude of either. */
function relativeDifference(a: Float32Array, b: Float32Array): number {
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < a.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    scale = Math.max(scale, Math.abs(a[i]!), Math.abs(b[i]!));
  }
  return scale === 0 ? 0 : difference / scale;
}
