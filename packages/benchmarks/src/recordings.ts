import { splitHalfCeiling, stratifiedShuffleSplit, type TimeWindow, type TrainTest } from '@corescore/metrics';
import type { SimulatedIt } from './target.js';

/** IT responses that a subject's features are regressed on, and how (METRICS 5). */
export interface Recordings {
  /** Mean over repetitions, one a bin: image x neuroid, row-major. */
  responses: Float64Array[];
  neuroids: number;
  splits: TrainTest[];
  components: number;
  /** Split-half ceiling of each bin, null where there is none. Computed when first asked for. */
  ceilings(): (number | null)[];
}

export const PREDICTIVITY = {
  mapping: 'pls',
  components: 25,
  splits: { kind: 'stratified shuffle', splits: 10, testFraction: 0.1, seed: 1, strata: 'object' },
  normalisation: 'v2',
  /** Draws of the simulation whose mean is predicted; the first is kept as an independent subject. */
  draws: [2, 3, 4],
  ceilingSeed: 1,
} as const;

/** The simulated population as recordings: its draws are the repetitions. */
export function simulatedRecordings(it: SimulatedIt, objects: readonly string[]): Recordings {
  const images = it.stimulusIds.length;
  const cell = images * it.sites;
  const draws = PREDICTIVITY.draws.map((draw) => it.draw(draw - 1));
  const ofBin = (draw: Float32Array, b: number) => Float64Array.from(draw.subarray(b * cell, (b + 1) * cell));
  const mean = (b: number): Float64Array => {
    const sum = new Float64Array(cell);
    for (const draw of draws) for (let i = 0; i < cell; i++) sum[i] += draw[b * cell + i] / draws.length;
    return sum;
  };
  let ceilings: (number | null)[] | undefined;
  return {
    responses: it.bins.map((_, b) => mean(b)),
    neuroids: it.sites,
    splits: stratifiedShuffleSplit(objects, PREDICTIVITY.splits),
    components: PREDICTIVITY.components,
    ceilings() {
      ceilings ??= it.bins.map(
        (_, b) =>
          splitHalfCeiling(
            draws.map((draw) => ofBin(draw, b)),
            images,
            it.sites,
            PREDICTIVITY.ceilingSeed,
          ).value,
      );
      return ceilings;
    },
  };
}

/** The bins that lie wholly within a window. */
export const binsWithin = (bins: readonly TimeWindow[], window: TimeWindow): number[] =>
  [...bins.keys()].filter((b) => bins[b].startMs >= window.startMs && bins[b].endMs <= window.endMs);
