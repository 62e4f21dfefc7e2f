import { CorescoreError } from '@corescore/contracts';
import { readNpyHeader } from '@corescore/formats';
import {
  addTrialNoise,
  chooseFeatures,
  type DecodedStep,
  type DecodeResult,
  decode,
  decodeCumulative,
  decodeMany,
  fitFolds,
  SvmDecoder,
  stepOf,
} from '@corescore/metrics';
import type { DecodeTask } from '../processes/decode-task.js';
import { mixedFeatures, threadKernels } from '../processes/features.js';
import { guarded, type ThreadResult } from '../processes/task-result.js';

/** Features that the strip decodes in place of the model's own. */
export type FeatureVariant =
  | { key: string; kind: 'features'; count: number; seed: number }
  | { key: string; kind: 'noise'; ratio: number; seed: number };

/** What the first repetition of the folds says of one mixture: i1 and, 1 or 0, whether the image was named right. */
export interface OneRepetition {
  i1: Float64Array;
  correct: Uint8Array;
}

/** One mixture as `DecodeTask`, and beside it what the first repetition of its folds says under other conditions. */
export interface BesideTask extends DecodeTask {
  /** Other weights of the hinge loss. */
  cs: { key: string; c: number }[];
  /** The same pipeline on each of these labels. */
  shuffled: Int32Array[];
  variants: FeatureVariant[];
}

export interface DecodedBeside {
  main: DecodedStep;
  /** First repetition of `main`. */
  first: OneRepetition;
  /** One a shuffle; null where it is not defined. */
  shuffled: OneRepetition[] | null;
  /** By key; null where it is not defined, or the model has fewer features than asked for. */
  variants: Record<string, OneRepetition | null>;
  /** Largest relative duality gap of all but `main`. */
  maxGap: number;
}

/** Holds the mixture and one variant of it at a time. */
export function decodeBeside(task: BesideTask): Promise<ThreadResult<DecodedBeside>> {
  return guarded(async () => {
    const kernels = await threadKernels();
    const { x, n, f } = await mixedFeatures(task.path, task.weights);
    const { labels, classes, c, shuffled, cs } = task;
    const [fold] = task.folds;
    const base = { labels, classes, c };
    const input = { x, n, f, folds: [fold] };
    // The decoder of the scores comes first: without it there is no run. What stands beside it may be undefined.
    const all = await decode({ x, n, f, folds: task.folds, ...base }, kernels);
    // All from the Gram matrices of one set of folds; the first four together (`decodeMany`).
    const [first, ...others] = shuffled.map((order) => ({ ...base, labels: order }));
    const readOuts = [first, ...cs.map((other) => ({ ...base, c: other.c })), ...others];
    const found: DecodeResult[] = (await attempt(decodeMany({ ...input, readOuts }, kernels))) ?? [];
    const ofShuffles = [...found.slice(0, 1), ...found.slice(1 + cs.length)];
    const repetition = (result: DecodeResult | null | undefined, truths: Int32Array): OneRepetition | null =>
      result ? oneRepetition(stepOf(result, { labels: truths, classes }, [fold])) : null;
    const variants: DecodedBeside['variants'] = {};
    cs.forEach(({ key }, at) => {
      variants[key] = repetition(found[1 + at], labels);
    });
    const gaps = found.map(({ maxGap }) => maxGap);
    for (const variant of task.variants) {
      const made = featuresOf(variant, x, n, f);
      const result = made === null ? null : await attempt(decode({ ...input, ...base, ...made }, kernels));
      variants[variant.key] = repetition(result, labels);
      gaps.push(result?.maxGap ?? 0);
    }
    return {
      main: stepOf(all, base, task.folds),
      first: repetition({ ...all, decisions: [all.decisions[0]] }, labels)!,
      shuffled: found.length === 0 ? null : shuffled.map((order, at) => repetition(ofShuffles[at], order)!),
      variants,
      maxGap: Math.max(0, ...gaps),
    };
  });
}

/** Null where the metric is not defined. */
async function attempt<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CorescoreError) return null;
    throw error;
  }
}

const oneRepetition = ({ i1, correct }: DecodedStep): OneRepetition => ({ i1, correct: correct[0] });

function featuresOf(
  variant: FeatureVariant,
  x: Float32Array,
  n: number,
  f: number,
): { x: Float32Array; f: number } | null {
  if (variant.kind === 'noise') return { x: addTrialNoise(x, n, f, variant.ratio, variant.seed), f };
  const { count, seed } = variant;
  return count < f ? { x: chooseFeatures(x, n, f, count, seed), f: count } : null;
}

/** Mixtures in order of time: each is decoded with those before it. One repetition of the folds. */
export interface CumulativeTask {
  path: string;
  mixtures: Float64Array[];
  labels: Int32Array;
  classes: number;
  fold: Int32Array;
  c: number;
}

export function decodeSoFar(task: CumulativeTask): Promise<ThreadResult<OneRepetition[]>> {
  return guarded(async () => {
    const { path, mixtures, labels, classes, fold, c } = task;
    const [, n, f] = (await readNpyHeader(path)).shape;
    async function* steps() {
      for (const weights of mixtures) yield (await mixedFeatures(path, weights)).x;
    }
    const results = await decodeCumulative({ steps: steps(), n, f, labels, classes, fold, c }, await threadKernels());
    return results.map((result) => oneRepetition(stepOf(result, { labels, classes }, [fold])));
  });
}

/** Decoders fitted at one mixture read out all of `mixtures`. One repetition of the folds. */
export interface GeneraliseTask extends CumulativeTask {
  train: Float64Array;
}

/** 1 where the image was named right, one array a mixture. */
export function generalise(task: GeneraliseTask): Promise<ThreadResult<Uint8Array[]>> {
  return guarded(async () => {
    const { path, mixtures, labels, classes, fold, c } = task;
    const { x, n, f } = await mixedFeatures(path, task.train);
    const decoder = new SvmDecoder({ c, calibration: 'none' });
    const fitted = await fitFolds(x, { n, f, labels, classes, fold }, decoder, await threadKernels());
    const correct: Uint8Array[] = [];
    for (const weights of mixtures) correct.push(fitted.readOut((await mixedFeatures(path, weights)).x));
    return correct;
  });
}
