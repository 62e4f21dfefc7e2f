import { dot, fma, sum } from './simd';

/** Columns a block: even, a multiple of three; its rows stay in the second-level cache. */
const BLOCK: i32 = 24;
/** Inverse of the diagonal block, and the rows of the panel that are being solved. */
const inverse: usize = memory.data(BLOCK * BLOCK * 8, 16);
const panel: usize = memory.data(3 * BLOCK * 8, 16);

/**
 * In-place factorisation A = L L^T of the lower half, blocked: products of whole rows with the block's rows, the
 * diagonal block, then the panel below it as a product with that block's inverse.
 * A pivot at or below `floor` becomes infinite: the solves then give that unknown 0.
 * @returns how many did
 */
export function cholesky(a: usize, n: i32, stride: i32, floor: f64): i32 {
  const rowBytes = (<usize>stride) << 3;
  let dependent = 0;
  for (let from = 0; from < n; from += BLOCK) {
    const to = min(from + BLOCK, n);
    subtractProducts(a, n, rowBytes, from, to);
    dependent += factorDiagonal(a, rowBytes, from, to, floor);
    if (to < n) {
      invertDiagonal(a, rowBytes, from);
      solvePanel(a, n, rowBytes, from);
    }
  }
  return dependent;
}

/** A[i, j] -= sum of L[i, k] L[j, k] over k < from, for all i >= j in the columns [from, to). */
function subtractProducts(a: usize, n: i32, rowBytes: usize, from: i32, to: i32): void {
  if (from == 0) return;
  let i = from;
  for (; i + 2 < n; i += 3) {
    const row = a + <usize>i * rowBytes;
    const last = min(to, i + 3);
    let j = from;
    for (; j + 2 < last; j += 3) tile(row, a + <usize>j * rowBytes, rowBytes, from, j);
    for (; j < last; j++) {
      const column = a + <usize>j * rowBytes;
      for (let r = 0; r < 3; r++) subtractDot(row + <usize>r * rowBytes, column, from, j);
    }
  }
  for (; i < n; i++) {
    const row = a + <usize>i * rowBytes;
    const last = min(to, i + 1);
    for (let j = from; j < last; j++) subtractDot(row, a + <usize>j * rowBytes, from, j);
  }
}

// @ts-expect-error: decorator
@inline
function subtractDot(row: usize, column: usize, length: i32, j: i32): void {
  const at = row + ((<usize>j) << 3);
  store<f64>(at, load<f64>(at) - dot(row, column, length));
}

/** Three rows against three: nine sums stay in registers. `length` is even. */
function tile(p0: usize, q0: usize, rowBytes: usize, length: i32, j: i32): void {
  const p1 = p0 + rowBytes;
  const p2 = p1 + rowBytes;
  const q1 = q0 + rowBytes;
  const q2 = q1 + rowBytes;
  let s00 = f64x2.splat(0);
  let s01 = f64x2.splat(0);
  let s02 = f64x2.splat(0);
  let s10 = f64x2.splat(0);
  let s11 = f64x2.splat(0);
  let s12 = f64x2.splat(0);
  let s20 = f64x2.splat(0);
  let s21 = f64x2.splat(0);
  let s22 = f64x2.splat(0);
  const end = (<usize>length) << 3;
  for (let at: usize = 0; at < end; at += 16) {
    const x0 = v128.load(p0 + at);
    const x1 = v128.load(p1 + at);
    const x2 = v128.load(p2 + at);
    const y0 = v128.load(q0 + at);
    const y1 = v128.load(q1 + at);
    const y2 = v128.load(q2 + at);
    s00 = fma(x0, y0, s00);
    s01 = fma(x0, y1, s01);
    s02 = fma(x0, y2, s02);
    s10 = fma(x1, y0, s10);
    s11 = fma(x1, y1, s11);
    s12 = fma(x1, y2, s12);
    s20 = fma(x2, y0, s20);
    s21 = fma(x2, y1, s21);
    s22 = fma(x2, y2, s22);
  }
  const to = (<usize>j) << 3;
  subtract3(p0 + to, s00, s01, s02);
  subtract3(p1 + to, s10, s11, s12);
  subtract3(p2 + to, s20, s21, s22);
}

