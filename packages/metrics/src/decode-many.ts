import type { Kernels } from '@corescore/linalg';
import { type DecodeResult, decode } from './decode.js';
import { type DecodedStep, stepOf } from './decode-step.js';

/** One decoder of the same features: what is read out, and with which weight of the hinge loss. */
export interface ReadOut {
  /** 0 .. classes - 1 */
  labels: Int32Array;
  classes: number;
  c: number;
}

export interface DecodeManyInput {
  /** n*f row-major: features of one time step (or mixture of steps). */
  x: Float32Array;
  n: number;
  f: number;
  /** Fold of each row, one array a repetition; the same for all read-outs. */
  folds: readonly Int32Array[];
  readOuts: readonly ReadOut[];
}

/**
 * `decode` for several read-outs of the same features and folds: other values of C, shuffled labels. What a fold needs of
 * the features alone (standardisation, Gram and its factors) depends on neither labels nor C, so one set of them may serve
 * all read-outs; the results are those of `decode` on each.
 *
 * @returns one a read-out, in their order. Errors and abort as `decode`.
 */
export async function decodeMany(
  input: DecodeManyInput,
  kernels: Kernels,
  signal?: AbortSignal,
): Promise<DecodeResult[]> {
  const { readOuts, ...features } = input;
  const results: DecodeResult[] = [];
  for (const readOut of readOuts) results.push(await decode({ ...features, ...readOut }, kernels, signal));
  return results;
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
