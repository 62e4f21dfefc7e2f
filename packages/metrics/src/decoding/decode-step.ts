import type { Kernels } from '@corescore/linalg';
import { i1 } from '../behaviour/i1.js';
import { type DecodeInput, type DecodeManyInput, type DecodeResult, decode, decodeMany } from './decode.js';
import { argmaxCorrect, crossFitProbabilities } from './probabilities.js';

/** What one time step says of every image. */
export interface DecodedStep {
  /** Mean i1 over the repetitions in which it is defined, length n; NaN where it never is (METRICS 1). */
  i1: Float64Array;
  /** One a repetition, length n: 1 where the largest decision value is the true class. */
  correct: Uint8Array[];
  /** Largest relative duality gap over folds and classes. */
  maxGap: number;
}

/**
 * Held-out decisions, cross-fit probabilities pooled over the folds of a repetition, i1, mean over repetitions
 * (METRICS 1-3). Errors and abort as `decode`.
 */
export async function decodeStep(input: DecodeInput, kernels: Kernels, signal?: AbortSignal): Promise<DecodedStep> {
  return stepOf(await decode(input, kernels, signal), input, input.folds, signal);
}

/** What held-out decisions say of every image: the second half of `decodeStep`. */
export function stepOf(
  { decisions, maxGap }: DecodeResult,
  { labels, classes }: { labels: Int32Array; classes: number },
  folds: readonly Int32Array[],
  signal?: AbortSignal,
): DecodedStep {
  const n = labels.length;
  const sums = new Float64Array(n);
  const defined = new Int32Array(n);
  decisions.forEach((held, repetition) => {
    signal?.throwIfAborted();
    i1(crossFitProbabilities(held, labels, classes, folds[repetition]), labels, classes).forEach((value, image) => {
      if (Number.isNaN(value)) return;
      sums[image] += value;
      defined[image]++;
    });
  });
  return {
    i1: sums.map((sum, image) => (defined[image] === 0 ? Number.NaN : sum / defined[image])),
    correct: decisions.map((held) => argmaxCorrect(held, labels, classes)),
    maxGap,
  };
}

/** `decodeStep` for several read-outs of the same features and folds; one a read-out, in their order. */
export async function decodeStepMany(
  input: DecodeManyInput,
  kernels: Kernels,
  signal?: AbortSignal,
): Promise<DecodedStep[]> {
  const results = await decodeMany(input, kernels, signal);
  return results.map((result, at) => stepOf(result, input.readOuts[at], input.folds, signal));
}
