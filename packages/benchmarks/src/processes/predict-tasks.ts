import {
  type AddedVariance,
  addedVariance,
  addedVarianceDraws,
  type ImageDraws,
  type Predictivity,
  predictivity,
  predictivityDraws,
  predictivityElsewhere,
  sideBySide,
  subsetPredictivity,
  type TrainTest,
} from '@corescore/metrics';
import { type Mapping, mapFeatures } from '../kinds/predictivity/mapping.js';
import { mixtureGram, threadKernels } from './features.js';
import { guarded, type ThreadResult } from './task-result.js';

/** What all regressions of a run share. `path`: .npy [step][stimulus][feature]. */
export interface MappingTask {
  path: string;
  neuroids: number;
  splits: TrainTest[];
  mapping: Mapping;
  bootstrap: ImageDraws;
}

/** One mixture of recorded steps to the responses of some bins. */
export interface PredictTask extends MappingTask {
  weights: Float64Array;
  /** One a bin: image x neuroid. */
  responses: Float64Array[];
  /**
   * Whether the subject's own clock reads the bins from this mixture: these get subsets and draws. Of the others one may
   * be chosen among several: these get `elsewhere`.
   */
  own: boolean;
  isChallenge: Uint8Array;
}

/** Medians over neuroids of each split, their mean and standard error; null where undefined. */
export interface SplitValues {
  value: number | null;
  perSplit: (number | null)[];
  /** Neuroids with a correlation in every split. */
  n: number;
}

/** Predictivity of one bin from one mixture. */
export interface BinPredictivity extends SplitValues {
  /** Standard error over splits. */
  error: number | null;
  /** What was fitted: "PLS with 25 components". */
  mapping: string;
  /** Of each split, without the images that it tests: what a choice among steps may look at. Null: no choice is made. */
  elsewhere: (number | null)[] | null;
  /** Of a bin's own mixture: within the subsets (null: too few images), and in the bootstrap's draws. */
  own: {
    subsets: Record<'control' | 'challenge', SplitValues | null>;
    draws: Record<'all' | 'control' | 'challenge', Float64Array>;
  } | null;
}

const splitValues = ({ value, perSplit, n }: Predictivity): SplitValues => ({
  value,
  perSplit: perSplit.map((split) => split.median),
  n,
});

export function predictBins(task: PredictTask): Promise<ThreadResult<BinPredictivity[]>> {
  return guarded(async () => {
    const gram = await mixtureGram(task.path, task.weights);
    const { splits, isChallenge, bootstrap } = task;
    const isControl = isChallenge.map((c) => 1 - c);
    const perBin: BinPredictivity[] = [];
    for (const y of task.responses) {
      const target = { y, n: gram.n, m: task.neuroids };
      const { predictions, label } = await mapFeatures(task.mapping, gram, target, splits);
      const found = predictivity(target, splits, predictions);
      const within = (member: Uint8Array): SplitValues | null => {
        const subset = subsetPredictivity(target, splits, predictions, member);
        return subset === null ? null : splitValues(subset);
      };
      const own = async () => {
        const draws = await predictivityDraws(target, splits, predictions, bootstrap, gram.kernels, isChallenge, 2);
        const [control, challenge, all] = draws;
        return {
          subsets: { control: within(isControl), challenge: within(isChallenge) },
          draws: { all, control, challenge },
        };
      };
      perBin.push({
        ...splitValues(found),
        error: found.error,
        mapping: label,
        elsewhere: task.own ? null : predictivityElsewhere(target, splits, predictions),
        own: task.own ? await own() : null,
      });
    }
    return perBin;
  });
}

/** One bin, each split from the step that was chosen for it. */
export interface ChosenTask extends MappingTask {
  response: Float64Array;
  /** Every split once. */
  choices: { weights: Float64Array; splits: number[] }[];
  /** Where it is given, the sums of a draw are those of Control and Challenge, as in the draws of a bin's own mixture. */
  isChallenge?: Uint8Array;
}

/** The draws of a bin's predictivity from the chosen steps; the choice is not made again in the draws. */
export function chosenDraws(task: ChosenTask): Promise<ThreadResult<Float64Array>> {
  return guarded(async () => {
    const predictions: Float64Array[] = [];
    let images = 0;
    for (const { weights, splits } of task.choices) {
      const gram = await mixtureGram(task.path, weights);
      images = gram.n;
      const target = { y: task.response, n: gram.n, m: task.neuroids };
      const some = splits.map((s) => task.splits[s]);
      const mapped = await mapFeatures(task.mapping, gram, target, some);
      splits.forEach((s, k) => {
        predictions[s] = mapped.predictions[k];
      });
    }
    const target = { y: task.response, n: images, m: task.neuroids };
    const { splits, bootstrap, isChallenge } = task;
    const groups = isChallenge === undefined ? 1 : 2;
    const kernels = await threadKernels();
    const draws = await predictivityDraws(target, splits, predictions, bootstrap, kernels, isChallenge, groups);
    return draws.at(-1)!;
  });
}

/** One bin: what its own mixture adds to the first step. */
export interface AddedTask extends MappingTask {
  response: Float64Array;
  first: Float64Array;
  weights: Float64Array;
}

export interface Added {
  variance: AddedVariance;
  draws: Float64Array;
}

export function addedToFirst(task: AddedTask): Promise<ThreadResult<Added>> {
  return guarded(async () => {
    const first = await mixtureGram(task.path, task.first);
    const both = sideBySide(first, await mixtureGram(task.path, task.weights));
    const target = { y: task.response, n: first.n, m: task.neuroids };
    const { splits, mapping, bootstrap } = task;
    const alone = (await mapFeatures(mapping, first, target, splits)).predictions;
    const together = (await mapFeatures(mapping, both, target, splits)).predictions;
    return {
      variance: addedVariance(target, splits, alone, together),
      draws: await addedVarianceDraws(target, splits, alone, together, bootstrap, first.kernels),
    };
  });
}
