import { overlapWeights, type TimeWindow } from './time.js';

/** Starts closer than this are the same: a clock's binary fractions must not decide a tie. */
const SAME_MS = 1e-6;

/** All weight on one step. */
function only(step: number, steps: number): Float64Array {
  const weights = new Float64Array(steps);
  weights[step] = 1;
  return weights;
}

/**
 * Mapping `nearest-start` (METRICS 6; what Brain-Score does for CORnet): each bin takes the step whose start is nearest
 * to the bin's own, the first on ties, however far it is.
 *
 * @returns weights[bin][window], the shape of `overlapWeights`; null only without a window
 */
export function nearestStartWeights(
  windows: readonly TimeWindow[],
  bins: readonly TimeWindow[],
): (Float64Array | null)[] {
  return bins.map((bin) => {
    let nearest = -1;
    let least = Number.POSITIVE_INFINITY;
    windows.forEach((window, step) => {
      const distance = Math.abs(window.startMs - bin.startMs);
      if (distance < least - SAME_MS) {
        nearest = step;
        least = distance;
      }
    });
    return nearest < 0 ? null : only(nearest, windows.length);
  });
}

/**
 * Mapping `hold` (METRICS 6): `overlapWeights`, and the bins past the last step keep it. A bin before the first step or
 * in a gap between steps has no features, as there.
 *
 * @returns weights[bin][window], or null for a bin that the windows do not reach
 */
export function holdWeights(windows: readonly TimeWindow[], bins: readonly TimeWindow[]): (Float64Array | null)[] {
  const ends = windows.map((window) => window.endMs);
  const end = Math.max(...ends);
  // Of explicit windows the last to end is the one that is held; the later one where two end together.
  const last = ends.lastIndexOf(end);
  return overlapWeights(windows, bins).map(
    (weights, b) => weights ?? (last >= 0 && bins[b].endMs > end ? only(last, windows.length) : null),
  );
}
