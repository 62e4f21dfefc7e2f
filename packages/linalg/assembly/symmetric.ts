import { addScaled, dot, fma, sum } from './simd';

/** y = A x, A n*n: four rows at a time, so that x is read once for them. */
export function multiplySymmetric(a: usize, n: i32, x: usize, y: usize): void {
  const rowBytes = (<usize>n) << 3;
  let i = 0;
  for (; i + 3 < n; i += 4) fourRows(a + <usize>i * rowBytes, rowBytes, n, x, y + ((<usize>i) << 3));
  for (; i < n; i++) store<f64>(y + ((<usize>i) << 3), dot(a + <usize>i * rowBytes, x, n));
}

function fourRows(r0: usize, rowBytes: usize, n: i32, x: usize, y: usize): void {
  const r1 = r0 + rowBytes;
  const r2 = r1 + rowBytes;
  const r3 = r2 + rowBytes;
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  // A second sum of each row hides the latency of an addition.
  let t0 = f64x2.splat(0);
  let t1 = f64x2.splat(0);
  let t2 = f64x2.splat(0);
  let t3 = f64x2.splat(0);
  let k = 0;
  for (; k + 3 < n; k += 4) {
    const at = (<usize>k) << 3;
    const p = v128.load(x + at);
    const q = v128.load(x + at, 16);
    s0 = fma(v128.load(r0 + at), p, s0);
    s1 = fma(v128.load(r1 + at), p, s1);
    s2 = fma(v128.load(r2 + at), p, s2);
    s3 = fma(v128.load(r3 + at), p, s3);
    t0 = fma(v128.load(r0 + at, 16), q, t0);
    t1 = fma(v128.load(r1 + at, 16), q, t1);
    t2 = fma(v128.load(r2 + at, 16), q, t2);
    t3 = fma(v128.load(r3 + at, 16), q, t3);
  }
  let y0 = sum(f64x2.add(s0, t0));
  let y1 = sum(f64x2.add(s1, t1));
  let y2 = sum(f64x2.add(s2, t2));
  let y3 = sum(f64x2.add(s3, t3));
  for (; k < n; k++) {
    const at = (<usize>k) << 3;
    const v = load<f64>(x + at);
    y0 += load<f64>(r0 + at) * v;
    y1 += load<f64>(r1 + at) * v;
    y2 += load<f64>(r2 + at) * v;
    y3 += load<f64>(r3 + at) * v;
  }
  store<f64>(y, y0);
  store<f64>(y, y1, 8);
  store<f64>(y, y2, 16);
  store<f64>(y, y3, 24);
}

/** A -= u v' + v u' */
export function subtractPair(a: usize, n: i32, u: usize, v: usize): void {
  const rowBytes = (<usize>n) << 3;
  for (let i = 0; i < n; i++) {
    const row = a + <usize>i * rowBytes;
    addScaled(-load<f64>(u + ((<usize>i) << 3)), v, row, n);
    addScaled(-load<f64>(v + ((<usize>i) << 3)), u, row, n);
  }
}

/**
 * The power method on A from a unit vector: q <- A q / |A q|, until the squared change of S q / |S q| (A = S'S) is below
 * the tolerance, tested from the second vector on. `q` holds the last vector, `aq` its product, `spare` anything.
 * @returns how many vectors there were
 */
export function powerMethod(a: usize, n: i32, q: usize, aq: usize, spare: usize, tolerance: f64, most: i32): i32 {
  multiplySymmetric(a, n, q, aq);
  let square = dot(q, aq, n);
  let iterations = 1;
  while (iterations < most) {
    const scale = 1 / Math.sqrt(dot(aq, aq, n));
    for (let i = 0; i < n; i++) {
      const at = (<usize>i) << 3;
      store<f64>(q + at, load<f64>(aq + at) * scale);
    }
    const cross = dot(q, aq, n);
    multiplySymmetric(a, n, q, spare);
    const nextSquare = dot(q, spare, n);
    iterations++;
    const change = 2 - (2 * cross) / Math.sqrt(square * nextSquare);
    memory.copy(aq, spare, (<usize>n) << 3);
    square = nextSquare;
    if (change < tolerance) break;
  }
  return iterations;
}
