const HALF_PI = 1.5707963267948966;

/**
 * Cosine and sine of an angle in rad to 1e-10, by + - x alone: Math.cos and Math.sin are not specified to the last bit,
 * and engines have changed theirs.
 */
export function cosSin(angle: number): [number, number] {
  const quarter = Math.floor(angle / HALF_PI + 0.5);
  const x = angle - quarter * HALF_PI;
  const y = x * x;
  const sin = x * (1 - (y / 6) * (1 - (y / 20) * (1 - (y / 42) * (1 - (y / 72) * (1 - y / 110)))));
  const cos = 1 - (y / 2) * (1 - (y / 12) * (1 - (y / 30) * (1 - (y / 56) * (1 - (y / 90) * (1 - y / 132)))));
  switch (((quarter % 4) + 4) % 4) {
    case 0:
      return [cos, sin];
    case 1:
      return [-sin, cos];
    case 2:
      return [-cos, -sin];
    default:
      return [sin, -cos];
  }
}

/** `v`, or the limit that it is beyond. */
export const clamp = (v: number, low: number, high: number): number => Math.min(Math.max(v, low), high);
