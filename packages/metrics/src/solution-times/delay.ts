import { smallRandom } from '../random/small-random.js';

/** Challenge minus Control, ms (METRICS 4); null where a group has no solved image. */
export interface Delay {
  meanMs: number | null;
  medianMs: number | null;
  /** Solved images of each group. */
  nControl: number;
  nChallenge: number;
}

function solvedTimes(ostMs: Float64Array, isChallenge: Uint8Array): { control: Float64Array; challenge: Float64Array } {
  if (ostMs.length !== isChallenge.length) {
    throw new RangeError(`${ostMs.length} solution times for ${isChallenge.length} images`);
  }
  // Loops, not filters: a bootstrap comes here ten thousand times.
  const times = [new Float64Array(ostMs.length), new Float64Array(ostMs.length)];
  const counts = [0, 0];
  for (let i = 0; i < ostMs.length; i++) {
    if (!Number.isNaN(ostMs[i])) times[isChallenge[i]][counts[isChallenge[i]]++] = ostMs[i];
  }
  return { control: times[0].subarray(0, counts[0]), challenge: times[1].subarray(0, counts[1]) };
}

function mean(x: Float64Array): number {
  let sum = 0;
  for (const v of x) sum += v;
  return sum / x.length;
}

function median(x: Float64Array): number {
  const sorted = x.slice().sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Challenge-Control delay of the object solution times, over the solved images (NaN: never solved). Where over half of both
 * groups are solved in the first bin the median is 0 with hardly an interval, which then covers 100 % (docs/validity.md):
 * read the mean.
 */
export function delay(ostMs: Float64Array, isChallenge: Uint8Array): Delay {
  const { control, challenge } = solvedTimes(ostMs, isChallenge);
  const defined = control.length > 0 && challenge.length > 0;
  return {
    meanMs: defined ? mean(challenge) - mean(control) : null,
    medianMs: defined ? median(challenge) - median(control) : null,
    nControl: control.length,
    nChallenge: challenge.length,
  };
}

/**
 * Two-sided permutation p of the mean delay: labels shuffled among the solved images; (1 + at least as large) / (1 + draws).
 * @returns null where the delay is undefined
 */
export function delayPermutationP(
  ostMs: Float64Array,
  isChallenge: Uint8Array,
  draws: number,
  seed: number,
): number | null {
  const { control, challenge } = solvedTimes(ostMs, isChallenge);
  if (control.length === 0 || challenge.length === 0) return null;
  const pooled = Float64Array.of(...challenge, ...control);
  const n = pooled.length;
  const k = challenge.length;
  const total = pooled.reduce((a, b) => a + b, 0);
  const difference = (challengeSum: number) => Math.abs(challengeSum / k - (total - challengeSum) / (n - k));
  const observed = difference(challenge.reduce((a, b) => a + b, 0));
  // Sums of the same values in another order differ by rounding: those are ties, and ties count.
  const tie = 1e-12 * pooled.reduce((max, t) => Math.max(max, Math.abs(t)), 0);
  const random = smallRandom(seed);
  let asLarge = 0;
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0;
    for (let i = 0; i < k; i++) {
      const j = i + random(n - i);
      const taken = pooled[j];
      pooled[j] = pooled[i];
      pooled[i] = taken;
      sum += taken;
    }
    if (difference(sum) >= observed - tie) asLarge++;
  }
  return (1 + asLarge) / (1 + draws);
}
