import { clamp, cosSin } from './arithmetic.js';
import { levelFor, type Picture } from './picture.js';

/** A drawing put into the frame, before it is mixed with what is there. Valid inside its box; reused from call to call. */
export interface Layer {
  left: number;
  top: number;
  /** Exclusive. */
  right: number;
  bottom: number;
  /** Gray times alpha and alpha, [y][x] of the whole frame. */
  value: Float32Array;
  alpha: Float32Array;
}

export function emptyLayer(size: number): Layer {
  const plane = () => new Float32Array(size * size);
  return { left: 0, top: 0, right: 0, bottom: 0, value: plane(), alpha: plane() };
}

/** The pixels of the frame that the box touches. */
export function setBox(layer: Layer, frame: number, left: number, top: number, right: number, bottom: number): void {
  layer.left = clamp(Math.floor(left), 0, frame);
  layer.top = clamp(Math.floor(top), 0, frame);
  layer.right = clamp(Math.ceil(right), layer.left, frame);
  layer.bottom = clamp(Math.ceil(bottom), layer.top, frame);
}

/** Left, top, width and height of what is taken from a picture, as fractions of it. */
export type Part = readonly [number, number, number, number];
export const WHOLE: Part = [0, 0, 1, 1];

export interface Placement {
  /** Centre of the part in the frame, px. */
  x: number;
  y: number;
  /** Longer side of the part in the frame, px, before aspect and shear. */
  size: number;
  /** rad */
  rotation: number;
  flip: boolean;
  /** Width is multiplied by it. */
  aspect: number;
  /** px to the right per px down */
  shear: number;
  part: Part;
}

/**
 * Draws a part of a picture into `layer`: every pixel of the frame is the mean of 2 x 2 points, read from the level
 * of the picture whose pixels are about as far apart as these points.
 * @returns the area that the part would cover in a frame without edges, px (alpha summed; for the whole picture only)
 */
export function place(layer: Layer, frame: number, picture: Picture, at: Placement): number {
  const [partX, partY, partW, partH] = at.part;
  const w = partW * picture.width;
  const h = partH * picture.height;
  const scale = at.size / Math.max(w, h);
  const [cos, sin] = cosSin(at.rotation);
  const sx = (at.flip ? -1 : 1) * at.aspect * scale;
  // frame = R . [[sx, shear scale], [0, scale]] . source
  const a = cos * sx;
  const b = cos * at.shear * scale - sin * scale;
  const c = sin * sx;
  const d = sin * at.shear * scale + cos * scale;
  const determinant = a * d - b * c;
  const reachX = (Math.abs(a) * w + Math.abs(b) * h) / 2 + 1;
  const reachY = (Math.abs(c) * w + Math.abs(d) * h) / 2 + 1;
  setBox(layer, frame, at.x - reachX, at.y - reachY, at.x + reachX, at.y + reachY);

  const number = levelFor(picture, 0.5 / scale);
  const level = picture.levels[number]!;
  const shrink = 1 / (1 << number);
  const { stride, value, alpha } = level;
  const limitX = level.width + 1;
  const limitY = level.height + 1;
  // Inverse of the matrix, in pixels of the level.
  const ia = (d / determinant) * shrink;
  const ib = (-b / determinant) * shrink;
  const ic = (-c / determinant) * shrink;
  const id = (a / determinant) * shrink;
  const halfW = (w / 2) * shrink;
  const halfH = (h / 2) * shrink;
  const originX = (partX * picture.width + w / 2) * shrink;
  const originY = (partY * picture.height + h / 2) * shrink;
  const whole = at.part === WHOLE;

  for (let y = layer.top; y < layer.bottom; y++) {
    for (let x = layer.left; x < layer.right; x++) {
      let sumValue = 0;
      let sumAlpha = 0;
      for (let sub = 0; sub < 4; sub++) {
        const dx = x + (sub & 1 ? 0.75 : 0.25) - at.x;
        const dy = y + (sub & 2 ? 0.75 : 0.25) - at.y;
        const u = ia * dx + ib * dy;
        const v = ic * dx + id * dy;
        if (!whole && (u < -halfW || u > halfW || v < -halfH || v > halfH)) continue;
        // Centres of pixels lie at .5; the border shifts them by one.
        const px = originX + u + 0.5;
        const py = originY + v + 0.5;
        if (px < 0 || py < 0 || px >= limitX || py >= limitY) continue;
        const ix = Math.floor(px);
        const iy = Math.floor(py);
        const fx = px - ix;
        const fy = py - iy;
        const p = iy * stride + ix;
        const w00 = (1 - fx) * (1 - fy);
        const w10 = fx * (1 - fy);
        const w01 = (1 - fx) * fy;
        const w11 = fx * fy;
        sumValue += w00 * value[p]! + w10 * value[p + 1]! + w01 * value[p + stride]! + w11 * value[p + stride + 1]!;
        sumAlpha += w00 * alpha[p]! + w10 * alpha[p + 1]! + w01 * alpha[p + stride]! + w11 * alpha[p + stride + 1]!;
      }
      const q = y * frame + x;
      layer.value[q] = sumValue / 4;
      layer.alpha[q] = sumAlpha / 4;
    }
  }
  return picture.area * Math.abs(determinant);
}
