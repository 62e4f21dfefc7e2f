import { bytesOf } from '@corescore/formats/bytes';
import type { Recorded } from '../session/index.js';

type Recordings = ReadonlyMap<string, Recorded>;

/** The recordings of images `start` .. `start + count` of a batch: views, not copies. */
export function rowsOf(batch: Recordings, start: number, count: number): Map<string, Recorded> {
  const rows = new Map<string, Recorded>();
  for (const [name, { steps, features, shape }] of batch) {
    const part = steps.map((data) => data.subarray(start * features, (start + count) * features));
    rows.set(name, { steps: part, features, shape });
  }
  return rows;
}

/** Whether two recordings of the same images are the same bit for bit. */
export function isEqual(a: Recordings, b: Recordings): boolean {
  return [...a].every(([name, { steps }]) =>
    steps.every((rows, step) => bytesOf(rows).equals(bytesOf(b.get(name)!.steps[step]!))),
  );
}

/**
 * Largest |difference| of two recordings of the same images, relative to the largest |activation| of each array of `a`;
 * NaN is left out.
 */
export function largestDifference(a: Recordings, b: Recordings): number {
  let worst = 0;
  for (const [name, { steps }] of a) {
    const other = b.get(name)!;
    let difference = 0;
    let scale = 0;
    steps.forEach((rows, step) => {
      const same = other.steps[step]!;
      for (let i = 0; i < rows.length; i++) {
        scale = Math.max(scale, Math.abs(rows[i]!) || 0);
        difference = Math.max(difference, Math.abs(rows[i]! - same[i]!) || 0);
      }
    });
    if (scale > 0) worst = Math.max(worst, difference / scale);
  }
  return worst;
}
