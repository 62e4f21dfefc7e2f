import type { Random } from './random.js';
import { BANDS, type Band } from './sets.js';

/** The difficulty factors, each 0 (easy) to 1; their sum is the load. */
export interface Difficulty {
  gain: number;
  eOcclusion: number;
  eContrast: number;
  eClutter: number;
  eBlur: number;
  eSize: number;
  load: number;
}

/** Everything that is drawn for an image before a pixel is made. Lengths are fractions of the side, angles rad, grays 0 to 1. */
export interface SceneParameters extends Difficulty {
  /** Fraction of the target that occluders shall hide. */
  occlusionGoal: number;
  /** The target's grays are drawn towards the mean of the background by it. */
  contrast: number;
  /** Number of fragments behind the target. */
  clutter: number;
  /** sd of the Gaussian. */
  blur: number;
  /** Longer side of the target. */
  size: number;
  x: number;
  y: number;
  rotation: number;
  flip: boolean;
  aspect: number;
  shear: number;
  /** The target's own grays: multiplied about .5, then raised. */
  toneGain: number;
  toneOffset: number;
  /** Side of the crop as a fraction of the photograph's shorter side, and where in the rest it lies. */
  crop: number;
  cropX: number;
  cropY: number;
  cropFlip: boolean;
  /** Share of the photograph in the background; the rest is noise and texture. */
  photographWeight: number;
  groundMean: number;
  groundSd: number;
  /** Each octave of the noise is this much weaker than the coarser one. */
  octaveRatio: number;
  /** Cycles of the striped texture over the side, its direction, phase and share. */
  stripes: number;
  stripesAngle: number;
  stripesPhase: number;
  stripesWeight: number;
  shadow: number;
  shadowX: number;
  shadowY: number;
  /** The light changes by this fraction from the middle to an edge. */
  lighting: number;
  lightingAngle: number;
  noiseSd: number;
}

const TURN = 6.283185307179586;

/** The order of draws is part of version 1; every value is drawn whether it is used or not. */
export function drawParameters(random: Random, band: Band, mixed: boolean): SceneParameters {
  const { gain: limits, lo } = BANDS[band];
  const gain = random.between(limits[0], limits[1]);
  const factor = () => gain * random.between(lo, 1);
  const eOcclusion = factor();
  const eContrast = factor();
  const eClutter = factor();
  const eBlur = factor();
  const eSize = factor();
  const size = (46 - 20 * eSize) / 64;
  // The centre keeps the target inside, up to a tenth of its size where the image is hard.
  const reach = (1 - size) / 2 + 0.1 * gain * size;
  const turn = 0.25 + 0.35 * gain;
  const centre = () => 0.5 + random.between(-reach, reach);
  // A function, so that both values are drawn.
  const choose = (use: boolean, value: number, otherwise: number) => (use ? value : otherwise);
  const side = () => (random.chance(0.5) ? 1 : -1);
  return {
    gain,
    eOcclusion,
    eContrast,
    eClutter,
    eBlur,
    eSize,
    load: eOcclusion + eContrast + eClutter + eBlur + eSize,
    occlusionGoal: 0.55 * eOcclusion,
    contrast: 1 - 0.6 * eContrast,
    clutter: Math.floor(7 * eClutter + 0.5),
    blur: (0.9 * eBlur) / 64,
    size,
    x: centre(),
    y: centre(),
    rotation: random.between(-turn, turn),
    flip: random.chance(0.5),
    aspect: random.between(0.75, 1.05),
    shear: random.between(-0.2, 0.2),
    toneGain: random.between(0.85, 1.15),
    toneOffset: random.between(-0.14, 0.14),
    crop: random.between(0.35, 0.9),
    cropX: random.between(0, 1),
    cropY: random.between(0, 1),
    cropFlip: random.chance(0.5),
    photographWeight: choose(mixed, random.between(0.3, 0.7), 1),
    groundMean: random.between(0.35, 0.65),
    groundSd: random.between(0.05, 0.12),
    octaveRatio: random.between(0.5, 0.85),
    stripes: random.between(3, 14),
    stripesAngle: random.between(0, TURN),
    stripesPhase: random.between(0, 1),
    stripesWeight: choose(random.chance(0.5), random.between(0.2, 0.55), 0),
    shadow: random.between(0.1, 0.35),
    shadowX: side() * size * random.between(0.03, 0.09),
    shadowY: size * random.between(0.02, 0.09),
    lighting: random.between(0, 0.25),
    lightingAngle: random.between(0, TURN),
    noiseSd: random.between(0.01, 0.03),
  };
}
