import { RandomState, type Target, type TrainTest } from '../../src/index.js';
import { fixture } from '../fixtures.js';

export interface PredictivityCase {
  name: string;
  seed: number;
  n: number;
  f: number;
  m: number;
  latents: number;
  components: number;
  constant: number | null;
  offset: number;
  shrink: number;
  splits: (TrainTest & {
    pls: number[];
    iterations: number[];
    ridge: number[];
    ridgeCv: number[];
    alpha: number;
    linear: number[];
  })[];
  predictivity: {
    /** null: the neuroid is predicted, or is, constant. */ r: (number | null)[][];
    value: number;
    error: number;
  };
}

export interface CeilingCase {
  seed: number;
  repetitions: number;
  n: number;
  m: number;
  draw: number;
  perHalving: number[];
  value: number;
}

const stored = fixture('predictivity') as {
  cases: PredictivityCase[];
  ceilings: CeilingCase[];
  alphas: number[];
  ridgeAlpha: number;
};

export const { alphas, ceilings, ridgeAlpha } = stored;
export const cases: PredictivityCase[] = stored.cases.map((c) => ({
  ...c,
  splits: c.splits.map((s) => ({ ...s, train: Int32Array.from(s.train), test: Int32Array.from(s.test) })),
}));

function whole(state: RandomState, count: number, span: number): Float64Array {
  return Float64Array.from({ length: count }, () => Math.floor(state.rand() * (2 * span + 1)) - span);
}

/** The data of `make_predictivity.py`, number for number: n*f features and n*m responses. */
export function predictivityData(c: PredictivityCase): { x: Float32Array; target: Target } {
  const { n, f, m, latents } = c;
  const state = new RandomState(c.seed);
  const l = whole(state, n * latents, 4);
  const w = whole(state, latents * f, 4);
  const v = whole(state, latents * m, 4);
  const mix = (weights: Float64Array, columns: number, span: number): Float64Array => {
    const out = whole(state, n * columns, span);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < latents; k++) {
        for (let j = 0; j < columns; j++) out[i * columns + j] += l[i * latents + k] * weights[k * columns + j];
      }
    }
    return out;
  };
  const x = new Float32Array(mix(w, f, 16)).map((value) => value / 16 + c.offset);
  const y = mix(v, m, 12).map((value) => value / 8);
  const { constant, splits } = c;
  for (let i = 0; i < n; i++) y[i * m] /= 2 ** c.shrink;
  if (constant !== null) for (const i of splits[0].train) y[i * m + constant] = 3;
  return { x, target: { y, n, m } };
}

/** The repetitions of `make_predictivity.py`, n*m each: a common signal and noise. */
export function repetitionsOf({ seed, repetitions, n, m }: CeilingCase): Float64Array[] {
  const state = new RandomState(seed);
  const signal = whole(state, n * m, 3);
  return Array.from({ length: repetitions }, () => whole(state, n * m, 4).map((v, at) => v + signal[at]));
}

/** Largest difference in units of the largest reference value. */
export function relativeDifference(values: ArrayLike<number>, reference: ArrayLike<number>): number {
  if (values.length !== reference.length) throw new Error(`${values.length} values against ${reference.length}`);
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, Math.abs(values[i] - reference[i]));
    largest = Math.max(largest, Math.abs(reference[i]));
  }
  return difference / largest;
}
