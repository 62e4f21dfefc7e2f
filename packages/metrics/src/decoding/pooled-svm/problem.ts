import type { Pool } from '../fold-gram.js';
import { delicateFeatures, foldMoments } from '../fold-gram.js';

/** One fold of the pooled rows: what its standardisation is, in units of the pool's. */
export interface PooledFold {
  train: Int32Array;
  test: Int32Array;
  /** Mean of each pool-standardised feature over the training rows. */
  mean: Float64Array;
  /** 1 / its variance there; 0 where the exact product leaves it to `delicate`, or it is constant. */
  weights: Float64Array;
  /** Features with hardly any variance in the training rows, standardised from their raw values, length n each. */
  delicate: Float64Array[];
}

/** One class against the rest in one fold. */
export interface Column {
  fold: number;
  /** +1 or -1 a training row, 0 on the test rows; length n. */
  y: Float64Array;
  c: number;
}

export function pooledFold(pool: Pool, train: Int32Array, test: Int32Array): PooledFold {
  const { mean, variance } = foldMoments(pool, test);
  const { weights, delicate } = delicateFeatures(pool, variance, train);
  return {
    train,
    test,
    mean,
    weights,
    delicate: delicate.map((j) => standardised(pool, j, train)),
  };
}

function standardised({ x, n, f }: Pool, j: number, train: Int32Array): Float64Array {
  let mean = 0;
  for (const i of train) mean += x[i * f + j] / train.length;
  let variance = 0;
  for (const i of train) variance += (x[i * f + j] - mean) ** 2 / train.length;
  const scale = 1 / Math.sqrt(variance);
  return Float64Array.from({ length: n }, (_, i) => (x[i * f + j] - mean) * scale);
}
