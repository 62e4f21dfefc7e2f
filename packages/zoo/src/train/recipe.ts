/** A stretch of a training with one schedule of its rate. */
export interface Stage {
  /** Images shown, repeats counted. */
  presentations: number;
  /** Highest rate, reached after the warm-up; from there a half cosine falls to 0 at the end of the stage. */
  rate: number;
  /** first: the run ends at the first step that depends on the image, so that the feed-forward pass is trained alone. */
  steps: 'first' | 'all';
  /** Share of the stage, from its beginning, that shows only the images whose load is at most the median. */
  easierShare: number;
}

/** All that decides a training beside the network, the seed and the images. A change of any number is another version. */
export interface Recipe {
  ref: string;
  stages: readonly Stage[];
  /** Images of a gradient. */
  batch: number;
  /** Batches over which the rate rises linearly. */
  warmUp: number;
  /** Decoupled weight decay of kernels and read-out weights (Loshchilov & Hutter 2019): w <- w - rate decay w. */
  decay: number;
  /** Label smoothing: the true class has the target 1 - smoothing + smoothing / classes. */
  smoothing: number;
  /** Largest norm of the gradient over all tensors. */
  clip: number;
  /** Most pixels by which an image is shifted along each axis, edges repeated; half of the images are mirrored. */
  shift: number;
  /** Images at the end of the set that are kept out, for the accuracies of the receipt. */
  validation: number;
}

/**
 * Recurrent networks lag behind when all steps are trained from the start, so the feed-forward pass comes first. The loss
 * of the second stage is the mean over the steps that depend on the image. One recipe for every row of the board.
 */
export const CORE_OBJECTS_TRAIN: Recipe = {
  ref: 'core-objects-train@1',
  stages: [
    { presentations: 60_000, rate: 4e-3, steps: 'first', easierShare: 0.25 },
    { presentations: 40_000, rate: 2e-3, steps: 'all', easierShare: 0 },
  ],
  batch: 32,
  warmUp: 40,
  decay: 0.02,
  smoothing: 0.05,
  clip: 1,
  shift: 4,
  validation: 1000,
};

/** Batches of a stage. */
export const batchesOf = (recipe: Recipe, stage: Stage): number => Math.floor(stage.presentations / recipe.batch);

/** @param batch of the stage, from 0 */
export function rateAt(recipe: Recipe, stage: Stage, batch: number): number {
  const rising = Math.min(1, (batch + 1) / recipe.warmUp);
  return stage.rate * rising * 0.5 * (1 + Math.cos((Math.PI * batch) / batchesOf(recipe, stage)));
}
