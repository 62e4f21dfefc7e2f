import { CorescoreError } from '@corescore/contracts';
import type { Kernels } from '@corescore/linalg';
import { i1 } from '../behaviour/i1.js';
import type { Decoder } from '../decoding/decoders/decoder.js';
import { shuffleSplit, type TrainTest } from '../folds/splits.js';
import { objectSolutionTimes } from '../solution-times/ost.js';
import { spearman } from '../statistics/correlation.js';
import { overSplits } from './over-splits.js';

/** Brain-Score's ceiling of Kar2019-ost, "computed offline". */
export const KAR2019_CEILING = 0.79;

export interface OstCorrelationInput {
  /** Images in order of their stimulus id: the splits are drawn over that order. */
  n: number;
  f: number;
  /** n*f row-major, raw units. Called once for each step that a bin has, as long as an image is unsolved. */
  features(step: number): Float32Array | Promise<Float32Array>;
  /** Step, or mixture of steps, of each time bin, bins in order of time; null where the clock covers nothing of the bin. */
  stepOfBin: readonly (number | null)[];
  /** Start of each bin, ms. */
  startsMs: readonly number[];
  /** Length n, 0 .. classes - 1. */
  labels: Int32Array;
  classes: number;
  /** Behavioural i1 of each image. */
  thresholds: Float64Array;
  /** OST of the recorded population, ms; NaN: never solved. */
  targetMs: Float64Array;
}

export interface OstCorrelationSplit {
  /** Rows, ascending. What follows has one entry for each. */
  test: Int32Array;
  /** [bin][image], within the split's test images; NaN where undefined or no longer needed. */
  i1: Float64Array[];
  /** ms; NaN: never solved. */
  osts: Float64Array;
  /** Spearman over the images that both solve; null where it is undefined. */
  rho: number | null;
  /** Images that both solve. */
  n: number;
  /** Objects among the test images. Brain-Score stops with a KeyError where one is absent; here it is no distractor. */
  objects: number;
}

export interface OstCorrelation {
  value: number | null;
  reason?: 'undefined';
  /** See `OverSplits`. */
  error: number | null;
  ceiling: number;
  /** value / ceiling, not squared; its error stays unscaled (Brain-Score's `ceil_score`). */
  ceiled: number | null;
  splits: OstCorrelationSplit[];
  /** Different images that entered a split's rho, of the `nTotal` that were tested. */
  n: number;
  nTotal: number;
  /** Share of the test images, over all splits, that the model solves. */
  solved: number;
}

/** `ShuffleSplit(10, test_size=.1, random_state=1)`, rows ascending: Brain-Score selects them by membership. */
export function ostSplits(n: number): TrainTest[] {
  return shuffleSplit(n, { splits: 10, testFraction: 0.1, seed: 1 }).map(({ train, test }) => ({
    train: train.sort(),
    test: test.sort(),
  }));
}

/**
 * kar2019-ost-parity (METRICS 4): Brain-Score's `OSTCorrelation` (Kubilius, Schrimpf et al. 2019). For each split and
 * time bin a decoder is fitted to the training images; i1 within the split's test images; OST with the `best` bracket;
 * Spearman with the population's OST over the images that both solve; mean over splits.
 *
 * A model that is static (`variesOverTime`) has no such score: it is `not_temporal`, and nothing need be decoded.
 * A bin is decoded for a split only until each of its test images is solved, as there: i1 of later bins is NaN.
 *
 * @param decoder parity asks for `SoftmaxAdamDecoder` with lambda .463
 * @throws CorescoreError `metric_undefined`: one image, a threshold that is not finite, and as the decoder (an object
 *   that no training image shows)
 */
export async function ostCorrelation(
  input: OstCorrelationInput,
  decoder: Decoder,
  kernels: Kernels,
  options: { ceiling?: number; signal?: AbortSignal } = {},
): Promise<OstCorrelation> {
  check(input);
  const ceiling = options.ceiling ?? KAR2019_CEILING;
  const curves = await decodeBins(input, decoder, kernels, options.signal);
  const splits = curves.map((split) => correlate(input, split));
  const { value, error } = overSplits(splits.map(({ rho }) => rho));
  const tested = splits.reduce((sum, { test }) => sum + test.length, 0);
  const solved = splits.reduce((sum, { osts }) => sum + osts.filter((t) => !Number.isNaN(t)).length, 0);
  return {
    value,
    ...(value === null ? { reason: 'undefined' as const } : {}),
    error,
    ceiling,
    ceiled: value === null ? null : value / ceiling,
    splits,
    n: imagesUsed(input, splits),
    nTotal: new Set(splits.flatMap(({ test }) => [...test])).size,
    solved: solved / tested,
  };
}

