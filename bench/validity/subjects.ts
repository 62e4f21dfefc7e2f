import { objectSolutionTimes, overlapWeights } from '@corescore/metrics';
import { BIN_STARTS, type Images } from './images.js';
import type { Draws } from './random.js';

/** A simulated model: how its decoded i1 comes about. All times in ms, all levels in d' units. */
export interface Kind {
  name: string;
  /**
   * `anchored`: the curve passes the threshold at the model's own time, as IT's does. `strength`: it rises to a plateau
   * that knows nothing of the threshold, so that some images are solved at once and some never.
   */
  shape: 'anchored' | 'strength';
  /** Own time = 108 + difficulty * 40 delta + special * 7 xi + own * 7 noise. */
  time: { difficulty: number; special: number; own: number };
  /** Of the slope of the rise. */
  riseMs: number;
  /** Of `strength`: plateau of an easy image, what full difficulty takes off, its sd, and the share there from the start. */
  plateau: { mean: number; fall: number; sd: number; start: number };
  /** Model steps of 36 ms from 70 ms on, mapped to the bins by overlap; null: one step a bin. */
  steps: number | null;
  /** Sd of i1 in each step, and its correlation with that of the step before. */
  noise: number;
  carried: number;
}

const IT = { mean: 5, fall: 0, sd: 0, start: 0 };

/** From IT's own times to none; the constants of `recurrent` and `ramp` follow bl-64 and ff-64 with a ramp on core-objects. */
export const KINDS: readonly Kind[] = [
  {
    name: 'IT-like',
    shape: 'anchored',
    time: { difficulty: 1, special: 1, own: 0 },
    riseMs: 8,
    plateau: IT,
    steps: null,
    noise: 0.4,
    carried: 0.75,
  },
  {
    name: 'half-informed',
    shape: 'anchored',
    time: { difficulty: 0.6, special: 0.6, own: 2 },
    riseMs: 8,
    plateau: IT,
    steps: null,
    noise: 0.35,
    carried: 0.75,
  },
  {
    name: 'recurrent, five steps',
    shape: 'strength',
    time: { difficulty: 0.5, special: 0.5, own: 2 },
    riseMs: 15,
    plateau: { mean: 3.05, fall: 1.0, sd: 0.65, start: 0.88 },
    steps: 5,
    noise: 0.08,
    carried: 0.75,
  },
  {
    name: 'static + ramp',
    shape: 'strength',
    time: { difficulty: 0, special: 0, own: 0 },
    riseMs: 10,
    plateau: { mean: 2.7, fall: 0.9, sd: 0.65, start: 0 },
    steps: null,
    noise: 0.1,
    carried: 0.75,
  },
];

/**
 * i1 of each bin over the images; bins that are the same mixture of steps share one array.
 * @param noiseDraws of the noise, so that one model can be decoded twice
 */
export function i1Curves(kind: Kind, images: Images, draws: Draws, noiseDraws: Draws = draws): Float64Array[] {
  const n = images.labels.length;
  const own = Float64Array.from({ length: n }, () => draws.normal());
  const plateau = Float64Array.from(
    images.delta,
    (delta) => kind.plateau.mean - kind.plateau.fall * delta + draws.normal(kind.plateau.sd),
  );
  const ownMs = own.map(
    (noise, i) =>
      108 +
      40 * kind.time.difficulty * images.delta[i] +
      7 * kind.time.special * images.special[i] +
      7 * kind.time.own * noise,
  );
  const noise = plateau.map(() => noiseDraws.normal());
  const at = (t: number): Float64Array =>
    ownMs.map((own, i) => {
      const late = (t - own) / kind.riseMs;
      const { start } = kind.plateau;
      const anchor =
        kind.shape === 'anchored' ? Math.log(images.thresholds[i] / (plateau[i] - images.thresholds[i])) : 0;
      const level = start + (1 - start) / (1 + Math.exp(-late - anchor));
      const value = Math.min(5, plateau[i] * level + kind.noise * noise[i]);
      noise[i] = kind.carried * noise[i] + Math.sqrt(1 - kind.carried ** 2) * noiseDraws.normal();
      return value;
    });
  if (kind.steps === null) return BIN_STARTS.map(at);
  const windows = Array.from({ length: kind.steps }, (_, k) => ({ startMs: 70 + 36 * k, endMs: 106 + 36 * k }));
  const steps = windows.map(({ startMs }) => at(startMs));
  const known = new Map<string, Float64Array>();
  return overlapWeights(
    windows,
    BIN_STARTS.map((startMs) => ({ startMs, endMs: startMs + 10 })),
  ).map((weights) => {
    const key = weights!.join();
    const mixed = known.get(key) ?? steps[0].map((_, i) => weights!.reduce((sum, w, s) => sum + w * steps[s][i], 0));
    known.set(key, mixed);
    return mixed;
  });
}

/** Share of three repetitions of the folds in which the object was right: tied to i1, with noise of its own. */
export function accuracyOf(i1: Float64Array, draws: Draws): Float64Array {
  return i1.map((level) => {
    const decided = level - 2 + draws.normal(0.7);
    let hits = 0;
    for (let repetition = 0; repetition < 3; repetition++) if (decided + draws.normal(0.4) > 0) hits++;
    return hits / 3;
  });
}

export const solve = (curves: readonly Float64Array[], images: Images): Float64Array =>
  objectSolutionTimes(curves, BIN_STARTS, images.thresholds, 'best');
