import { addScaled } from './simd';

/**
 * One epoch of dual coordinate descent: rows in the given order, each b[i] moved to its optimum within 0 <= y b <= c.
 * @param f K b, kept up to date
 */
export function descend(k: usize, n: i32, y: usize, c: f64, order: usize, b: usize, f: usize): void {
  const rowBytes = (<usize>n) << 3;
  for (let t = 0; t < n; t++) {
    const i = load<i32>(order + ((<usize>t) << 2));
    const at = (<usize>i) << 3;
    const label = load<f64>(y + at);
    const alpha = label * load<f64>(b + at);
    const row = k + <usize>i * rowBytes;
    const next = max<f64>(0, min<f64>(c, alpha - (label * load<f64>(f + at) - 1) / load<f64>(row + at)));
    if (next == alpha) continue;
    store<f64>(b + at, label * next);
    addScaled(label * (next - alpha), row, f, n);
  }
}

/** f += sum of factors[p] * K[rows[p]] over p < count. */
export function addRows(k: usize, n: i32, rows: usize, factors: usize, count: i32, f: usize): void {
  const rowBytes = (<usize>n) << 3;
  for (let p = 0; p < count; p++) {
    const row = k + <usize>load<i32>(rows + ((<usize>p) << 2)) * rowBytes;
    addScaled(load<f64>(factors + ((<usize>p) << 3)), row, f, n);
  }
}
