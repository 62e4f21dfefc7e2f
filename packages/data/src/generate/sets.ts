import { CorescoreError } from '@corescore/contracts';
import { DESIGNS, OBJECTS, type ObjectName, PHOTOGRAPHS, type Source } from './designs.js';

/** Raised with every change of any pixel. */
export const GENERATOR_VERSION = 1;
export const DEFAULT_SEED = 1;
/** Native side, px. */
export const DEFAULT_SIZE = 64;

/** How hard an image may be: gain g is uniform in `gain`, each difficulty factor g times a uniform number in [lo, 1). */
export type Band = 'control' | 'challenge' | 'train';
export const BANDS: Record<Band, { gain: readonly [number, number]; lo: number }> = {
  control: { gain: [0, 0.3], lo: 0.15 },
  challenge: { gain: [0.5, 0.7], lo: 0.5 },
  train: { gain: [0, 1], lo: 0.15 },
};

/** `bands` and `sources` take turns from image to image of an object. */
interface ImageSet {
  count: number;
  bands: readonly Band[];
  sources: readonly Source[];
}
export const IMAGE_SETS = {
  train: { count: 20_000, bands: ['train'], sources: ['seen'] },
  commitment: { count: 400, bands: ['control', 'challenge'], sources: ['seen', 'novel'] },
  benchmark: { count: 1_320, bands: ['control', 'challenge'], sources: ['seen', 'novel'] },
} as const satisfies Record<string, ImageSet>;
export type ImageSetName = keyof typeof IMAGE_SETS;

/** What is not left to chance, so that no band or object has other drawings or backgrounds than the rest. */
export interface Assignment {
  set: ImageSetName;
  index: number;
  object: ObjectName;
  objectIndex: number;
  band: Band;
  source: Source;
  /** `icon set:icon` */
  design: string;
  photograph: string;
  /** Whether the background is mixed with noise and texture, so that a few photographs cannot be learned by heart. */
  mixed: boolean;
}

/**
 * Objects follow each other from image to image; then bands, then sources, then designs, then photographs. Where the
 * designs do not divide the images of a cell, the bands take the longer part in turns (each band starts elsewhere).
 */
export function assign(set: ImageSetName, index: number): Assignment {
  const { bands, sources } = IMAGE_SETS[set] as ImageSet;
  const objectIndex = index % OBJECTS.length;
  const object = OBJECTS[objectIndex]!;
  const round = Math.floor(index / OBJECTS.length);
  const bandIndex = round % bands.length;
  const source = sources[Math.floor(round / bands.length) % sources.length]!;
  const turn = Math.floor(round / (bands.length * sources.length));
  const designs = DESIGNS[source][object];
  const photographs = PHOTOGRAPHS[source];
  const around = Math.floor(turn / designs.length) + objectIndex;
  return {
    set,
    index,
    object,
    objectIndex,
    band: bands[bandIndex]!,
    source,
    design: designs[(turn + bandIndex) % designs.length]!,
    photograph: photographs[around % photographs.length]!,
    mixed: (around + Math.floor(around / photographs.length)) % 2 === 1,
  };
}

export interface GeneratorOptions {
  set: ImageSetName;
  /** 1 unless given: the images of `core-objects@1`. Any other seed gives other images of the same kind. */
  seed?: number;
  /** Side, px; 64 unless given. */
  size?: number;
  /** How many images from the start of the set; all unless given. */
  count?: number;
}

const SIZES = { min: 32, max: 512 };

/** @throws CorescoreError `unknown_image_set` or `generator_option` */
export function checkOptions(options: { [K in keyof GeneratorOptions]: unknown }): Required<GeneratorOptions> {
  const { set, seed = DEFAULT_SEED, size = DEFAULT_SIZE } = options;
  if (typeof set !== 'string' || !Object.hasOwn(IMAGE_SETS, set)) {
    throw new CorescoreError('unknown_image_set', `There is no image set ${JSON.stringify(set)}.`, {
      field: 'set',
      remedy: `Take one of ${Object.keys(IMAGE_SETS).join(', ')}.`,
    });
  }
  const whole = IMAGE_SETS[set as ImageSetName].count;
  const { count = whole } = options;
  const between = (field: string, value: unknown, min: number, max: number, unit: string): number => {
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
    throw new CorescoreError(
      'generator_option',
      `The ${field} is ${String(value)}, not an integer from ${min} to ${max}.`,
      {
        field,
        remedy: `Give ${unit} as an integer from ${min} to ${max}.`,
      },
    );
  };
  return {
    set: set as ImageSetName,
    seed: between('seed', seed, 0, Number.MAX_SAFE_INTEGER, 'the seed'),
    size: between('size', size, SIZES.min, SIZES.max, 'the side of the images in px'),
    count: between('count', count, 1, whole, 'the number of images'),
  };
}
