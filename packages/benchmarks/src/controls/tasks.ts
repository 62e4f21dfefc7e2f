import { CorescoreError } from '@corescore/contracts';
import { readNpyHeader } from '@corescore/formats';
import {
  addTrialNoise,
  chooseFeatures,
  type DecodedStep,
  type DecodeResult,
  decodeCumulative,
  decodeManyByFold,
  fitFolds,
  type ReadOut,
  SvmDecoder,
  stepOf,
} from '@corescore/metrics';
import { mixedFeatures, threadKernels } from '../processes/features.js';
import { guarded, type ThreadResult } from '../processes/task-result.js';

/** Features that are decoded in place of the subject's own. */
export type FeatureVariant =
  | { key: string; kind: 'features'; count: number; seed: number }
  | { key: string; kind: 'noise'; ratio: number; seed: number };

/** What the first repetition of the folds says of one mixture: i1 and, 1 or 0, whether the image was named right. */
export interface OneRepetition {
  i1: Float64Array;
  correct: Uint8Array;
}

/** Several decoders on the features of one mixture of recorded steps. One repetition of the folds. */
export interface ReadOutsTask {
  /** .npy [step][stimulus][feature] */
  path: string;
  weights: Float64Array;
  fold: Int32Array;
  readOuts: ReadOut[];
}

export interface DecodedReadOuts {
  readOuts: OneRepetition[];
  /** Largest relative duality gap. */
  maxGap: number;
}

/** What the read-outs share is made once for all. */
export function decodeReadOuts({
  path,
  weights,
  fold,
  readOuts,
}: ReadOutsTask): Promise<ThreadResult<DecodedReadOuts>> {
  return guarded(async () => {
    const { x, n, f } = await mixedFeatures(path, weights);
    const found = await decodeManyByFold({ x, n, f, folds: [fold], readOuts }, await threadKernels());
    return {
      readOuts: found.map((result, at) => oneRepetition(stepOf(result, readOuts[at], [fold]))),
      maxGap: Math.max(...found.map(({ maxGap }) => maxGap)),
    };
  });
}

/** The first read-out on other features, too. */
export interface VariantsTask extends ReadOutsTask {
  variants: FeatureVariant[];
}

export interface DecodedVariants {
  /** Null where it is not defined; the first one does not hang on the others. */
  readOuts: (OneRepetition | null)[];
  /** By key; null where it is not defined, or the model has fewer features than asked for. */
  variants: Record<string, OneRepetition | null>;
  maxGap: number;
}

/** Holds the mixture and one variant of it at a time. */
export function decodeVariants(task: VariantsTask): Promise<ThreadResult<DecodedVariants>> {
  return guarded(async () => {
    const kernels = await threadKernels();
    const { fold, readOuts } = task;
    const [own] = readOuts;
    const { x, n, f } = await mixedFeatures(task.path, task.weights);
    const input = { x, n, f, folds: [fold] };
    const byFold = (readOuts: ReadOut[], changed = {}) =>
      attempt(decodeManyByFold({ ...input, ...changed, readOuts }, kernels));
    const found = (await byFold(readOuts)) ?? (await byFold([own])) ?? [];
    const repetition = (result: DecodeResult | undefined, readOut: ReadOut): OneRepetition | null =>
      result ? oneRepetition(stepOf(result, readOut, [fold])) : null;
    const gaps = found.map(({ maxGap }) => maxGap);
    const variants: DecodedVariants['variants'] = {};
    for (const variant of task.variants) {
      const made = featuresOf(variant, x, n, f);
      const result = made === null ? undefined : (await byFold([own], made))?.[0];
      variants[variant.key] = repetition(result, own);
      gaps.push(result?.maxGap ?? 0);
    }
    return {
      readOuts: readOuts.map((readOut, at) => repetition(found[at], readOut)),
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

export interface DecodedSoFar extends OneRepetition {
  maxGap: number;
}

export function decodeSoFar(task: CumulativeTask): Promise<ThreadResult<DecodedSoFar[]>> {
  return guarded(async () => {
    const { path, mixtures, labels, classes, fold, c } = task;
    const [, n, f] = (await readNpyHeader(path)).shape;
    async function* steps() {
      for (const weights of mixtures) yield (await mixedFeatures(path, weights)).x;
    }
    const results = await decodeCumulative({ steps: steps(), n, f, labels, classes, fold, c }, await threadKernels());
    return results.map((result) => ({
      ...oneRepetition(stepOf(result, { labels, classes }, [fold])),
      maxGap: result.maxGap,
    }));
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
