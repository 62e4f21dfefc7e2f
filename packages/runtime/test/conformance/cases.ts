import type { NetworkManifest } from '@corescore/contracts';
import { SIDE, stepNames } from '../models.js';
import { type Image, means, RECURRENT, recurrentIt, testImage } from './reference-net.js';

/** The models that an engine supplies for the suite; what each computes stands in `CASES`. */
export type ModelName =
  | 'mean'
  | 'mean-nhwc'
  | 'mean-fixed-batch'
  | 'mean-float16'
  | 'mean-float64'
  | 'mean-uint8'
  | 'mean-int32'
  | 'mean-int64'
  | 'mean-integer'
  | 'steps'
  | 'step-axis-0'
  | 'step-axis-1'
  | 'step-axis-2'
  | 'leaky'
  | 'recurrent'
  | 'recurrent-stateful';

export interface Case {
  model: ModelName;
  /** What the model computes, for whoever writes it down for an engine. */
  about: string;
  manifest: Omit<Partial<NetworkManifest>, 'kind'>;
  /** Values of IT for one image, [step][feature]. */
  it(image: Image): number[][];
  /** Largest |difference|: single precision over sums of some hundred terms of about 1. */
  tolerance: number;
  /** Images are multiplied by it: bytes need more than 0..1. */
  scale?: number;
}

const input = { name: 'image', layout: 'NCHW', size: [SIDE, SIDE], channels: 3, visualDegrees: 8 } as const;
const onImage = (layout: 'NCHW' | 'NHWC'): NetworkManifest['input'] => ({ ...input, layout, size: [SIDE, SIDE] });
const single = { IT: { output: 'it' } };
const clock = { onsetMs: 0, stepMs: 10 };
const mean = (image: Image): number[][] => [means(image)];
const times = (values: readonly number[], factor: number): number[] => values.map((value) => factor * value);

const stacked = (axis: 0 | 1 | 2): Case => ({
  model: `step-axis-${axis}`,
  about: `output "it": the mean and twice the mean, stacked along a new axis ${axis}`,
  manifest: { regions: { IT: { output: 'it', stepAxis: axis } }, clock },
  it: (image) => [means(image), times(means(image), 2)],
  tolerance: 1e-6,
});

/** Every model of the suite, with its expected activations in closed form or from the plain loops of `reference-net`. */
export const CASES: readonly Case[] = [
  {
    model: 'mean',
    about: 'input "image" [batch][3][8][8]; "pooled": mean over pixels, [batch][3][1][1]; output "it" = [batch][3]',
    manifest: { regions: single },
    it: mean,
    tolerance: 1e-6,
  },
  {
    model: 'mean-nhwc',
    about: 'the same on input [batch][8][8][3]',
    manifest: { regions: single, input: onImage('NHWC') },
    it: mean,
    tolerance: 1e-6,
  },
  {
    model: 'mean-fixed-batch',
    about: 'as "mean", its batch fixed at 4',
    manifest: { regions: single },
    it: mean,
    tolerance: 1e-6,
  },
  {
    model: 'mean-float16',
    about: 'as "mean", input and output float16',
    manifest: { regions: single },
    it: mean,
    tolerance: 1e-3, // eleven bits
  },
  {
    model: 'mean-float64',
    about: 'as "mean", input and output float64',
    manifest: { regions: single },
    it: mean,
    tolerance: 1e-6,
  },
  {
    model: 'mean-uint8',
    about: 'as "mean", input bytes, cast to float32',
    manifest: { regions: single },
    scale: 255,
    it: (image) => [means(image.map((plane) => plane.map((row) => row.map(roundHalfToEven))))],
    tolerance: 1e-4,
  },
  ...(['int32', 'int64'] as const).map(
    (type): Case => ({
      model: `mean-${type}`,
      about: `as "mean", input ${type}, cast to float32`,
      manifest: { regions: single },
      scale: 255,
      it: (image) => [means(image.map((plane) => plane.map((row) => row.map(roundHalfToEven))))],
      tolerance: 1e-4,
    }),
  ),
  {
    model: 'steps',
    about: 'outputs it_t0, it_t1, it_t2 = 1, 2, 3 times the mean',
    manifest: { regions: { IT: { outputs: stepNames(3) } }, clock },
    it: (image) => [1, 2, 3].map((factor) => times(means(image), factor)),
    tolerance: 1e-6,
  },
  stacked(0),
  stacked(1),
  stacked(2),
  {
    model: 'leaky',
    about: 'inputs "image" and "state_in" [batch][3]; "state_out" = 0.5 state_in + mean; "it" = state_out',
    manifest: { regions: single, clock, state: [{ input: 'state_in', output: 'state_out' }], steps: 3 },
    it: (image) => [1, 1.5, 1.75].map((factor) => times(means(image), factor)),
    tolerance: 1e-6,
  },
  {
    model: 'recurrent',
    about:
      'h_t = relu(conv(image) + conv(h_{t-1}) + bias), 3 x 3, same padding, h_{-1} = 0; it_t0.. = mean of h_t over pixels',
    manifest: { regions: { IT: { outputs: stepNames(RECURRENT.steps) } }, clock },
    it: recurrentIt,
    tolerance: 1e-5,
  },
  {
    model: 'recurrent-stateful',
    about: 'the same network, one step: "state_in" -> "state_out" = h; "it" = mean of h over pixels',
    manifest: {
      regions: single,
      clock,
      state: [{ input: 'state_in', output: 'state_out' }],
      steps: RECURRENT.steps,
    },
    it: recurrentIt,
    tolerance: 1e-5,
  },
];

export const caseOf = (model: ModelName): Case => CASES.find((known) => known.model === model)!;

export function manifestOf(kind: NetworkManifest['kind'], { manifest }: Pick<Case, 'manifest'>): NetworkManifest {
  return {
    manifestVersion: 1,
    name: 'conformance',
    input: onImage('NCHW'),
    regions: single,
    ...manifest,
    kind,
  } as NetworkManifest;
}

/** `count` images row-major in the layout of the manifest, from number `first` on. */
export function imagesFor(about: NetworkManifest, first: number, count: number, scale = 1): Float32Array {
  const out = new Float32Array(count * 3 * SIDE * SIDE);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const image = testImage(first + i);
    if (about.input.layout === 'NCHW') {
      for (const plane of image) for (const row of plane) for (const value of row) out[at++] = scale * value;
    } else {
      for (let y = 0; y < SIDE; y++) {
        for (let x = 0; x < SIDE; x++) for (const plane of image) out[at++] = scale * plane[y]![x]!;
      }
    }
  }
  return out;
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
