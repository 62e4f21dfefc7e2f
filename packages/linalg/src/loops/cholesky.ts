/**
 * In-place Cholesky factorisation A = L L^T of a symmetric positive semidefinite matrix.
 * Only the lower half of `a` (row-major) is read; L overwrites it, the upper half is left as it was.
 * Blocks of 4 x 2 dot products of contiguous rows: the sums stay in registers, each loaded value is used twice or four
 * times.
 *
 * @param floor a pivot at or below it depends on the rows before it: its pivot becomes infinite, so that the solves below
 *   give that unknown 0 and the others the solution of the system without it
 * @returns how many rows were left out in this way; 0: positive definite
 */
export function cholesky(a: Float64Array, n: number, floor = 0): number {
  let dependent = 0;
  for (let j = 0; j < n; j += 2) {
    if (!pivot(a, j, n, floor)) dependent++;
    if (j + 1 === n) break;
    if (!secondPivot(a, j, n, floor)) dependent++;
    columnPair(a, j, n);
  }
  return dependent;
}

function pivot(a: Float64Array, j: number, n: number, floor: number): boolean {
  const row = j * n;
  let sum = a[row + j];
  for (let k = 0; k < j; k++) sum -= a[row + k] * a[row + k];
  const independent = sum > floor;
  a[row + j] = independent ? Math.sqrt(sum) : Number.POSITIVE_INFINITY;
  return independent;
}

/** Row j + 1 against column j, then its own pivot. */
function secondPivot(a: Float64Array, j: number, n: number, floor: number): boolean {
  const row = j * n;
  const next = row + n;
  let sum = a[next + j];
  for (let k = 0; k < j; k++) sum -= a[next + k] * a[row + k];
  a[next + j] = sum / a[row + j];
  return pivot(a, j + 1, n, floor);
}

/** Columns j and j + 1 of every row below them. */
function columnPair(a: Float64Array, j: number, n: number): void {
  const c0 = j * n;
  const c1 = c0 + n;
  const inverse0 = 1 / a[c0 + j];
  const inverse1 = 1 / a[c1 + j + 1];
  const cross = a[c1 + j];
  let i = j + 2;
  for (; i + 3 < n; i += 4) {
    const r0 = i * n;
    const r1 = r0 + n;
    const r2 = r1 + n;
    const r3 = r2 + n;
    let s00 = 0;
    let s01 = 0;
    let s10 = 0;
    let s11 = 0;
    let s20 = 0;
    let s21 = 0;
    let s30 = 0;
    let s31 = 0;
    for (let k = 0; k < j; k++) {
      const x = a[c0 + k];
      const y = a[c1 + k];
      const p = a[r0 + k];
      const q = a[r1 + k];
      const r = a[r2 + k];
      const s = a[r3 + k];
      s00 += p * x;
      s01 += p * y;
      s10 += q * x;
      s11 += q * y;
      s20 += r * x;
      s21 += r * y;
      s30 += s * x;
      s31 += s * y;
    }
    s00 = (a[r0 + j] - s00) * inverse0;
    s10 = (a[r1 + j] - s10) * inverse0;
    s20 = (a[r2 + j] - s20) * inverse0;
    s30 = (a[r3 + j] - s30) * inverse0;
    a[r0 + j] = s00;
    a[r1 + j] = s10;
    a[r2 + j] = s20;
    a[r3 + j] = s30;
    a[r0 + j + 1] = (a[r0 + j + 1] - s01 - s00 * cross) * inverse1;
    a[r1 + j + 1] = (a[r1 + j + 1] - s11 - s10 * cross) * inverse1;
    a[r2 + j + 1] = (a[r2 + j + 1] - s21 - s20 * cross) * inverse1;
    a[r3 + j + 1] = (a[r3 + j + 1] - s31 - s30 * cross) * inverse1;
  }
  for (; i < n; i++) {
    const row = i * n;
    let s0 = 0;
    let s1 = 0;
    for (let k = 0; k < j; k++) {
      s0 += a[row + k] * a[c0 + k];
      s1 += a[row + k] * a[c1 + k];
    }
    s0 = (a[row + j] - s0) * inverse0;
    a[row + j] = s0;
    a[row + j + 1] = (a[row + j + 1] - s1 - s0 * cross) * inverse1;
  }
}

/** Solves L x = b in place; L as `cholesky` leaves it. */
export function solveLower(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= l[row + k] * b[k];
    b[i] = sum / l[row + i];
  }
}

/** Solves L^T x = b in place, reading L by rows. */
export function solveLowerTransposed(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n;
    const x = b[i] / l[row + i];
    b[i] = x;
    for (let k = 0; k < i; k++) b[k] -= l[row + k] * x;
  }
}
