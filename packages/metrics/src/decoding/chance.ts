import { RandomState } from '../random/random-state.js';

/**
 * Labels in a random order, for the chance floor (METRICS 4): the same pipeline on them says what it scores on nothing. A
 * plain permutation over all images (NumPy's `RandomState(seed).permutation`), so that each class keeps its size. One order
 * says little: accuracies of different orders differ by more than independent guesses would.
 */
export function shuffledLabels(labels: Int32Array, seed: number): Int32Array {
  return new RandomState(seed).permutation(labels.length).map((from) => labels[from]);
}
