import type { ManifestInput } from '@corescore/contracts';
import { encodeFloat16 } from '@corescore/onnx/float16';
import type { ImageType } from './capabilities.js';

/** Levels of an 8-bit pixel. */
export const LEVELS = 256;

const isWhole = (type: string): boolean => /^u?int/.test(type);

/**
 * The range that pixels are scaled to: the manifest's, else [0, 1], or [0, 255] for an input of whole numbers, in which
 * [0, 1] would leave two values.
 * @param type element type of the model's input
 */
export const rangeOf = ({ range }: Pick<ManifestInput, 'range'>, type: string): NonNullable<ManifestInput['range']> =>
  range ?? (isWhole(type) ? [0, 255] : [0, 1]);

/** The input with its range written out. @param type element type of the model's input */
export const withRange = (input: ManifestInput, type: string): ManifestInput => ({
  ...input,
  range: rangeOf(input, type),
});

/**
 * The model's value of each of the 256 levels, a channel: range, minus mean, over std, as one multiplication and one
 * addition. Without a range [0, 1] is meant.
 * @returns [channel][level], before they become elements of the input's type (`imageElements`)
 */
export function levelValues(input: ManifestInput): Float32Array[] {
  const [low, high] = input.range ?? [0, 1];
  const of = (given: readonly number[] | undefined, c: number, otherwise: number) =>
    given === undefined ? otherwise : given.length === 1 ? given[0]! : given[c]!;
  return Array.from({ length: input.channels }, (_, c) => {
    const std = of(input.std, c, 1);
    const scale = (high - low) / (LEVELS - 1) / std;
    const shift = (low - of(input.mean, c, 0)) / std;
    return Float32Array.from({ length: LEVELS }, (_, level) => level * scale + shift);
  });
}

/** What the elements of an image are kept in, by type; halves as bit patterns. */
export interface ImageElements {
  float32: Float32Array;
  float16: Uint16Array;
  float64: Float64Array;
  uint8: Uint8Array;
  int32: Int32Array;
  int64: BigInt64Array;
}

/** Half to even, as a byte is rounded. */
function rounded(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

const CONVERT: { [T in ImageType]: (values: Float32Array) => ImageElements[T] } = {
  float32: (values) => values,
  float16: (values) => encodeFloat16(values),
  float64: (values) => Float64Array.from(values),
  // Rounds half to even and clamps, which plain Uint8Array does not.
  uint8: (values) => new Uint8Array(Uint8ClampedArray.from(values).buffer),
  int32: (values) => Int32Array.from(values, rounded),
  int64: (values) => BigInt64Array.from(values, (value) => BigInt(rounded(value))),
};

/** Values of an image as elements of the type that a model takes: whole numbers rounded half to even, bytes clamped to 0..255. */
export const imageElements = <T extends ImageType>(type: T, values: Float32Array): ImageElements[T] =>
  CONVERT[type](values);