/** Brain-Score's test whether a model is temporal: do its activations for one image change over its steps? */
export function variesOverTime(steps: readonly Float32Array[]): boolean {
  return steps.some((step) => step.some((value, j) => value !== steps[0][j]));
}

function check({ n, f, stepOfBin, startsMs, labels, classes, thresholds, targetMs }: OstCorrelationInput): void {
  if (!(f >= 1)) throw new RangeError(`f is a whole number from 1, not ${f}`);
  for (const [name, { length }] of Object.entries({ labels, thresholds, targetMs })) {
    if (length !== n) throw new RangeError(`${length} ${name} for ${n} images`);
  }
  if (stepOfBin.length !== startsMs.length) {
    throw new RangeError(`steps of ${stepOfBin.length} bins, starts of ${startsMs.length}`);
  }
  if (labels.some((label) => label < 0 || label >= classes))
    throw new RangeError(`labels run from 0 to ${classes - 1}`);
  const bad = thresholds.findIndex((threshold) => !Number.isFinite(threshold));
  if (bad < 0) return;
  throw new CorescoreError('metric_undefined', `The behavioural i1 of image ${bad} is ${thresholds[bad]}.`, {
    field: 'thresholds',
    remedy: 'Leave out the images without a behavioural i1, and report how many remain.',
  });
}

interface SplitCurves {
  split: TrainTest;
  i1: Float64Array[];
}

/** Step by step, so that one step's features are held at a time; bins of the same step are decoded once. */
async function decodeBins(
  input: OstCorrelationInput,
  decoder: Decoder,
  kernels: Kernels,
  signal: AbortSignal | undefined,
): Promise<SplitCurves[]> {
  const { thresholds, stepOfBin, labels, classes } = input;
  const splits = ostSplits(input.n).map((split) => ({
    split,
    open: new Set(split.test.keys()),
    i1: [] as Float64Array[],
    ofStep: new Map<number, Float64Array>(),
  }));
  for (const step of stepOfBin) {
    const needed = splits.filter(({ open, ofStep }) => step !== null && open.size > 0 && !ofStep.has(step));
    const x = step === null || needed.length === 0 ? null : await input.features(step);
    for (const { split, ofStep } of needed) {
      signal?.throwIfAborted();
      const probabilities = await heldOut(x!, input, split, decoder, kernels);
      ofStep.set(step!, i1(probabilities, pick(labels, split.test), classes));
    }
    for (const state of splits) {
      const { split, open, ofStep } = state;
      const known = step === null || open.size === 0 ? undefined : ofStep.get(step);
      const curve = known ?? new Float64Array(split.test.length).fill(Number.NaN);
      state.i1.push(curve);
      for (const at of open) if (curve[at] >= thresholds[split.test[at]]) open.delete(at);
    }
  }
  return splits;
}

async function heldOut(
  x: Float32Array,
  { n, f, labels, classes }: OstCorrelationInput,
  { train, test }: TrainTest,
  decoder: Decoder,
  kernels: Kernels,
): Promise<Float64Array> {
  if (x.length !== n * f) throw new RangeError(`a step has ${x.length} values, not ${n} x ${f}`);
  const fitted = await decoder.fit(rowsOf(x, f, train), train.length, f, pick(labels, train), classes, kernels);
  return fitted.probability(rowsOf(x, f, test), test.length);
}

function rowsOf(x: Float32Array, f: number, rows: Int32Array): Float32Array {
  const out = new Float32Array(rows.length * f);
  rows.forEach((row, at) => {
    out.set(x.subarray(row * f, (row + 1) * f), at * f);
  });
  return out;
}

const pick = (labels: Int32Array, rows: Int32Array): Int32Array => rows.map((row) => labels[row]);

function correlate(
  { startsMs, thresholds, targetMs, labels }: OstCorrelationInput,
  { split: { test }, i1: curves }: SplitCurves,
): OstCorrelationSplit {
  const osts = objectSolutionTimes(
    curves,
    startsMs,
    Float64Array.from(test, (row) => thresholds[row]),
    'best',
  );
  const target = Float64Array.from(test, (row) => targetMs[row]);
  const both = (_: number, at: number) => !Number.isNaN(osts[at]) && !Number.isNaN(target[at]);
  const model = osts.filter(both);
  const rho = spearman(model, target.filter(both));
  return { test, i1: curves, osts, rho, n: model.length, objects: new Set(pick(labels, test)).size };
}

function imagesUsed({ targetMs }: OstCorrelationInput, splits: readonly OstCorrelationSplit[]): number {
  const used = new Set<number>();
  for (const { test, osts, rho } of splits) {
    if (rho === null) continue;
    test.forEach((row, at) => {
      if (!Number.isNaN(osts[at]) && !Number.isNaN(targetMs[row])) used.add(row);
    });
  }
  return used.size;
}