// @ts-expect-error: decorator
@inline
function subtract3(at: usize, a: v128, b: v128, c: v128): void {
  store<f64>(at, load<f64>(at) - sum(a));
  store<f64>(at, load<f64>(at, 8) - sum(b), 8);
  store<f64>(at, load<f64>(at, 16) - sum(c), 16);
}

function factorDiagonal(a: usize, rowBytes: usize, from: i32, to: i32, floor: f64): i32 {
  const shift = (<usize>from) << 3;
  let dependent = 0;
  for (let j = from; j < to; j++) {
    const row = a + <usize>j * rowBytes + shift;
    for (let k = from; k < j; k++) {
      const other = a + <usize>k * rowBytes + shift;
      const at = row + ((<usize>(k - from)) << 3);
      store<f64>(at, (load<f64>(at) - dot(row, other, k - from)) / load<f64>(other + ((<usize>(k - from)) << 3)));
    }
    const at = row + ((<usize>(j - from)) << 3);
    const pivot = load<f64>(at) - dot(row, row, j - from);
    // Written so that NaN counts as dependent too.
    if (pivot > floor) store<f64>(at, Math.sqrt(pivot));
    else {
      store<f64>(at, Infinity);
      dependent++;
    }
  }
  return dependent;
}

/** Rows of the inverse of a full diagonal block, zero above its diagonal. */
function invertDiagonal(a: usize, rowBytes: usize, from: i32): void {
  const shift = (<usize>from) << 3;
  memory.fill(inverse, 0, BLOCK * BLOCK * 8);
  for (let i = 0; i < BLOCK; i++) {
    const row = a + <usize>(from + i) * rowBytes + shift;
    const pivot = 1 / load<f64>(row + ((<usize>i) << 3));
    store<f64>(inverse + ((<usize>(i * BLOCK + i)) << 3), pivot);
    for (let c = 0; c < i; c++) {
      let total: f64 = 0;
      for (let k = c; k < i; k++)
        total += load<f64>(row + ((<usize>k) << 3)) * load<f64>(inverse + ((<usize>(k * BLOCK + c)) << 3));
      store<f64>(inverse + ((<usize>(i * BLOCK + c)) << 3), -total * pivot);
    }
  }
}

/** The rows below a full diagonal block: L[i, j] = sum of A[i, k] inverse[j, k]. */
function solvePanel(a: usize, n: i32, rowBytes: usize, from: i32): void {
  const shift = (<usize>from) << 3;
  const blockBytes: usize = BLOCK * 8;
  for (let i = from + BLOCK; i < n; i += 3) {
    const rows = min(3, n - i);
    for (let r = 0; r < rows; r++)
      memory.copy(panel + <usize>r * blockBytes, a + <usize>(i + r) * rowBytes + shift, blockBytes);
    for (let r = 0; r < rows; r++)
      memory.fill(a + <usize>(i + r) * rowBytes + shift, 0, blockBytes);
    const row = a + <usize>i * rowBytes + shift;
    if (rows == 3) {
      for (let j = 0; j < BLOCK; j += 3) panelTile(row, rowBytes, j);
    } else {
      for (let r = 0; r < rows; r++)
        for (let j = 0; j < BLOCK; j++)
          store<f64>(
            row + <usize>r * rowBytes + ((<usize>j) << 3),
            dot(panel + <usize>r * blockBytes, inverse + <usize>j * blockBytes, j + 1),
          );
    }
  }
}

function panelTile(row: usize, rowBytes: usize, j: i32): void {
  const blockBytes: usize = BLOCK * 8;
  const q = inverse + <usize>j * blockBytes;
  for (let r: usize = 0; r < 3; r++) {
    const p = panel + r * blockBytes;
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    // Three more columns may be needed; the inverse is zero past its diagonal.
    const end = min<usize>(blockBytes, (<usize>(j + 4)) << 3);
    for (let at: usize = 0; at < end; at += 16) {
      const x = v128.load(p + at);
      s0 = fma(x, v128.load(q + at), s0);
      s1 = fma(x, v128.load(q + blockBytes + at), s1);
      s2 = fma(x, v128.load(q + 2 * blockBytes + at), s2);
    }
    const to = row + r * rowBytes + ((<usize>j) << 3);
    store<f64>(to, sum(s0));
    store<f64>(to, sum(s1), 8);
    store<f64>(to, sum(s2), 16);
  }
}
