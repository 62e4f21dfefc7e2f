/**
 * out += sign * K[:, rows] Y[rows, :], four rows of Y at a time.
 *
 * @param k n*n row-major
 * @param y n*m row-major; only `rows` are read
 * @param out n*m
 */
export function addProduct(
  out: Float64Array,
  k: Float64Array,
  n: number,
  rows: ArrayLike<number>,
  y: Float64Array,
  m: number,
  sign = 1,
): void {
  const whole = rows.length - (rows.length % 4);
  for (let i = 0; i < n; i++) {
    const to = i * m;
    for (let r = 0; r < whole; r += 4) {
      const k0 = sign * k[i * n + rows[r]];
      const k1 = sign * k[i * n + rows[r + 1]];
      const k2 = sign * k[i * n + rows[r + 2]];
      const k3 = sign * k[i * n + rows[r + 3]];
      const y0 = rows[r] * m;
      const y1 = rows[r + 1] * m;
      const y2 = rows[r + 2] * m;
      const y3 = rows[r + 3] * m;
      for (let j = 0; j < m; j++) out[to + j] += k0 * y[y0 + j] + k1 * y[y1 + j] + k2 * y[y2 + j] + k3 * y[y3 + j];
    }
    for (let r = whole; r < rows.length; r++) {
      const value = sign * k[i * n + rows[r]];
      const from = rows[r] * m;
      for (let j = 0; j < m; j++) out[to + j] += value * y[from + j];
    }
  }
}

/** 0 .. n - 1. */
export const allRows = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i);

export interface CentredTarget {
  /** Rows of `train` less their mean, in that order: train.length * m. */
  yc: Float64Array;
  mean: Float64Array;
}

/**
 * The training responses less their means. A neuroid that is constant there becomes exactly 0, whatever its mean rounds
 * to.
 */
export function centreTarget(y: Float64Array, m: number, train: ArrayLike<number>): CentredTarget {
  const n = train.length;
  const mean = new Float64Array(m);
  const varies = new Uint8Array(m);
  for (let r = 0; r < n; r++) {
    for (let j = 0; j < m; j++) {
      const value = y[train[r] * m + j];
      mean[j] += value;
      if (value !== y[train[0] * m + j]) varies[j] = 1;
    }
  }
  for (let j = 0; j < m; j++) mean[j] = varies[j] === 1 ? mean[j] / n : y[train[0] * m + j];
  const yc = new Float64Array(n * m);
  for (let r = 0; r < n; r++) for (let j = 0; j < m; j++) yc[r * m + j] = y[train[r] * m + j] - mean[j];
  return { yc, mean };
}
