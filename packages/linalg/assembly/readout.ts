import { fma, sum } from './simd';

/**
 * A linear read-out that descends on minibatches. Rows of the panel, of the weights and of what goes with them are
 * `stride` long, an even number of features, zeros at the end; four rows and two classes at a time: eight sums in
 * registers for six loads.
 */

/** panel[i] = z[rows[i]], f32 to f64, i < count. */
export function gatherRows(z: usize, stride: i32, rows: usize, count: i32, panel: usize): void {
  for (let i = 0; i < count; i++) {
    const from = z + ((<usize>load<i32>(rows + ((<usize>i) << 2)) * <usize>stride) << 2);
    const to = panel + ((<usize>i * <usize>stride) << 3);
    for (let j: usize = 0; j < <usize>stride; j += 2) {
      v128.store(to + (j << 3), f64x2.promote_low_f32x4(v128.load64_zero(from + (j << 2))));
    }
  }
}

/** out[i * classes + c] = panel[i] . weights[c]; count is a multiple of 4. */
export function readOut(panel: usize, count: i32, stride: i32, weights: usize, classes: i32, out: usize): void {
  const bytes = (<usize>stride) << 3;
  const next = (<usize>classes) << 3;
  for (let i = 0; i < count; i += 4) {
    const p = panel + <usize>i * bytes;
    let o = out + <usize>i * next;
    let w = weights;
    let c = 0;
    for (; c + 1 < classes; c += 2) {
      let c0 = f64x2.splat(0);
      let c1 = f64x2.splat(0);
      let c2 = f64x2.splat(0);
      let c3 = f64x2.splat(0);
      let d0 = f64x2.splat(0);
      let d1 = f64x2.splat(0);
      let d2 = f64x2.splat(0);
      let d3 = f64x2.splat(0);
      for (let at: usize = 0; at < bytes; at += 16) {
        const wc = v128.load(w + at);
        const wd = v128.load(w + bytes + at);
        const z0 = v128.load(p + at);
        const z1 = v128.load(p + bytes + at);
        const z2 = v128.load(p + 2 * bytes + at);
        const z3 = v128.load(p + 3 * bytes + at);
        c0 = fma(wc, z0, c0);
        c1 = fma(wc, z1, c1);
        c2 = fma(wc, z2, c2);
        c3 = fma(wc, z3, c3);
        d0 = fma(wd, z0, d0);
        d1 = fma(wd, z1, d1);
        d2 = fma(wd, z2, d2);
        d3 = fma(wd, z3, d3);
      }
      store<f64>(o, sum(c0));
      store<f64>(o, sum(d0), 8);
      store<f64>(o + next, sum(c1));
      store<f64>(o + next, sum(d1), 8);
      store<f64>(o + 2 * next, sum(c2));
      store<f64>(o + 2 * next, sum(d2), 8);
      store<f64>(o + 3 * next, sum(c3));
      store<f64>(o + 3 * next, sum(d3), 8);
      o += 16;
      w += 2 * bytes;
    }
    if (c === classes) continue;
    for (let row: usize = 0; row < 4; row++) {
      let s = f64x2.splat(0);
      for (let at: usize = 0; at < bytes; at += 16) s = fma(v128.load(w + at), v128.load(p + row * bytes + at), s);
      store<f64>(o + row * next, sum(s));
    }
  }
}

/** gradient += residuals^T panel, residuals count*classes; count is a multiple of 4. */
export function addOuter(panel: usize, count: i32, stride: i32, residuals: usize, classes: i32, gradient: usize): void {
  const bytes = (<usize>stride) << 3;
  const next = (<usize>classes) << 3;
  for (let i = 0; i < count; i += 4) {
    const p = panel + <usize>i * bytes;
    let r = residuals + <usize>i * next;
    let g = gradient;
    let c = 0;
    for (; c + 1 < classes; c += 2) {
      const c0 = v128.load64_splat(r);
      const d0 = v128.load64_splat(r, 8);
      const c1 = v128.load64_splat(r + next);
      const d1 = v128.load64_splat(r + next, 8);
      const c2 = v128.load64_splat(r + 2 * next);
      const d2 = v128.load64_splat(r + 2 * next, 8);
      const c3 = v128.load64_splat(r + 3 * next);
      const d3 = v128.load64_splat(r + 3 * next, 8);
      for (let at: usize = 0; at < bytes; at += 16) {
        const z0 = v128.load(p + at);
        const z1 = v128.load(p + bytes + at);
        const z2 = v128.load(p + 2 * bytes + at);
        const z3 = v128.load(p + 3 * bytes + at);
        v128.store(g + at, fma(c3, z3, fma(c2, z2, fma(c1, z1, fma(c0, z0, v128.load(g + at))))));
        v128.store(g + bytes + at, fma(d3, z3, fma(d2, z2, fma(d1, z1, fma(d0, z0, v128.load(g + bytes + at))))));
      }
      r += 16;
      g += 2 * bytes;
    }
    if (c === classes) continue;
    for (let row: usize = 0; row < 4; row++) {
      const factor = v128.load64_splat(r + row * next);
      for (let at: usize = 0; at < bytes; at += 16) {
        v128.store(g + at, fma(factor, v128.load(p + row * bytes + at), v128.load(g + at)));
      }
    }
  }
}

/** y = factor x; length is even. */
export function scaleInto(factor: f64, x: usize, y: usize, length: i32): void {
  const a = f64x2.splat(factor);
  const end = (<usize>length) << 3;
  for (let at: usize = 0; at < end; at += 16) v128.store(y + at, f64x2.mul(a, v128.load(x + at)));
}

/**
 * One step of Adam, epsilon outside of the bias correction (which is in `rate`); length is even.
 * @param m mean of the gradients, @param v mean of their squares
 */
export function adam(
  x: usize,
  gradient: usize,
  m: usize,
  v: usize,
  length: i32,
  rate: f64,
  beta1: f64,
  beta2: f64,
  epsilon: f64,
): void {
  const part1 = f64x2.splat(1 - beta1);
  const part2 = f64x2.splat(1 - beta2);
  const r = f64x2.splat(rate);
  const e = f64x2.splat(epsilon);
  const end = (<usize>length) << 3;
  for (let at: usize = 0; at < end; at += 16) {
    const g = v128.load(gradient + at);
    const mean = fma(part1, f64x2.sub(g, v128.load(m + at)), v128.load(m + at));
    const square = fma(part2, f64x2.sub(f64x2.mul(g, g), v128.load(v + at)), v128.load(v + at));
    v128.store(m + at, mean);
    v128.store(v + at, square);
    const step = f64x2.div(f64x2.mul(r, mean), f64x2.add(f64x2.sqrt(square), e));
    v128.store(x + at, f64x2.sub(v128.load(x + at), step));
  }
}
