import { addScaled, dot } from './simd';

/** Copies the lower half of a factor, row stride n, into rows that follow one another without gaps. */
export function pack(l: usize, n: i32, packed: usize): void {
  let to = packed;
  for (let i = 0; i < n; i++) {
    const bytes = (<usize>(i + 1)) << 3;
    memory.copy(to, l + ((<usize>i * <usize>n) << 3), bytes);
    to += bytes;
  }
}

/** Solves L L^T x = b in place; L packed. */
export function solve(packed: usize, n: i32, b: usize): void {
  let row = packed;
  for (let i = 0; i < n; i++) {
    const at = b + ((<usize>i) << 3);
    store<f64>(at, (load<f64>(at) - dot(row, b, i)) / load<f64>(row + ((<usize>i) << 3)));
    row += (<usize>(i + 1)) << 3;
  }
  for (let i = n - 1; i >= 0; i--) {
    row -= (<usize>(i + 1)) << 3;
    const at = b + ((<usize>i) << 3);
    const x = load<f64>(at) / load<f64>(row + ((<usize>i) << 3));
    store<f64>(at, x);
    addScaled(-x, row, b, i);
  }
}
