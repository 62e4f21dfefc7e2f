import type { ManifestInput } from '@corescore/contracts';
import { levelValues } from '@corescore/formats/image-values';
import { placeOnScreen } from './place.js';
import { resize } from './resize.js';

/** Changes whenever a pixel of `preprocess` would: it is part of the key of stored activations. */
export const PREPROCESSING_VERSION = '1';

/**
 * One image -> the model's input, float32 in the manifest's layout, written to `out` from `offset` on. In order: placed on
 * screen at its degrees of visual angle, resized as Pillow does (antialiased), put into the channel order or to gray, scaled
 * to the range, minus mean, over std. Mean and std are in the model's channel order; one value serves all channels. Gray is
 * ITU-R 601 luma in 8 bits, Pillow's mode "L", which leaves R = G = B as it is. Pure.
 *
 * @param image [height][width][3], 8-bit RGB
 * @param imageDegrees degrees of visual angle that the image covers
 * @param input its range written out (`withRange`), else [0, 1]; may be kept: it must not change between calls
 * @param out room for channels * input height * input width values from `offset` on
 */
export function preprocess(
  image: Uint8Array,
  height: number,
  width: number,
  imageDegrees: number,
  input: ManifestInput,
  out: Float32Array,
  offset: number,
): void {
  const [outHeight, outWidth] = input.size;
  const { channels } = input;
  const count = outHeight * outWidth;
  if (image.length !== height * width * 3 || offset + count * channels > out.length) {
    throw new RangeError(
      `${image.length} bytes for ${height} x ${width} pixels, ${out.length - offset} values of room`,
    );
  }
  const placed = placeOnScreen({ data: image, height, width }, imageDegrees, input.visualDegrees);
  const { data } = resize(placed, outHeight, outWidth, input.resize ?? 'bilinear');
  let tables = known.get(input);
  if (tables === undefined) {
    tables = levelValues(input);
    known.set(input, tables);
  }
  const order = input.channelOrder === 'bgr' ? [2, 1, 0] : [0, 1, 2];
  const pixelStride = input.layout === 'NCHW' ? 1 : channels;
  const channelStride = input.layout === 'NCHW' ? count : 1;
  for (let c = 0; c < channels; c++) {
    const table = tables[c];
    let to = offset + c * channelStride;
    if (channels === 1) {
      for (let at = 0; at < count * 3; at += 3, to++) out[to] = table[luma(data[at], data[at + 1], data[at + 2])];
    } else {
      for (let at = order[c]; at < count * 3; at += 3, to += pixelStride) out[to] = table[data[at]];
    }
  }
}

/** Pillow's RGB -> L: ITU-R 601-2 in 16-bit fixed point, rounded. */
function luma(r: number, g: number, b: number): number {
  return (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
}

/** One manifest serves thousands of images. */
const known = new WeakMap<ManifestInput, Float32Array[]>();
