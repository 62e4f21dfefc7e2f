import type { Kernels } from '@corescore/linalg';
import { SoftmaxAdamDecoder, truncatedNormalWeights } from '../decoding/decoders/softmax-adam.js';
import { type OstCorrelationInput, ostCorrelation } from './ost-correlation.js';

/** Weight decay of Brain-Score's decoder: 1 / (C images) of an SVM with C = 1e-3 on 2,160 images. */
export const BRAIN_SCORE_LAMBDA = 0.463;

export interface InitialisationSpread {
  /** Score from each seed's first weights; null where it is undefined. */
  values: (number | null)[];
  /** Of the defined ones; null without any. */
  mean: number | null;
  /** Sample standard deviation of the defined ones; null for fewer than two. */
  deviation: number | null;
}

/**
 * The parity score from several first weights (METRICS 2, `softmax-adam`). Brain-Score's decoder stops long before its
 * optimum, so the score keeps a trace of the weights that it began with, and those come from TensorFlow's generator:
 * only a spread can be set beside Brain-Score's number.
 */
export async function ostOverInitialisations(
  input: OstCorrelationInput,
  seeds: readonly number[],
  kernels: Kernels,
  signal?: AbortSignal,
): Promise<InitialisationSpread> {
  const values: (number | null)[] = [];
  for (const seed of seeds) {
    const decoder = new SoftmaxAdamDecoder({
      lambda: BRAIN_SCORE_LAMBDA,
      initialWeights: truncatedNormalWeights(seed),
    });
    values.push((await ostCorrelation(input, decoder, kernels, signal === undefined ? {} : { signal })).value);
  }
  return { values, ...spread(values.filter((value) => value !== null)) };
}

function spread(values: readonly number[]): { mean: number | null; deviation: number | null } {
  if (values.length === 0) return { mean: null, deviation: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? null : Math.sqrt(squares / (values.length - 1)) };
}
