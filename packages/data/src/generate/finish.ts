import { clamp, cosSin } from './arithmetic.js';
import type { SceneParameters } from './parameters.js';
import type { Random } from './random.js';

/** Light that falls off across the image, from 1 at the brightest edge: nothing is driven beyond white. */
export function light(image: Float32Array, frame: number, p: SceneParameters): void {
  const [cos, sin] = cosSin(p.lightingAngle);
  const full = 1 / (1 + p.lighting);
  for (let y = 0; y < frame; y++) {
    const down = ((y + 0.5) / frame - 0.5) * sin;
    for (let x = 0; x < frame; x++) {
      image[y * frame + x]! *= full * (1 + 2 * p.lighting * (((x + 0.5) / frame - 0.5) * cos + down));
    }
  }
}

/**
 * Gaussian of `sd` px, as passes of a three-point kernel whose variances add up to sd^2: a sampled Gaussian needs an
 * exponential, whose last bit differs between engines. The edge is repeated.
 */
export function blurred(image: Float32Array, scratch: Float32Array, frame: number, sd: number): void {
  const variance = sd * sd;
  const passes = Math.ceil(variance / 0.5);
  const side = variance / (2 * passes);
  for (let pass = 0; pass < passes; pass++) {
    smoothLines(image, scratch, frame, side, 1, frame);
    smoothLines(scratch, image, frame, side, frame, 1);
  }
}

function smoothLines(
  from: Float32Array,
  to: Float32Array,
  frame: number,
  side: number,
  step: number,
  line: number,
): void {
  const middle = 1 - 2 * side;
  for (let i = 0; i < frame; i++) {
    const start = i * line;
    const last = start + (frame - 1) * step;
    for (let q = start; q <= last; q += step) {
      const before = q === start ? from[q]! : from[q - step]!;
      const after = q === last ? from[q]! : from[q + step]!;
      to[q] = middle * from[q]! + side * (before + after);
    }
  }
}

/** Adds noise of each pixel's own and rounds to 8 bits. */
export function toBytes(image: Float32Array, random: Random, noiseSd: number): Uint8Array {
  const bytes = new Uint8Array(image.length);
  for (let q = 0; q < image.length; q++) {
    bytes[q] = Math.floor(clamp(255 * (image[q]! + noiseSd * random.normal()) + 0.5, 0, 255));
  }
  return bytes;
}
