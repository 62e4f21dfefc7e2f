import { clamp } from './arithmetic.js';
import type { Atlas } from './atlas.js';
import { DEBRIS, DESIGNS, OBJECTS, type Source } from './designs.js';
import { type Layer, type Placement, place } from './layer.js';
import type { Random } from './random.js';

/** A piece of something, without a place yet. */
interface Fragment {
  name: string;
  placement: Placement;
  toneGain: number;
  toneOffset: number;
}

const TURN = 6.283185307179586;
/** Of the target's size, and of its area: a larger piece of one of the ten objects would make the label ambiguous. */
const OBJECT_PIECE = { size: 0.18, area: 0.12 };

/**
 * A fragment: two of five are small pieces of the ten objects, the others larger pieces of other things.
 * @param reach size of the target, px
 * @param targetArea of the target, px
 */
function drawFragment(random: Random, source: Source, reach: number, targetArea: number): Fragment {
  const ofObject = random.chance(0.4);
  const object = OBJECTS[random.below(OBJECTS.length)]!;
  const designs = DESIGNS[source][object];
  const design = designs[random.below(designs.length)]!;
  const debris = DEBRIS[source][random.below(DEBRIS[source].length)]!;
  const [w, h] = [random.between(0.4, 0.9), random.between(0.4, 0.9)];
  const [left, top] = [random.between(0, 1 - w), random.between(0, 1 - h)];
  const share = random.between(0, 1);
  const largest = Math.min(OBJECT_PIECE.size * reach, Math.sqrt(OBJECT_PIECE.area * targetArea));
  return {
    name: ofObject ? design : debris,
    placement: {
      x: 0,
      y: 0,
      size: ofObject ? (0.6 + 0.4 * share) * largest : (0.2 + 0.25 * share) * reach,
      rotation: random.between(0, TURN),
      flip: random.chance(0.5),
      aspect: 1,
      shear: 0,
      part: [left, top, w, h],
    },
    toneGain: random.between(0.85, 1.15),
    toneOffset: random.between(-0.12, 0.12),
  };
}

/** Lays fragments on the background. Each draws the same number of random values, whatever it turns out to be. */
export function drawClutter(
  image: Float32Array,
  layer: Layer,
  frame: number,
  atlas: Atlas,
  random: Random,
  scene: { clutter: number; source: Source; reach: number; targetArea: number; mean: number; contrast: number },
): void {
  for (let i = 0; i < scene.clutter; i++) {
    const fragment = drawFragment(random, scene.source, scene.reach, scene.targetArea);
    const x = random.between(0, frame);
    const y = random.between(0, frame);
    place(layer, frame, atlas.get(fragment.name)!, { ...fragment.placement, x, y });
    blend(image, layer, frame, fragment, scene.mean, scene.contrast);
  }
}

/** Mixes a layer into the image: its grays through the tone, then drawn towards `mean` by `contrast`. */
export function blend(
  image: Float32Array,
  layer: Layer,
  frame: number,
  tone: { toneGain: number; toneOffset: number },
  mean: number,
  contrast: number,
): void {
  const gain = contrast * tone.toneGain;
  const offset = contrast * (0.5 - 0.5 * tone.toneGain + tone.toneOffset) + (1 - contrast) * mean;
  for (let y = layer.top; y < layer.bottom; y++) {
    for (let q = y * frame + layer.left; q < y * frame + layer.right; q++) {
      const alpha = layer.alpha[q]!;
      if (alpha === 0) continue;
      const gray = gain * layer.value[q]! + offset * alpha;
      image[q] = image[q]! * (1 - alpha) + clamp(gray, 0, alpha);
    }
  }
}
