import type { Loops } from '@corescore/linalg';
import type { TrainTest } from '../folds/splits.js';
import type { PooledGram } from './pooled-gram.js';

/** Kernels of one split, centred on its training rows. */
export interface FoldKernel {
  /** nTrain*nTrain, row-major; its rows sum to 0. */
  train: Float64Array;
  /** nTest*nTrain, row-major. */
  test: Float64Array;
}

/** The blocks of the pooled Gram that belong to a split, centred on its training rows: features never come in again. */
export function foldKernel({ k, n }: PooledGram, { train, test }: TrainTest): FoldKernel {
  const rowMeans = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let l = 0; l < train.length; l++) rowMeans[i] += k[i * n + train[l]];
    rowMeans[i] /= train.length;
  }
  let grand = 0;
  for (let l = 0; l < train.length; l++) grand += rowMeans[train[l]] / train.length;
  const block = (rows: ArrayLike<number>): Float64Array => {
    const out = new Float64Array(rows.length * train.length);
    let at = 0;
    for (let r = 0; r < rows.length; r++) {
      const i = rows[r];
      for (let l = 0; l < train.length; l++) out[at++] = k[i * n + train[l]] - rowMeans[i] - rowMeans[train[l]] + grand;
    }
    return out;
  };
  return { train: block(train), test: block(test) };
}

/** mean + rows * coefficients, count*m: rows is count*width, coefficients width*m. */
export function linearCombination(
  rows: Float64Array,
  count: number,
  coefficients: Float64Array,
  mean: Float64Array,
): Float64Array {
  const m = mean.length;
  const width = coefficients.length / m;
  const out = new Float64Array(count * m);
  for (let i = 0; i < count; i++) {
    const to = i * m;
    out.set(mean, to);
    for (let l = 0; l < width; l++) {
      const value = rows[i * width + l];
      for (let j = 0; j < m; j++) out[to + j] += value * coefficients[l * m + j];
    }
  }
  return out;
}

/** Solves A C = B column by column through `solve`, which works in place. B and C are n*m. */
export function solveColumns(
  b: Float64Array,
  n: number,
  m: number,
  solve: (column: Float64Array) => void,
): Float64Array {
  const out = new Float64Array(n * m);
  const column = new Float64Array(n);
  for (let j = 0; j < m; j++) {
    for (let i = 0; i < n; i++) column[i] = b[i * m + j];
    solve(column);
    for (let i = 0; i < n; i++) out[i * m + j] = column[i];
  }
  return out;
}

/** Solves A C = B for a positive definite A, n*n; B and C are n*m. Null where A is not. */
export function solvePositive(
  loops: Loops,
  a: Float64Array,
  n: number,
  b: Float64Array,
  m: number,
): Float64Array | null {
  const factor = loops.factor(n, (into) => into.set(a));
  try {
    return factor.dependent > 0 ? null : solveColumns(b, n, m, (column) => factor.solve(column));
  } finally {
    factor.release();
  }
}
