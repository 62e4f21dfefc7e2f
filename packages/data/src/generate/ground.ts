import { clamp, cosSin } from './arithmetic.js';
import type { SceneParameters } from './parameters.js';
import { levelFor, type Picture } from './picture.js';
import type { Random } from './random.js';

/** Cells over the side of each octave of the noise. */
const OCTAVES = [2, 4, 8, 16, 32];
/** A crop of sky has almost no contrast: it is not stretched beyond this sd, 0 to 1. */
const LEAST_SD = 0.06;

/** The background before anything lies on it: a crop of the photograph, for half of the images mixed with noise. */
export function drawGround(
  out: Float32Array,
  noise: Float32Array,
  frame: number,
  photograph: Picture,
  p: SceneParameters,
  random: Random,
): void {
  crop(out, frame, photograph, p);
  normalise(out, LEAST_SD);
  drawNoise(noise, frame, p, random);
  normalise(noise, LEAST_SD);
  const rest = 1 - p.photographWeight;
  for (let i = 0; i < out.length; i++) out[i] = p.photographWeight * out[i]! + rest * noise[i]!;
  normalise(out, 0.25);
  for (let i = 0; i < out.length; i++) out[i] = clamp(p.groundMean + p.groundSd * out[i]!, 0.02, 0.98);
}

function crop(out: Float32Array, frame: number, photograph: Picture, p: SceneParameters): void {
  const side = p.crop * Math.min(photograph.width, photograph.height);
  const left = p.cropX * (photograph.width - side);
  const top = p.cropY * (photograph.height - side);
  const step = side / frame;
  const number = levelFor(photograph, step);
  const { stride, value } = photograph.levels[number]!;
  const shrink = 1 / (1 << number);
  for (let y = 0; y < frame; y++) {
    const v = (top + (y + 0.5) * step) * shrink + 0.5;
    const iy = Math.floor(v);
    const fy = v - iy;
    for (let x = 0; x < frame; x++) {
      const u = (left + ((p.cropFlip ? frame - 1 - x : x) + 0.5) * step) * shrink + 0.5;
      const ix = Math.floor(u);
      const fx = u - ix;
      const at = iy * stride + ix;
      out[y * frame + x] =
        (1 - fy) * ((1 - fx) * value[at]! + fx * value[at + 1]!) +
        fy * ((1 - fx) * value[at + stride]! + fx * value[at + stride + 1]!);
    }
  }
}

/** Value noise, one octave on the other with nearly equal power, as 1/f images have; and stripes. */
function drawNoise(out: Float32Array, frame: number, p: SceneParameters, random: Random): void {
  const [cos, sin] = cosSin(p.stripesAngle);
  for (let y = 0; y < frame; y++) {
    for (let x = 0; x < frame; x++) {
      const cycles = p.stripesPhase + p.stripes * ((x / frame - 0.5) * cos + (y / frame - 0.5) * sin);
      const ramp = cycles - Math.floor(cycles);
      out[y * frame + x] = p.stripesWeight * (4 * Math.abs(ramp - 0.5) - 1);
    }
  }
  let weight = 1;
  for (const cells of OCTAVES) {
    const row = cells + 1;
    const lattice = LATTICE.subarray(0, row * row);
    for (let i = 0; i < lattice.length; i++) lattice[i] = random.between(-weight, weight);
    addOctave(out, frame, lattice, cells);
    weight *= p.octaveRatio;
  }
}

const LATTICE = new Float32Array(33 * 33);

function addOctave(out: Float32Array, frame: number, lattice: Float32Array, cells: number): void {
  const row = cells + 1;
  const step = cells / frame;
  for (let y = 0; y < frame; y++) {
    const v = (y + 0.5) * step;
    const iy = Math.floor(v);
    const fy = smooth(v - iy);
    for (let x = 0; x < frame; x++) {
      const u = (x + 0.5) * step;
      const ix = Math.floor(u);
      const fx = smooth(u - ix);
      const at = iy * row + ix;
      const above = lattice[at]! + fx * (lattice[at + 1]! - lattice[at]!);
      const below = lattice[at + row]! + fx * (lattice[at + row + 1]! - lattice[at + row]!);
      out[y * frame + x]! += above + fy * (below - above);
    }
  }
}

const smooth = (t: number) => t * t * (3 - 2 * t);

/** Mean 0; sd 1, or less where it was under `least`. */
function normalise(plane: Float32Array, least: number): void {
  let sum = 0;
  for (let i = 0; i < plane.length; i++) sum += plane[i]!;
  const mean = sum / plane.length;
  let squares = 0;
  for (let i = 0; i < plane.length; i++) squares += (plane[i]! - mean) * (plane[i]! - mean);
  const sd = Math.sqrt(squares / plane.length);
  const unit = 1 / Math.max(sd, least);
  for (let i = 0; i < plane.length; i++) plane[i] = (plane[i]! - mean) * unit;
}
