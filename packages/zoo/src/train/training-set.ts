import { CorescoreError } from '@corescore/contracts';
import type { Recipe } from './recipe.js';

/** Images to train on, in the order of the set. */
export interface TrainingSet {
  /** Gray, [image][y][x]. */
  pixels: Uint8Array;
  /** Side of an image in pixels. */
  size: number;
  /** Class of each image, from 0. */
  labels: Int32Array;
  /** Generative load of each image: the smaller half is the easier. */
  load: Float64Array;
  /** SHA-256 of the pixels. */
  digest: string;
}

export interface Split {
  fitted: Int32Array;
  /** Those of `fitted` whose load is at most its median. */
  easier: Int32Array;
  /** Never fitted. */
  held: Int32Array;
}

/** The last images of the set are held back. */
export function splitOf({ labels, load }: TrainingSet, recipe: Recipe): Split {
  const kept = labels.length - recipe.validation;
  if (kept < recipe.batch) {
    throw new CorescoreError(
      'array_shape',
      `The set has ${labels.length} images; ${recipe.validation} are held back.`,
      {
        field: 'images',
        remedy: `Give at least ${recipe.validation + recipe.batch} images.`,
      },
    );
  }
  const all = Int32Array.from(labels, (_, i) => i);
  const fitted = all.subarray(0, kept);
  const sorted = Float64Array.from(fitted, (i) => load[i]!).sort();
  const median = (sorted[(kept - 1) >> 1]! + sorted[kept >> 1]!) / 2;
  return { fitted, easier: fitted.filter((i) => load[i]! <= median), held: all.subarray(kept) };
}
