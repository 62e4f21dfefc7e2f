import { clamp, cosSin } from './arithmetic.js';
import type { Atlas } from './atlas.js';
import { DEBRIS, type Source } from './designs.js';
import { type Layer, place, setBox } from './layer.js';
import type { Random } from './random.js';

const TURN = 6.283185307179586;
const TRIES = 24;
/** The measured occlusion ends within these of its goal, unless all tries failed. */
const SHORT_OF = 0.02;
const BEYOND = 0.05;

/**
 * Lays bars, blobs and the outlines of things over the target until the fraction of its alpha that they hide meets the
 * goal. An occluder that would hide too much is not laid. Each shows another part of the background, a little lighter
 * or darker.
 * @param visible alpha of the target that is still seen; changed
 * @returns occlusion: the hidden fraction of the target's alpha inside the frame; and the number of occluders
 */
export function drawOccluders(
  image: Float32Array,
  visible: Float32Array,
  ground: Float32Array,
  mask: Layer,
  frame: number,
  atlas: Atlas,
  random: Random,
  scene: { goal: number; source: Source; x: number; y: number; reach: number },
): { occlusion: number; occluders: number } {
  let whole = 0;
  for (let q = 0; q < visible.length; q++) whole += visible[q]!;
  let seen = whole;
  let occluders = 0;
  for (let i = 0; i < TRIES && whole > 0 && scene.goal - (1 - seen / whole) > SHORT_OF; i++) {
    const missing = scene.goal - (1 - seen / whole);
    drawMask(mask, frame, atlas, random, scene, clamp(Math.sqrt(missing / 0.2), 0.4, 1));
    const shift = random.below(frame * frame);
    const tone = (random.chance(0.5) ? 1 : -1) * random.between(0.05, 0.15);
    let hidden = 0;
    for (let y = mask.top; y < mask.bottom; y++) {
      for (let q = y * frame + mask.left; q < y * frame + mask.right; q++) hidden += visible[q]! * mask.alpha[q]!;
    }
    if (hidden < 0.01 * whole || 1 - (seen - hidden) / whole > scene.goal + BEYOND) continue;
    for (let y = mask.top; y < mask.bottom; y++) {
      for (let q = y * frame + mask.left; q < y * frame + mask.right; q++) {
        const cover = mask.alpha[q]!;
        visible[q] = visible[q]! * (1 - cover);
        image[q] = image[q]! * (1 - cover) + (ground[(q + shift) % ground.length]! + tone) * cover;
      }
    }
    seen -= hidden;
    occluders++;
  }
  return { occlusion: whole > 0 ? 1 - seen / whole : 1, occluders };
}

/** Fills `mask.alpha` with one occluder near the target. Draws the same number of random values for every kind. */
function drawMask(
  mask: Layer,
  frame: number,
  atlas: Atlas,
  random: Random,
  at: { source: Source; x: number; y: number; reach: number },
  scale: number,
): void {
  const kind = random.below(3);
  const x = at.x + at.reach * random.between(-0.45, 0.45);
  const y = at.y + at.reach * random.between(-0.45, 0.45);
  const angle = random.between(0, TURN);
  const [length, width] = [random.between(0.5, 1.4), random.between(0.07, 0.16)];
  const name = DEBRIS[at.source][random.below(DEBRIS[at.source].length)]!;
  const lumps = [0, 0, 0].map(() => [random.between(-0.1, 0.1), random.between(-0.1, 0.1), random.between(0.06, 0.14)]);
  const reach = scale * at.reach;
  if (kind === 0) bar(mask, frame, x, y, angle, length * at.reach, width * reach);
  else if (kind === 1) {
    blob(
      mask,
      frame,
      lumps.map(([dx, dy, radius]) => [x + dx! * reach, y + dy! * reach, radius! * reach]),
    );
  } else {
    const size = (0.2 + width) * reach * 1.3;
    const part = [0, 0, 1, 1] as const;
    place(mask, frame, atlas.get(name)!, { x, y, size, rotation: angle, flip: false, aspect: 1, shear: 0, part });
  }
}

const within = (v: number) => clamp(v, 0, 1);

function bar(mask: Layer, frame: number, x: number, y: number, angle: number, length: number, width: number): void {
  const [cos, sin] = cosSin(angle);
  const reachX = (Math.abs(cos) * length + Math.abs(sin) * width) / 2 + 1;
  const reachY = (Math.abs(sin) * length + Math.abs(cos) * width) / 2 + 1;
  setBox(mask, frame, x - reachX, y - reachY, x + reachX, y + reachY);
  for (let row = mask.top; row < mask.bottom; row++) {
    for (let column = mask.left; column < mask.right; column++) {
      const dx = column + 0.5 - x;
      const dy = row + 0.5 - y;
      const along = Math.abs(cos * dx + sin * dy);
      const across = Math.abs(cos * dy - sin * dx);
      mask.alpha[row * frame + column] = within(0.5 + length / 2 - along) * within(0.5 + width / 2 - across);
    }
  }
}

/** Discs joined: centre x, centre y and radius of each, px. */
function blob(mask: Layer, frame: number, discs: readonly (readonly number[])[]): void {
  let [left, top, right, bottom] = [frame, frame, 0, 0];
  for (const [x, y, radius] of discs) {
    left = Math.min(left, x! - radius! - 1);
    top = Math.min(top, y! - radius! - 1);
    right = Math.max(right, x! + radius! + 1);
    bottom = Math.max(bottom, y! + radius! + 1);
  }
  setBox(mask, frame, left, top, right, bottom);
  for (let row = mask.top; row < mask.bottom; row++) {
    for (let column = mask.left; column < mask.right; column++) {
      let cover = 0;
      for (const [x, y, radius] of discs) {
        const dx = column + 0.5 - x!;
        const dy = row + 0.5 - y!;
        cover = Math.max(cover, within(0.5 + radius! - Math.sqrt(dx * dx + dy * dy)));
      }
      mask.alpha[row * frame + column] = cover;
    }
  }
}
