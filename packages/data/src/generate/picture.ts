/** One size of a picture, with a border of one pixel so that interpolation never asks where it is. */
interface Level {
  width: number;
  height: number;
  /** Row length with the border. */
  stride: number;
  /** Gray times alpha, 0 to 1. */
  value: Float32Array;
  alpha: Float32Array;
}

/** A drawing or photograph at halved sizes, each the mean of the one before. */
export interface Picture {
  /** px, of the largest level. */
  width: number;
  height: number;
  levels: readonly Level[];
  /** Sum of alpha over the largest level, px. */
  area: number;
}

/**
 * Reads a box of interleaved gray and alpha bytes. Beyond its edge a picture that is `cut out` is transparent, an
 * `opaque` one goes on with its last pixel.
 */
export function pictureOf(
  bytes: Uint8Array,
  bytesWidth: number,
  box: { x: number; y: number; width: number; height: number },
  kind: 'cut out' | 'opaque',
): Picture {
  let level = emptyLevel(box.width, box.height);
  let area = 0;
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) {
      const from = 2 * ((box.y + y) * bytesWidth + box.x + x);
      const alpha = bytes[from + 1]! / 255;
      const to = (y + 1) * level.stride + x + 1;
      level.alpha[to] = alpha;
      level.value[to] = (bytes[from]! / 255) * alpha;
      area += alpha;
    }
  }
  const levels: Level[] = [];
  for (;;) {
    if (kind === 'opaque') extendEdge(level);
    levels.push(level);
    if (level.width < 4 || level.height < 4) break;
    level = halved(level);
  }
  return { width: box.width, height: box.height, levels, area };
}

function emptyLevel(width: number, height: number): Level {
  const stride = width + 2;
  const size = stride * (height + 2);
  return { width, height, stride, value: new Float32Array(size), alpha: new Float32Array(size) };
}

function halved(from: Level): Level {
  const to = emptyLevel((from.width + 1) >> 1, (from.height + 1) >> 1);
  for (const plane of ['value', 'alpha'] as const) {
    const a = from[plane];
    for (let y = 0; y < to.height; y++) {
      for (let x = 0; x < to.width; x++) {
        const p = (2 * y + 1) * from.stride + 2 * x + 1;
        to[plane][(y + 1) * to.stride + x + 1] =
          (a[p]! + a[p + 1]! + a[p + from.stride]! + a[p + from.stride + 1]!) / 4;
      }
    }
  }
  return to;
}

function extendEdge({ width, height, stride, value, alpha }: Level): void {
  for (const plane of [value, alpha]) {
    for (let y = 1; y <= height; y++) {
      plane[y * stride] = plane[y * stride + 1]!;
      plane[y * stride + width + 1] = plane[y * stride + width]!;
    }
    plane.copyWithin(0, stride, 2 * stride);
    plane.copyWithin((height + 1) * stride, height * stride, (height + 1) * stride);
  }
}

/** The level whose pixels are nearest to `step` pixels of the largest level, and finer rather than coarser. */
export function levelFor(picture: Picture, step: number): number {
  let level = 0;
  for (let s = step; s > 1.5 && level < picture.levels.length - 1; s /= 2) level++;
  return level;
}
