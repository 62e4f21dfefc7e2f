import type { Subset } from '@corescore/contracts';
import {
  EARLY_IT,
  type ImageDraws,
  LATE_IT,
  splitHalfCeiling,
  stratifiedShuffleSplit,
  type TimeWindow,
  type TrainTest,
} from '@corescore/metrics';
import type { SimulatedIt } from '../../definitions/target.js';
import type { Mapping } from './mapping.js';

/** IT responses that a subject's features are regressed on, and how (METRICS 5). */
export interface Recordings {
  /** Mean over repetitions, one a bin: image x neuroid, row-major. */
  responses: Float64Array[];
  neuroids: number;
  splits: TrainTest[];
  mapping: Mapping;
  /** Draws of the intervals over images. */
  bootstrap: ImageDraws;
  /** Split-half ceiling of a bin over the images of a subset, null where there is none. Computed when first asked for. */
  ceiling(bin: number, subset: Subset): number | null;
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

/**
 * Fewer draws than of the other intervals, since each is a thousand correlations and more: the ends of an interval are
 * then known to a twelfth of its standard error.
 */
const INTERVAL = { draws: 1000, seed: 1 } as const;

/** The simulated population as recordings: its draws are the repetitions. */
export function simulatedRecordings(it: SimulatedIt, objects: readonly string[], isChallenge: Uint8Array): Recordings {
  const images = it.stimulusIds.length;
  const cell = images * it.sites;
  const draws = PREDICTIVITY.draws.map((draw) => it.draw(draw - 1));
  const ofBin = (draw: Float32Array, b: number) => Float64Array.from(draw.subarray(b * cell, (b + 1) * cell));
  const mean = (b: number): Float64Array => {
    const sum = new Float64Array(cell);
    for (const draw of draws) for (let i = 0; i < cell; i++) sum[i] += draw[b * cell + i] / draws.length;
    return sum;
  };
  const ceilings = new Map<string, number | null>();
  const rowsOf = (values: Float64Array, subset: Subset): Float64Array =>
    subset === 'all'
      ? values
      : values.filter((_, at) => (isChallenge[Math.floor(at / it.sites)] === 1) === (subset === 'challenge'));
  return {
    responses: it.bins.map((_, b) => mean(b)),
    neuroids: it.sites,
    splits: stratifiedShuffleSplit(objects, PREDICTIVITY.splits),
    mapping: { kind: PREDICTIVITY.mapping, components: PREDICTIVITY.components },
    bootstrap: INTERVAL,
    ceiling(bin, subset) {
      const key = `${bin}/${subset}`;
      if (!ceilings.has(key)) {
        const repetitions = draws.map((draw) => rowsOf(ofBin(draw, bin), subset));
        const n = repetitions[0].length / it.sites;
        ceilings.set(key, splitHalfCeiling(repetitions, n, it.sites, PREDICTIVITY.ceilingSeed).value);
      }
      return ceilings.get(key)!;
    },
  };
}

/** The bins that lie wholly within a window. */
export const binsWithin = (bins: readonly TimeWindow[], window: TimeWindow): number[] =>
  [...bins.keys()].filter((b) => bins[b].startMs >= window.startMs && bins[b].endMs <= window.endMs);

/** Bins of early and late IT. */
export const windowBins = (bins: readonly TimeWindow[]): { early: number[]; late: number[] } => ({
  early: binsWithin(bins, EARLY_IT),
  late: binsWithin(bins, LATE_IT),
});
