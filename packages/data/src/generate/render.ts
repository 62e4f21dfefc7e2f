import type { Atlas } from './atlas.js';
import { blurred, light, toBytes } from './finish.js';
import { blend, drawClutter } from './fragments.js';
import { drawGround } from './ground.js';
import { emptyLayer, place, WHOLE } from './layer.js';
import { drawOccluders } from './occluders.js';
import { drawParameters, type SceneParameters } from './parameters.js';
import { Random } from './random.js';
import { type Assignment, assign, GENERATOR_VERSION, type ImageSetName } from './sets.js';

/** What was measured on the image that was made. */
export interface Measured {
  /** Hidden fraction of the target's alpha inside the frame. */
  occlusion: number;
  occluders: number;
  /** Fraction of the target's alpha that lies inside the frame. */
  inFrame: number;
  /** Root mean square of (image with target - without), over the target's visible pixels, grays of 0 to 1. */
  targetRms: number;
  /** Root mean square of (target - mean of the background under it) over the background's sd there plus the noise. */
  standOut: number;
  /** Images drawn before this one and discarded as illegible. */
  redraws: number;
}

export interface GeneratedImage extends Assignment {
  id: string;
  /** Grays, [y][x]. */
  pixels: Uint8Array;
  parameters: SceneParameters & Measured;
}

/** An image below any of these is drawn anew. */
export const LEGIBLE = { standOut: 1.2, targetRms: 0.06, visible: 0.6, inFrame: 0.6 };
/** More than ever needed (the sets of version 1 take 26 at most): a bound that tells an error from bad luck. */
export const MOST_REDRAWS = 100;

/** Returns a function that makes one image; buffers are shared between its calls. */
export function createRenderer(atlas: Atlas, seed: number, frame: number) {
  const plane = () => new Float32Array(frame * frame);
  const [image, ground, scratch, visible, layer] = [plane(), plane(), plane(), plane(), emptyLayer(frame)];

  function attempt(what: Assignment, redraws: number): GeneratedImage | undefined {
    const stream = (purpose: string) => new Random(GENERATOR_VERSION, what.set, seed, what.index, redraws, purpose);
    const p = drawParameters(stream('parameters'), what.band, what.mixed);
    const design = atlas.get(what.design)!;
    const [x, y, reach] = [p.x * frame, p.y * frame, p.size * frame];
    const at = { ...p, x, y, size: reach, part: WHOLE };

    drawGround(ground, scratch, frame, atlas.get(what.photograph)!, p, stream('ground'));
    image.set(ground);
    const scale = reach / Math.max(design.width, design.height);
    const targetArea = design.area * scale * scale * p.aspect;
    const clutter = { ...p, source: what.source, reach, targetArea, mean: p.groundMean };
    drawClutter(image, layer, frame, atlas, stream('clutter'), clutter);

    // The shadow is the outline of the target, moved.
    place(layer, frame, design, { ...at, x: x + p.shadowX * frame, y: y + p.shadowY * frame });
    for (let row = layer.top; row < layer.bottom; row++) {
      for (let q = row * frame + layer.left; q < row * frame + layer.right; q++) {
        image[q]! *= 1 - p.shadow * layer.alpha[q]!;
      }
    }

    scratch.set(image);
    const unclipped = place(layer, frame, design, at);
    visible.fill(0);
    let inside = 0;
    let under = 0;
    let underSquares = 0;
    for (let row = layer.top; row < layer.bottom; row++) {
      for (let q = row * frame + layer.left; q < row * frame + layer.right; q++) {
        visible[q] = layer.alpha[q]!;
        inside += layer.alpha[q]!;
        under += layer.alpha[q]! * image[q]!;
        underSquares += layer.alpha[q]! * image[q]! * image[q]!;
      }
    }
    const inFrame = Math.min(1, inside / unclipped);
    if (inFrame < LEGIBLE.inFrame) return undefined;
    const mean = under / inside;
    const groundSd = Math.sqrt(Math.max(0, underSquares / inside - mean * mean));
    blend(image, layer, frame, p, mean, p.contrast);
    let contrast = 0;
    for (let row = layer.top; row < layer.bottom; row++) {
      for (let q = row * frame + layer.left; q < row * frame + layer.right; q++) {
        contrast += layer.alpha[q]! * (image[q]! - mean) * (image[q]! - mean);
      }
    }
    const standOut = Math.sqrt(contrast / inside) / (groundSd + p.noiseSd);
    if (standOut < LEGIBLE.standOut) return undefined;
    for (let q = 0; q < scratch.length; q++) scratch[q] = image[q]! - scratch[q]!;

    const scene = { goal: p.occlusionGoal, source: what.source, x, y, reach };
    const hidden = drawOccluders(image, visible, ground, layer, frame, atlas, stream('occluders'), scene);
    if (1 - hidden.occlusion < LEGIBLE.visible) return undefined;
    let squares = 0;
    let seen = 0;
    for (let q = 0; q < scratch.length; q++) {
      squares += visible[q]! * scratch[q]! * scratch[q]!;
      seen += visible[q]!;
    }
    const targetRms = Math.sqrt(squares / seen);
    if (targetRms < LEGIBLE.targetRms) return undefined;

    light(image, frame, p);
    blurred(image, scratch, frame, p.blur * frame);
    return {
      ...what,
      id: `${what.set}-${String(what.index).padStart(5, '0')}`,
      pixels: toBytes(image, stream('noise'), p.noiseSd),
      parameters: { ...p, ...hidden, inFrame, targetRms, standOut, redraws },
    };
  }

  return (set: ImageSetName, index: number): GeneratedImage => {
    const what = assign(set, index);
    for (let redraws = 0; redraws <= MOST_REDRAWS; redraws++) {
      const made = attempt(what, redraws);
      if (made !== undefined) return made;
    }
    throw new Error(`image ${index} of ${set}, seed ${seed}: still illegible after ${MOST_REDRAWS} redraws`);
  };
}
