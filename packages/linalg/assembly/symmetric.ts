import { addScaled, dot } from './simd';

/** y = A x, A n*n. */
export function multiplySymmetric(a: usize, n: i32, x: usize, y: usize): void {
  const rowBytes = (<usize>n) << 3;
  for (let i = 0; i < n; i++) store<f64>(y + ((<usize>i) << 3), dot(a + <usize>i * rowBytes, x, n));
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
