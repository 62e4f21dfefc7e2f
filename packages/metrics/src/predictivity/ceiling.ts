import { CorescoreError } from '@corescore/contracts';
import { RandomState } from '../random/random-state.js';
import { medianOf, neuroidCorrelations } from './predictivity.js';

export interface Ceiling {
  /** Mean over the halvings of the median over neuroids; null where there is none. */
  value: number | null;
  /** Why there is none: no neuroid with two repetitions, or none whose halves both vary. */
  reason?: 'no_ceiling' | 'undefined';
  /** Median over neuroids of each halving. */
  perHalving: (number | null)[];
  /** Neuroids with a defined reliability in every halving, of `nTotal`. */
  n: number;
  nTotal: number;
}

const HALVINGS = 10;

/**
 * Reliability of the mean of k times as many repetitions as have the two means whose correlation is r (Spearman 1910, Brown
 * 1910). NaN for r ≤ -1 / (k - 1), where it has a pole and beyond it no meaning.
 */
export function spearmanBrown(r: number, k: number): number {
  return r <= -1 / (k - 1) ? Number.NaN : (k * r) / (1 + (k - 1) * r);
}

/**
 * Split-half ceiling (METRICS 5): how reliable the mean over all repetitions is, which is what a model is asked to predict.
 * Of R repetitions two disjoint halves of h = floor(R / 2) are averaged, Pearson's r of each neuroid over all images,
 * Spearman-Brown with k = R / h, median over neuroids, mean over the halvings. One `RandomState(seed)` draws
 * `permutation(R)` for each halving; its first h stand against the next h. Of three repetitions there are but three pairs,
 * and each is taken once.
 *
 * A neuroid whose responses are all NaN in a repetition was not recorded in it: R is its own. Neuroids of as many
 * repetitions are halved as they would be without the others; those of three go through their pairs in turn where others
 * have more halvings. A neuroid with a single repetition has no reliability.
 *
 * @param repetitions responses of each, n*m row-major
 * @returns `no_ceiling` where no neuroid has two repetitions: their reliability cannot be known
 * @throws CorescoreError `metric_undefined`: a response that is not finite (but for a neuroid that was not recorded), a
 *   single image
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
  const groups = neuroidsByRepetitions(repetitions, n, m).filter(({ recorded }) => recorded.length > 1);
  if (groups.length === 0) return { value: null, reason: 'no_ceiling', perHalving: [], n: 0, nTotal: m };
  if (n < 2) {
    throw new CorescoreError('metric_undefined', 'A ceiling was asked for over a single image.', {
      field: 'target',
      remedy: 'Use two images at least; a ceiling worth the name needs many more.',
    });
  }
  const ofGroups = groups.map(({ recorded }) => halvesOf(recorded, seed, halvings));
  const reliabilities = Array.from({ length: Math.max(...ofGroups.map((halves) => halves.length)) }, (_, halving) => {
    const out = new Float64Array(m).fill(Number.NaN);
    groups.forEach(({ recorded, neuroids }, g) => {
      const halves = ofGroups[g];
      const [first, second] = halves[halving % halves.length];
      const r = neuroidCorrelations(
        meanOf(first, repetitions, neuroids, m),
        meanOf(second, repetitions, neuroids, m),
        n,
        neuroids.length,
      );
      neuroids.forEach((j, at) => {
        out[j] = spearmanBrown(r[at], recorded.length / first.length);
      });
    });
    return out;
  });
  const perHalving = reliabilities.map(medianOf);
  const everywhere = reliabilities[0].filter((_, j) => reliabilities.every((r) => !Number.isNaN(r[j]))).length;
  const defined = perHalving.filter((v) => v !== null);
  const counts = { perHalving, n: everywhere, nTotal: m };
  if (defined.length < perHalving.length) return { value: null, reason: 'undefined', ...counts };
  return { value: defined.reduce((sum, v) => sum + v, 0) / defined.length, ...counts };
}

interface NeuroidGroup {
  /** Repetitions in which these neuroids were recorded. */
  recorded: number[];
  neuroids: number[];
}

/** Neuroids that were recorded in the same repetitions, in the order of the first of each group. */
function neuroidsByRepetitions(repetitions: readonly Float64Array[], n: number, m: number): NeuroidGroup[] {
  const groups = new Map<string, NeuroidGroup>();
  for (const y of repetitions) {
    if (y.length !== n * m) throw new RangeError(`a repetition has ${y.length} values, not ${n} x ${m}`);
  }
  for (let j = 0; j < m; j++) {
    const recorded = [...repetitions.keys()].filter((r) => isRecorded(repetitions[r], n, m, j));
    const key = recorded.join();
    const group = groups.get(key) ?? { recorded, neuroids: [] };
    group.neuroids.push(j);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Whether a neuroid has its responses in a repetition; NaN to every image: it was not recorded. */
function isRecorded(y: Float64Array, n: number, m: number, neuroid: number): boolean {
  let missing = 0;
  let bad = -1;
  for (let i = 0; i < n; i++) {
    const value = y[i * m + neuroid];
    if (Number.isNaN(value)) missing++;
    if (bad < 0 && !Number.isFinite(value)) bad = i;
  }
  if (bad < 0) return true;
  if (missing === n && n > 1) return false;
  throw new CorescoreError(
    'metric_undefined',
    `The response of neuroid ${neuroid} to image ${bad} is ${y[bad * m + neuroid]}: its repetitions cannot be compared.`,
    {
      field: 'target',
      remedy:
        'Give each neuroid all images of a repetition, or none of them (NaN): its reliability is then that of fewer.',
    },
  );
}

/** The halves of the given repetitions that stand against each other, one pair a halving. */
function halvesOf(recorded: readonly number[], seed: number, halvings: number): [number[], number[]][] {
  if (recorded.length === 3) {
    const [a, b, c] = recorded;
    return [
      [[a], [b]],
      [[a], [c]],
      [[b], [c]],
    ];
  }
  const state = new RandomState(seed);
  const half = Math.floor(recorded.length / 2);
  return Array.from({ length: halvings }, () => {
    const order = Array.from(state.permutation(recorded.length), (at) => recorded[at]);
    return [order.slice(0, half), order.slice(half, 2 * half)];
  });
}

/** Mean over some repetitions of some neuroids' responses: n*neuroids.length. */
function meanOf(
  which: readonly number[],
  repetitions: readonly Float64Array[],
  neuroids: readonly number[],
  m: number,
): Float64Array {
  const width = neuroids.length;
  const out = new Float64Array((repetitions[0].length / m) * width);
  for (const index of which) {
    const y = repetitions[index];
    for (let at = 0; at < out.length; at++)
      out[at] += y[Math.floor(at / width) * m + neuroids[at % width]] / which.length;
  }
  return out;
}

/** Brain-Score's rules until late 2025 (`v1`) and since (`v2`); part of a benchmark's version. */
export type CeilingRule = 'v1' | 'v2';

/**
 * Ceiled predictivity (METRICS 5): `v1` = (r / ceiling)^2, `v2` = r^2 / ceiling, the share of the reliable variance that is
 * predicted (so that on an axis of r the line that no model should cross is the root of the ceiling). Both square away the sign, as their
 * source does: show r beside it. Null without r or without a positive ceiling.
 */
export function normaliseByCeiling(r: number | null, ceiling: number | null, rule: CeilingRule): number | null {
  if (r === null || ceiling === null || !(ceiling > 0)) return null;
  return rule === 'v1' ? (r / ceiling) ** 2 : r ** 2 / ceiling;
}
