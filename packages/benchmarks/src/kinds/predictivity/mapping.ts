import {
  linearPredict,
  type PooledGram,
  plsPredict,
  ridgeCvPredict,
  ridgePredict,
  type Target,
  type TrainTest,
} from '@corescore/metrics';

/** How features are mapped to responses (METRICS 5); part of a benchmark's definition. */
export type Mapping =
  | { kind: 'pls'; components: number }
  | { kind: 'ridge'; alpha: number }
  | { kind: 'ridge-cv'; alphas: readonly number[] }
  | { kind: 'linear' };

export interface Mapped {
  /** One a split: test.length * m, in the order of `test`. */
  predictions: Float64Array[];
  /** What was fitted, for the note of a score: "PLS with 25 components". */
  label: string;
}

/** Fits on the training rows of each split and predicts its test rows; the Gram serves every bin and split. */
export async function mapFeatures(
  mapping: Mapping,
  gram: PooledGram,
  target: Target,
  splits: readonly TrainTest[],
): Promise<Mapped> {
  switch (mapping.kind) {
    case 'pls': {
      // A subject with fewer features than components is regressed on all it has.
      const components = Math.min(mapping.components, gram.f, ...splits.map((split) => split.train.length));
      const { predictions } = await plsPredict(gram, target, splits, components);
      return { predictions, label: `PLS with ${components} components` };
    }
    case 'ridge':
      return {
        predictions: ridgePredict(gram, target, splits, mapping.alpha),
        label: `ridge with alpha ${mapping.alpha}`,
      };
    case 'ridge-cv': {
      const { predictions, alphas } = ridgeCvPredict(gram, target, splits, mapping.alphas);
      const chosen = [...new Set(alphas)].sort((a, b) => a - b).join(', ');
      return { predictions, label: `ridge with alpha ${chosen} (chosen within each training fold)` };
    }
    case 'linear':
      return { predictions: linearPredict(gram, target, splits).predictions, label: 'least squares' };
  }
}
