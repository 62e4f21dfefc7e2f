import type { BenchmarkDefinition } from '@corescore/contracts';
import type { Bracket, TimeWindow } from '@corescore/metrics';
import type { StimulusSet } from '@corescore/stimuli';
import type { Recordings } from '../kinds/predictivity/recordings.js';

/** A benchmark ready to score: definition, images and target, all arrays in the order of the stimulus ids. */
export interface Benchmark {
  definition: BenchmarkDefinition;
  stimulusSet: StimulusSet;
  /** Path of a uint8 .npy [image][height][width][3], what a model is shown; verified, and made anew where it is gone. */
  pixels(): Promise<string>;
  /** Object of each image, 0..classes-1 in `classes` (sorted names). */
  labels: Int32Array;
  classes: string[];
  /** 1 for Challenge images, 0 for Control. */
  isChallenge: Uint8Array;
  /** Generative load of each image: the difficulty that the partial correlation takes out. */
  difficulty: Float64Array;
  /** Behavioural i1 of each image, d' units: the level at which it counts as solved. */
  thresholds: Float64Array;
  /** Object solution time of each image in the target, ms. */
  targetMs: Float64Array;
  /** Fold of each image, one array a repetition (METRICS 1). */
  folds: Int32Array[];
  bins: TimeWindow[];
  /** Between which steps a solution time is read (METRICS 4). */
  bracket: Bracket;
  recordings: Recordings;
  /** Noise variance of one trial over signal variance, of the target population. Computed when first asked for. */
  trialNoise(): number;
  decoder: { c: number };
  bootstrap: { draws: number; seed: number };
}
