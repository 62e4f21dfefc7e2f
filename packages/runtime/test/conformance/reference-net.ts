import { SIDE } from '../models.js';

/** [channel][y][x] */
export type Image = number[][][];

const grid = (channels: number, value: (c: number, y: number, x: number) => number): Image =>
  Array.from({ length: channels }, (_, c) =>
    Array.from({ length: SIDE }, (_, y) => Array.from({ length: SIDE }, (_, x) => value(c, y, x))),
  );

/** Image number `i`: values in [0, 1], different in every image, channel and pixel. */
export const testImage = (i: number): Image =>
  grid(3, (c, y, x) => (1 + Math.sin(1 + 5 * i + 3 * c + 0.7 * y + 1.3 * x)) / 2);

/** Mean over pixels of each channel. */
export const means = (image: Image): number[] =>
  image.map((plane) => plane.flat().reduce((sum, value) => sum + value, 0) / SIDE ** 2);

/** A small recurrent network with stated weights: 3 x 3 convolutions, stride 1, same padding. */
export const RECURRENT = {
  steps: 4,
  channels: 5,
  /** Weight from input channel `c` to feature `o` at (ky, kx), 0..2. */
  feedforward: (o: number, c: number, ky: number, kx: number): number =>
    0.3 * Math.sin(1 + 9 * o + 5 * c + 3 * ky + kx),
  lateral: (o: number, c: number, ky: number, kx: number): number =>
    0.1 * Math.cos(2 + 7 * o + 4 * c + 3 * ky + 2 * kx),
  bias: (o: number): number => 0.05 * (o - 2),
};

/** A kernel as a flat array in the order that `axes` names: `o`, `c`, `y`, `x`. */
export function kernel(which: 'feedforward' | 'lateral', axes: 'ocyx' | 'yxco'): number[] {
  const inputs = which === 'feedforward' ? 3 : RECURRENT.channels;
  const weight = RECURRENT[which];
  const out: number[] = [];
  const sizes = { o: RECURRENT.channels, c: inputs, y: 3, x: 3 };
  const at = { o: 0, c: 0, y: 0, x: 0 };
  const fill = (depth: number): void => {
    if (depth === 4) {
      out.push(weight(at.o, at.c, at.y, at.x));
      return;
    }
    const axis = axes[depth] as 'o' | 'c' | 'y' | 'x';
    for (at[axis] = 0; at[axis] < sizes[axis]; at[axis]++) fill(depth + 1);
  };
  fill(0);
  return out;
}

export const biases = (): number[] => Array.from({ length: RECURRENT.channels }, (_, o) => RECURRENT.bias(o));

function convolve(image: Image, weight: (o: number, c: number, ky: number, kx: number) => number): Image {
  return grid(RECURRENT.channels, (o, y, x) => {
    let sum = 0;
    image.forEach((plane, c) => {
      for (let ky = 0; ky < 3; ky++) {
        for (let kx = 0; kx < 3; kx++) sum += (plane[y + ky - 1]?.[x + kx - 1] ?? 0) * weight(o, c, ky, kx);
      }
    });
    return sum;
  });
}

/** Mean of h over pixels, [step][channel], in double precision by plain loops. */
export function recurrentIt(image: Image): number[][] {
  const drive = convolve(image, RECURRENT.feedforward);
  let h: Image = grid(RECURRENT.channels, () => 0);
  return Array.from({ length: RECURRENT.steps }, () => {
    const lateral = convolve(h, RECURRENT.lateral);
    h = grid(RECURRENT.channels, (o, y, x) => Math.max(0, drive[o]![y]![x]! + lateral[o]![y]![x]! + RECURRENT.bias(o)));
    return means(h);
  });
}
