import type { Image } from './place.js';

export type ResizeFilter = 'bilinear' | 'bicubic';

/** For every output pixel the input pixels that it mixes, weights in fixed point. */
interface Coefficients {
  taps: number;
  first: Int32Array;
  count: Int32Array;
  /** [output pixel][taps] */
  weights: Int32Array;
}

/** Pillow's fixed point for 8-bit images: room for 8 bits of pixel and 2 of overshoot in 32. */
const PRECISION_BITS = 22;
/** Sums begin here, to be rounded; 255 times the weights of one pixel and their overshoot stay below 2^31. */
const HALF = 1 << (PRECISION_BITS - 1);

/** Bicubic with a = -0.5, as Pillow; many others take -0.75. */
const A = -0.5;

/**
 * Resizes as Pillow's `Image.resize` does: the filter widens by the scale when the image shrinks (antialiasing), first
 * along rows, then along columns, rounded to 8 bits in between. A pass that changes nothing is skipped.
 */
export function resize(image: Image, height: number, width: number, filter: ResizeFilter): Image {
  const rows = image.width === width ? image : alongRows(image, coefficients(image.width, width, filter), width);
  return rows.height === height ? rows : alongColumns(rows, coefficients(rows.height, height, filter), height);
}

function alongRows({ data, height, width }: Image, c: Coefficients, outWidth: number): Image {
  const out = new Uint8Array(height * outWidth * 3);
  const { taps, first, count, weights } = c;
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < outWidth; x++, to += 3) {
      let [r, g, b] = [HALF, HALF, HALF];
      const last = x * taps + count[x];
      for (let k = x * taps, at = (y * width + first[x]) * 3; k < last; k++, at += 3) {
        const w = weights[k];
        r = (r + Math.imul(data[at], w)) | 0;
        g = (g + Math.imul(data[at + 1], w)) | 0;
        b = (b + Math.imul(data[at + 2], w)) | 0;
      }
      out[to] = clip8(r >> PRECISION_BITS);
      out[to + 1] = clip8(g >> PRECISION_BITS);
      out[to + 2] = clip8(b >> PRECISION_BITS);
    }
  }
  return { data: out, height, width: outWidth };
}

/** Four rows at a time, so that memory is read in its order and sums are seldom stored. */
function alongColumns({ data, width }: Image, c: Coefficients, outHeight: number): Image {
  const bytes = width * 3;
  const out = new Uint8Array(outHeight * bytes);
  const sums = new Int32Array(bytes);
  for (let y = 0; y < outHeight; y++) {
    sums.fill(HALF);
    const [first, last] = [c.first[y], c.first[y] + c.count[y] - 1];
    for (let row = first; row <= last; row += 4) {
      // Rows beyond the last count nothing.
      const at = (k: number) => Math.min(row + k, last) * bytes;
      const weight = (k: number) => (row + k <= last ? c.weights[y * c.taps + row + k - first] : 0);
      const [a0, a1, a2, a3] = [at(0), at(1), at(2), at(3)];
      const [w0, w1, w2, w3] = [weight(0), weight(1), weight(2), weight(3)];
      for (let i = 0; i < bytes; i++) {
        const low = Math.imul(data[a0 + i], w0) + Math.imul(data[a1 + i], w1);
        const high = Math.imul(data[a2 + i], w2) + Math.imul(data[a3 + i], w3);
        sums[i] += low + high;
      }
    }
    for (let i = 0, to = y * bytes; i < bytes; i++, to++) out[to] = clip8(sums[i] >> PRECISION_BITS);
  }
  return { data: out, height: outHeight, width };
}

const clip8 = (v: number): number => (v < 0 ? 0 : Math.min(v, 255));

/** The images of a set have one size, so the same few tables serve thousands of calls. */
const cache = new Map<string, Coefficients>();
const MOST_CACHED = 16;

function coefficients(inSize: number, outSize: number, filter: ResizeFilter): Coefficients {
  const key = `${inSize} ${outSize} ${filter}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  if (cache.size >= MOST_CACHED) cache.clear();
  const made = computeCoefficients(inSize, outSize, filter);
  cache.set(key, made);
  return made;
}

function computeCoefficients(inSize: number, outSize: number, filter: ResizeFilter): Coefficients {
  const scale = inSize / outSize;
  const filterScale = Math.max(1, scale);
  const support = (filter === 'bilinear' ? 1 : 2) * filterScale;
  const kernel = filter === 'bilinear' ? triangle : cubic;
  const taps = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outSize);
  const count = new Int32Array(outSize);
  const weights = new Int32Array(outSize * taps);
  const raw = new Float64Array(taps);
  for (let i = 0; i < outSize; i++) {
    const center = (i + 0.5) * scale;
    const from = Math.max(0, Math.trunc(center - support + 0.5));
    const to = Math.min(inSize, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let k = 0; k < to - from; k++) {
      raw[k] = kernel((k + from - center + 0.5) / filterScale);
      sum += raw[k];
    }
    first[i] = from;
    count[i] = to - from;
    for (let k = 0; k < to - from; k++) {
      const fixed = (raw[k] / sum) * (1 << PRECISION_BITS);
      weights[i * taps + k] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
  }
  return { taps, first, count, weights };
}

function triangle(x: number): number {
  const d = Math.abs(x);
  return d < 1 ? 1 - d : 0;
}

function cubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return ((A + 2) * d - (A + 3)) * d * d + 1;
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * A;
  return 0;
}
