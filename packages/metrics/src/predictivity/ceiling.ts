import { CorescoreError } from '@corescore/contracts';
import { RandomState } from '../random-state.js';
import { medianOf, neuroidCorrelations } from './predictivity.js';
import { checkTarget } from './problem.js';

export interface Ceiling {
  /** Mean over the halvings of the median over neuroids; null where there is none. */
  value: number | null;
  /** Why there is none: a single repetition, or no neuroid whose halves both vary. */
  reason?: 'no_ceiling' | 'undefined';
  /** Median over neuroids of each halving. */
  perHalving: (number | null)[];
  /** Neuroids with a defined reliability in every halving, of `nTotal`. */
  n: number;
  nTotal: number;
}

const HALVINGS = 10;

/**
 * Reliability of the mean over all repetitions from r of two halves (Spearman 1910, Brown 1910), n = 2. NaN at r = -1.
 */
export function spearmanBrown(r: number): number {
  return r <= -1 ? Number.NaN : (2 * r) / (1 + r);
}

/**
 * Split-half ceiling (METRICS 5): repetitions halved at random, each half averaged, Pearson's r of each neuroid over
 * all images, Spearman-Brown, median over neuroids, mean over the halvings. One `RandomState(seed)` draws
 * `permutation(repetitions)` for each halving; its first half stands against its second. Of an odd number of
 * repetitions the last of the permutation is left out, so that both halves are equally reliable.
 *
 * @param repetitions responses of each, n*m row-major
 * @returns `no_ceiling` for a single repetition: its reliability cannot be known
 * @throws CorescoreError `metric_undefined`: a response that is not finite, a single image
 */
export function splitHalfCeiling(
  repetitions: readonly Float64Array[],
  n: number,
  m: number,
  seed: number,
  halvings: number = HALVINGS,
): Ceiling {
  if (repetitions.length === 0) throw new RangeError('repetitions: at least one');
  if (!Number.isInteger(halvings) || halvings < 1)
    throw new RangeError(`halvings is a whole number from 1, not ${halvings}`);
  for (const y of repetitions) checkTarget({ y, n, m });
  if (repetitions.length < 2) return { value: null, reason: 'no_ceiling', perHalving: [], n: 0, nTotal: m };
  if (n < 2) {
    throw new CorescoreError('metric_undefined', 'A ceiling was asked for over a single image.', {
      field: 'target',
      remedy: 'Use two images at least; a ceiling worth the name needs many more.',
    });
  }
  const state = new RandomState(seed);
  const half = Math.floor(repetitions.length / 2);
  const reliabilities = Array.from({ length: halvings }, () => {
    const order = state.permutation(repetitions.length);
    const first = meanOf(order.subarray(0, half), repetitions);
    const second = meanOf(order.subarray(half, 2 * half), repetitions);
    return neuroidCorrelations(first, second, n, m).map(spearmanBrown);
  });
  const perHalving = reliabilities.map(medianOf);
  const everywhere = reliabilities[0].filter((_, j) => reliabilities.every((r) => !Number.isNaN(r[j]))).length;
  const defined = perHalving.filter((v) => v !== null);
  const counts = { perHalving, n: everywhere, nTotal: m };
  if (defined.length < halvings) return { value: null, reason: 'undefined', ...counts };
  return { value: defined.reduce((sum, v) => sum + v, 0) / halvings, ...counts };
}

function meanOf(which: Int32Array, repetitions: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(repetitions[0].length);
  for (const index of which) {
    const y = repetitions[index];
    for (let at = 0; at < out.length; at++) out[at] += y[at] / which.length;
  }
  return out;
}

/** Brain-Score's rules until late 2025 (`v1`) and since (`v2`); part of a benchmark's version. */
export type CeilingRule = 'v1' | 'v2';

/**
 * Ceiled predictivity (METRICS 5): `v1` = (r / ceiling)^2, `v2` = r^2 / ceiling. Both square away the sign, as their
 * source does: show r beside it. Null without r or without a positive ceiling.
 */
export function normaliseByCeiling(r: number | null, ceiling: number | null, rule: CeilingRule): number | null {
  if (r === null || ceiling === null || !(ceiling > 0)) return null;
  return rule === 'v1' ? (r / ceiling) ** 2 : r ** 2 / ceiling;
}
