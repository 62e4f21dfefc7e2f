import { CorescoreError, type ManifestInput, type Warning } from '@corescore/contracts';
import { IMAGE_TYPES, type ImageType } from './capabilities.js';
import { imageElements, LEVELS, levelValues, rangeOf } from './image-values.js';

/** An image with fewer values than this is a silhouette at best. */
export const FEWEST_VALUES = 8;
/** Rounding to halves and the like costs fewer levels than this. */
const FEW_LEVELS = 0.75 * LEVELS;

export const isImageType = (type: string): type is ImageType =>
  Object.values(IMAGE_TYPES).some((types) => (types as readonly string[]).includes(type));

/**
 * What becomes of the 256 levels of a pixel on their way into a model: an error where next to nothing is left of them,
 * warnings where much is lost, and where mean or std are in other units than the range. The same for every engine, since
 * preprocessing is; only the type that the input takes differs.
 * @param type element type of the model's input; one that images do not come in says nothing here
 */
export function inputValues(input: ManifestInput, type: string): { error: CorescoreError | null; warnings: Warning[] } {
  const units = unitWarnings(input, type);
  const [height, width] = input.size;
  if (height * width < FEWEST_VALUES) {
    const detail = `An image of ${height} x ${width} pixels has at most ${height * width} values a channel.`;
    const remedy = 'Give the size that the model was trained with, [height, width].';
    return { error: new CorescoreError('input_values', detail, { field: '/input/size', remedy }), warnings: units };
  }
  if (!isImageType(type)) return { error: null, warnings: units };
  const range = rangeOf(input, type);
  const counts = levelValues({ ...input, range }).map(
    (levels) => new Set<number | bigint>(imageElements(type, levels)).size,
  );
  const left = Math.min(...counts);
  if (left >= FEW_LEVELS) return { error: null, warnings: units };
  const scaled = input.mean !== undefined || input.std !== undefined;
  const made = `range [${range.join(', ')}]${scaled ? ' with mean and std' : ''} keeps ${left} of the ${LEVELS} levels of a pixel apart`;
  const detail = `The input takes ${type}, and ${made}: ${left < FEWEST_VALUES ? 'nothing of an image is left' : 'the rest is lost'}.`;
  const field = scaled ? (input.std === undefined ? '/input/mean' : '/input/std') : '/input/range';
  const remedy = remedyFor(type, range, scaled);
  if (left < FEWEST_VALUES)
    return { error: new CorescoreError('input_values', detail, { field, remedy }), warnings: units };
  return { error: null, warnings: [...units, { code: 'coarse_input', message: detail, field, remedy }] };
}

function remedyFor(type: string, range: readonly number[], scaled: boolean): string {
  if (scaled)
    return `Normalise inside the model, after its input of ${type}, and leave mean and std out; or export it with an input of float32.`;
  if (range[1] !== 255)
    return `Set "range": [0, 255], or leave it out: for ${type} it is [0, 255]. Or export the model with an input of float32.`;
  return 'Export the model with an input of float32.';
}

/** Mean and std count in units of the range: ImageNet's .485 belongs to [0, 1], its 123.7 to [0, 255]. */
function unitWarnings(input: ManifestInput, type: string): Warning[] {
  const range = rangeOf(input, type);
  const [low, high] = range;
  const { mean, std } = input;
  const wide = high - low > 2;
  const isOff = {
    mean: mean?.some((m) => m < low || m > high) || (wide && mean?.some((m) => m !== 0) && mean.every((m) => m <= 1)),
    std: std?.some((s) => s > high - low) || (wide && std?.some((s) => s !== 1) && std.every((s) => s <= 1)),
  };
  return (['mean', 'std'] as const)
    .filter((name) => isOff[name])
    .map((name) => ({
      code: 'input_units',
      message: `/input/${name} is [${input[name]!.join(', ')}], and the range is [${range.join(', ')}]: it looks like other units.`,
      field: `/input/${name}`,
      remedy: `Mean and std are taken off after the range: (range of the pixel - mean) / std. ImageNet's are [0.485, 0.456, 0.406] and [0.229, 0.224, 0.225] for [0, 1], 255 times as large for [0, 255].`,
    }));
}
