import { overlapWeights, type TimeWindow } from '@corescore/metrics';

/** Weights over a model's recorded steps. */
export type Mixture = Float64Array;

export interface BinMixtures {
  /** The distinct mixtures, in order of first use. */
  mixtures: Mixture[];
  /** For each bin the index of its mixture, -1 where the clock covers nothing of it. */
  ofBin: number[];
}

/**
 * Bins that are the same mixture of steps are decoded once, so that their i1 are bit-equal (METRICS 6).
 * `firstStep` leading steps were recorded and are never scored: their weight is 0.
 */
export function binMixtures(
  windows: readonly TimeWindow[],
  bins: readonly TimeWindow[],
  firstStep: number,
): BinMixtures {
  const seen = new Map<string, number>();
  const mixtures: Mixture[] = [];
  const ofBin = overlapWeights(windows, bins).map((weights) => {
    if (weights === null) return -1;
    const mixture = new Float64Array(firstStep + weights.length);
    mixture.set(weights, firstStep);
    const key = mixture.join();
    const known = seen.get(key);
    if (known !== undefined) return known;
    seen.set(key, mixtures.length);
    mixtures.push(mixture);
    return mixtures.length - 1;
  });
  return { mixtures, ofBin };
}

/** "covers 100-190 of 70-250 ms": what of the benchmark's time the model's clock reaches. */
export function coverage(ofBin: readonly number[], bins: readonly TimeWindow[]): string {
  const covered = bins.filter((_, b) => ofBin[b] >= 0);
  const whole = `${bins[0].startMs}-${bins[bins.length - 1].endMs} ms`;
  if (covered.length === 0) return `covers none of ${whole}`;
  return `covers ${covered[0].startMs}-${covered[covered.length - 1].endMs} of ${whole}`;
}

/** One recorded step alone. */
export function oneStep(step: number, recorded: number): Mixture {
  const only = new Float64Array(recorded);
  only[step] = 1;
  return only;
}
