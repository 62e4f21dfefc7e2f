import type { Padding } from './ops.js';

/** Rows before and after an image, and how many come out, of a window that slides over one axis. */
export interface Span {
  before: number;
  after: number;
  out: number;
}

/** @param side of the image along the axis */
export function slide(side: number, kernel: number, stride: number, padding: Padding): Span {
  if (padding === 'same') {
    const out = Math.ceil(side / stride);
    const total = Math.max((out - 1) * stride + kernel - side, 0);
    const before = Math.floor(total / 2);
    return { before, after: total - before, out };
  }
  return { before: padding, after: padding, out: Math.floor((side + 2 * padding - kernel) / stride) + 1 };
}
