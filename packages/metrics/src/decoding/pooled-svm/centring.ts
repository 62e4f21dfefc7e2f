import type { Kernels } from '@corescore/linalg';
import type { PooledFold } from './problem.js';

/**
 * A symmetric correction of rank two, N - V S V^T with V of two columns: how a fold's centring changes A, or an inverse.
 * With u the indicator of the training rows over their number, G = A - 1, p = G u and alpha = u'G u + 1, the fold's
 * kernel is A + U C U^T, U = [1, p], C = [[alpha - 1, -1], [-1, 0]].
 */
export interface Centring {
  /** The two columns of V, length n each. */
  first: Float64Array;
  second: Float64Array;
  /** S: its two diagonal entries and the one beside them. */
  s: readonly [number, number, number];
}

export interface PoolMatrices {
  n: number;
  a: Float64Array;
  inverse: Float64Array;
  ridged: Float64Array;
}

/** One a fold; the inverses by Woodbury's formula. */
export async function centrings(
  { n, a, inverse, ridged }: PoolMatrices & { ridge: number },
  folds: readonly PooledFold[],
  kernels: Kernels,
): Promise<Record<'a' | 'inverse' | 'ridged', Centring>[]> {
  const count = folds.length;
  const indicators = new Float64Array(count * n);
  folds.forEach(({ train }, k) => {
    for (const i of train) indicators[k * n + i] = 1 / train.length;
  });
  const shape = { rows: count, inner: n, columns: n };
  // A u = G u + 1, since the indicators sum to 1.
  const p = (await kernels.multiply(indicators, a, shape)).map((value) => value - 1);
  const columns = new Float64Array((count + 1) * n);
  columns.fill(1, 0, n);
  columns.set(p, n);
  const wide = { ...shape, rows: count + 1 };
  const [byInverse, byRidged] = [
    await kernels.multiply(columns, inverse, wide),
    await kernels.multiply(columns, ridged, wide),
  ];
  return folds.map(({ train }, k) => {
    const own = p.subarray(k * n, (k + 1) * n);
    let alpha = 1;
    for (const i of train) alpha += own[i] / train.length;
    const woodbury = (products: Float64Array): Centring => {
      const first = products.subarray(0, n);
      const second = products.subarray((k + 1) * n, (k + 2) * n);
      // (C^-1 + U'V)^-1 with C^-1 = [[0, -1], [-1, 1 - alpha]].
      const m11 = total(first);
      const m12 = dot(own, first) - 1;
      const m22 = dot(own, second) + 1 - alpha;
      const determinant = m11 * m22 - m12 * m12;
      return { first, second, s: [m22 / determinant, m11 / determinant, -m12 / determinant] };
    };
    return {
      a: { first: columns.subarray(0, n), second: own, s: [1 - alpha, 0, 1] },
      inverse: woodbury(byInverse),
      ridged: woodbury(byRidged),
    };
  });
}

/** out -= V S V^T x, what is to be taken off a product with the pool's matrix. */
export function recentre({ first, second, s }: Centring, x: Float64Array, out: Float64Array): void {
  const a = dot(first, x);
  const b = dot(second, x);
  const onFirst = s[0] * a + s[2] * b;
  const onSecond = s[2] * a + s[1] * b;
  for (let i = 0; i < out.length; i++) out[i] -= onFirst * first[i] + onSecond * second[i];
}

export function total(x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i];
  return sum;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}
