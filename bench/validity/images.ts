import { Draws } from './random.js';

export const OBJECTS = 10;
/** Start of each time bin, ms. */
export const BIN_STARTS = Array.from({ length: 18 }, (_, k) => 70 + 10 * k);

/** Images as core-objects draws them, with planted solution times; arrays over the images. */
export interface Images {
  labels: Int32Array;
  isChallenge: Uint8Array;
  /** Generative load. */
  difficulty: Float64Array;
  /** min(1, load / 2.5): what of the difficulty reaches the times. */
  delta: Float64Array;
  /** What is special to the image in its planted time, standard normal. */
  special: Float64Array;
  /** Planted solution time, ms. */
  targetMs: Float64Array;
  /** Behavioural i1, d' units. */
  thresholds: Float64Array;
}

/** Behavioural i1 of core-objects: mean and standard deviation 2.2 and .42, rho .26 with the planted time. */
const THRESHOLD = { mean: 2.22, perMs: 0.0065, sd: 0.38, objectSd: 0.12, centreMs: 128 };
/** Load of an image: a gain times five factors (occlusion, contrast, clutter, blur, size). */
const BANDS = [
  { gain: [0, 0.3], low: 0.15 },
  { gain: [0.5, 0.7], low: 0.5 },
] as const;

/** The ten objects are fixed: a new sample has other images of the same ones. */
const objectOffsets = ((): Float64Array => {
  const draws = new Draws(4);
  return Float64Array.from({ length: OBJECTS }, () => THRESHOLD.objectSd * draws.normal());
})();

/** @param n a multiple of 20: as many images of each object in each band, as in the set. */
export function drawImages(n: number, draws: Draws): Images {
  const images: Images = {
    labels: new Int32Array(n),
    isChallenge: new Uint8Array(n),
    difficulty: new Float64Array(n),
    delta: new Float64Array(n),
    special: new Float64Array(n),
    targetMs: new Float64Array(n),
    thresholds: new Float64Array(n),
  };
  for (let i = 0; i < n; i++) {
    images.labels[i] = i % OBJECTS;
    images.isChallenge[i] = Math.floor(i / OBJECTS) % 2;
    const band = BANDS[images.isChallenge[i]];
    const gain = draws.uniform(band.gain[0], band.gain[1]);
    for (let factor = 0; factor < 5; factor++) images.difficulty[i] += gain * draws.uniform(band.low, 1);
    images.delta[i] = Math.min(1, images.difficulty[i] / 2.5);
    images.special[i] = draws.normal();
    images.targetMs[i] = plantedMs(images.delta[i], images.special[i]);
    images.thresholds[i] =
      THRESHOLD.mean +
      THRESHOLD.perMs * (images.targetMs[i] - THRESHOLD.centreMs) +
      objectOffsets[images.labels[i]] +
      draws.normal(THRESHOLD.sd);
  }
  return images;
}

/** The rule of the planted times of core-objects. */
export const plantedMs = (delta: number, special: number): number =>
  Math.min(200, Math.max(82, 108 + 40 * delta + 7 * special));
