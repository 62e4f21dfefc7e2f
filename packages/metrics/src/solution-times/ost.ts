/** `best`: Brain-Score's rule, the sub-threshold step with the highest i1; `previous`: Kar et al. 2019, the step before. */
export type Bracket = 'best' | 'previous';

/**
 * Object solution time of each image, ms (METRICS 4; Kar et al. 2019): the time at which the line between the bracketing
 * step and the first step with i1 >= threshold reaches the threshold.
 *
 * @param curves [step][image] i1, steps in order of time; NaN: undefined, ignored
 * @param startsMs start of each step's time bin
 * @param thresholds behavioural i1 of each image
 * @returns NaN: never solved
 */
export function objectSolutionTimes(
  curves: readonly Float64Array[],
  startsMs: readonly number[],
  thresholds: Float64Array,
  bracket: Bracket = 'best',
): Float64Array {
  if (curves.length !== startsMs.length) {
    throw new RangeError(`${curves.length} curves for ${startsMs.length} time bins`);
  }
  return thresholds.map((threshold, image) => {
    let last = -1;
    for (let step = 0; step < curves.length; step++) {
      const value = curves[step][image];
      if (value >= threshold) return crossing(curves, startsMs, threshold, image, last, step);
      if (Number.isNaN(value)) continue;
      // The earliest of equals: only a strictly higher value replaces it.
      if (last < 0 || bracket === 'previous' || value > curves[last][image]) last = step;
    }
    return Number.NaN;
  });
}

function crossing(
  curves: readonly Float64Array[],
  startsMs: readonly number[],
  threshold: number,
  image: number,
  last: number,
  hit: number,
): number {
  if (last < 0) return startsMs[hit];
  const before = curves[last][image];
  const after = curves[hit][image];
  return startsMs[last] + ((threshold - before) / (after - before)) * (startsMs[hit] - startsMs[last]);
}
