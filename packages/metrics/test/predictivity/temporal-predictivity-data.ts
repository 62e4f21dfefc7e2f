import { RandomState, type Target, type TrainTest } from '../../src/index.js';
import { fixture } from '../fixtures.js';

export interface TemporalFixture {
  seed: number;
  n: number;
  f: number;
  m: number;
  latents: number;
  steps: number;
  splits: number;
  test: number;
  components: number;
  /** [step][split] */
  medians: number[][];
  subsets: { control: number[]; challenge: number[] };
  elsewhere: number[][];
  chosen: number[];
  added: { perSplit: number[]; value: number; error: number; first: number; both: number };
}

export const temporal = fixture('temporal-predictivity') as TemporalFixture;

/** The data of `make_temporal_predictivity.py`, number for number. */
export function temporalData(): { steps: Float32Array[]; target: Target; splits: TrainTest[] } {
  const { seed, n, f, m, latents, steps, splits, test } = temporal;
  const state = new RandomState(seed);
  const whole = (count: number, span: number) =>
    Float64Array.from({ length: count }, () => Math.floor(state.rand() * (2 * span + 1)) - span);
  const l = whole(n * latents, 4);
  const v = whole(latents * m, 4);
  const addMix = (out: Float64Array, weights: Float64Array, columns: number, shown: number): Float64Array => {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < shown; k++) {
        for (let j = 0; j < columns; j++) out[i * columns + j] += l[i * latents + k] * weights[k * columns + j];
      }
    }
    return out;
  };
  const features = Array.from({ length: steps }, (_, k) => {
    const w = whole(latents * f, 4);
    return Float32Array.from(addMix(whole(n * f, 16), w, f, 2 * k + 2), (value) => (value / 16) * 2 ** k);
  });
  const y = addMix(whole(n * m, 12), v, m, latents).map((value) => value / 8);
  const drawn = Array.from({ length: splits }, () => {
    const order = state.permutation(n);
    return { train: order.slice(test), test: order.slice(0, test) };
  });
  return { steps: features, target: { y, n, m }, splits: drawn };
}

/** Rows of the images that a draw holds, as often as it holds them: a split and its predictions, in full. */
export function resampled(split: TrainTest, predicted: Float64Array, rows: Int32Array, of: Target) {
  const places = [...rows].flatMap((image) => {
    const place = split.test.indexOf(image);
    return place < 0 ? [] : [place];
  });
  const take = (from: Float64Array, at: number[]) =>
    Float64Array.from(at.flatMap((i) => [...from.subarray(i * of.m, (i + 1) * of.m)]));
  return {
    responses: take(
      of.y,
      places.map((p) => split.test[p]),
    ),
    predicted: take(predicted, places),
    images: places.length,
  };
}
