/** K = Q T Q' with Q orthogonal and T tridiagonal. */
export interface Tridiagonal {
  n: number;
  diagonal: Float64Array;
  /** n - 1 */
  off: Float64Array;
  /** n*n row-major */
  q: Float64Array;
}

/**
 * Householder tridiagonalisation (Golub & Van Loan 8.3.1) of a symmetric matrix, which it overwrites: 4/3 n^3
 * multiplications with Q. (K + alpha I)^-1 then costs n for each right-hand side and alpha, where a Cholesky factor
 * would be made anew for every alpha.
 */
export function tridiagonalise(k: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const off = new Float64Array(Math.max(0, n - 1));
  const reflectors: Float64Array[] = [];
  for (let s = 0; s < n - 1; s++) {
    diagonal[s] = k[s * n + s];
    const v = k.slice(s * n + s + 1, (s + 1) * n);
    off[s] = reflector(v);
    reflectors.push(v);
    reflectBothSides(k, n, s + 1, v);
  }
  if (n > 0) diagonal[n - 1] = k[n * n - 1];
  return { n, diagonal, off, q: accumulate(reflectors, n) };
}

/** Turns x into the unit vector v with (I - 2vv')x = beta e_1 (v = 0 where x is so already); returns beta. */
function reflector(x: Float64Array): number {
  let rest = 0;
  for (let i = 1; i < x.length; i++) rest += x[i] * x[i];
  const first = x[0];
  if (rest === 0) {
    x.fill(0);
    return first;
  }
  const norm = Math.sqrt(first * first + rest);
  const beta = first > 0 ? -norm : norm;
  x[0] = first - beta;
  const scale = 1 / Math.sqrt(x[0] * x[0] + rest);
  for (let i = 0; i < x.length; i++) x[i] *= scale;
  return beta;
}

/** B <- (I - 2vv') B (I - 2vv') for the trailing block B from row and column `from`. */
function reflectBothSides(k: Float64Array, n: number, from: number, v: Float64Array): void {
  const size = n - from;
  const p = new Float64Array(size);
  let vp = 0;
  for (let i = 0; i < size; i++) {
    const row = (from + i) * n + from;
    let sum = 0;
    for (let j = 0; j < size; j++) sum += k[row + j] * v[j];
    p[i] = 2 * sum;
    vp += v[i] * p[i];
  }
  for (let i = 0; i < size; i++) p[i] -= vp * v[i];
  for (let i = 0; i < size; i++) {
    const row = (from + i) * n + from;
    const vi = v[i];
    const pi = p[i];
    for (let j = 0; j < size; j++) k[row + j] -= vi * p[j] + pi * v[j];
  }
}

/**
 * Q = H_0 H_1 ...; the reflector s acts on the rows from s + 1. Backwards, so that only the filled block is touched.
 */
function accumulate(reflectors: readonly Float64Array[], n: number): Float64Array {
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  for (let s = reflectors.length - 1; s >= 0; s--) {
    const v = reflectors[s];
    const from = s + 1;
    const size = n - from;
    const w = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const row = (from + i) * n + from;
      for (let j = 0; j < size; j++) w[j] += v[i] * q[row + j];
    }
    for (let i = 0; i < size; i++) {
      const row = (from + i) * n + from;
      const vi = 2 * v[i];
      for (let j = 0; j < size; j++) q[row + j] -= vi * w[j];
    }
  }
  return q;
}

/** L D L' of T + alpha I. */
export interface ShiftedFactor {
  pivots: Float64Array;
  multipliers: Float64Array;
}

/** Null when T + alpha I is not positive definite. */
export function factorShifted({ n, diagonal, off }: Tridiagonal, alpha: number): ShiftedFactor | null {
  const pivots = new Float64Array(n);
  const multipliers = new Float64Array(Math.max(0, n - 1));
  for (let i = 0; i < n; i++) {
    pivots[i] = diagonal[i] + alpha;
    if (i > 0) {
      multipliers[i - 1] = off[i - 1] / pivots[i - 1];
      pivots[i] -= multipliers[i - 1] * off[i - 1];
    }
    if (!(pivots[i] > 0)) return null;
  }
  return { pivots, multipliers };
}

/** Solves (T + alpha I) x = b in place. */
export function solveShifted({ pivots, multipliers }: ShiftedFactor, b: Float64Array): void {
  const n = b.length;
  for (let i = 1; i < n; i++) b[i] -= multipliers[i - 1] * b[i - 1];
  for (let i = 0; i < n; i++) b[i] /= pivots[i];
  for (let i = n - 2; i >= 0; i--) b[i] -= multipliers[i] * b[i + 1];
}
