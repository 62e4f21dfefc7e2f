/** c + a * b, fused where the machine has it. */
// @ts-expect-error: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? v128.relaxed_madd<f64>(a, b, c) : f64x2.add(c, f64x2.mul(a, b));
}

// @ts-expect-error: decorator
@inline
export function sum(a: v128): f64 {
  return f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
}

/** Sum of x[k] * y[k], k < n: four sums side by side hide the latency of an addition. */
export function dot(x: usize, y: usize, n: i32): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  let k = 0;
  for (; k + 7 < n; k += 8) {
    const at = (<usize>k) << 3;
    s0 = fma(v128.load(x + at), v128.load(y + at), s0);
    s1 = fma(v128.load(x + at, 16), v128.load(y + at, 16), s1);
    s2 = fma(v128.load(x + at, 32), v128.load(y + at, 32), s2);
    s3 = fma(v128.load(x + at, 48), v128.load(y + at, 48), s3);
  }
  let total = sum(f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3)));
  for (; k < n; k++) {
    const at = (<usize>k) << 3;
    total += load<f64>(x + at) * load<f64>(y + at);
  }
  return total;
}

/** y += factor * x */
export function addScaled(factor: f64, x: usize, y: usize, n: i32): void {
  const a = f64x2.splat(factor);
  let k = 0;
  for (; k + 7 < n; k += 8) {
    const at = (<usize>k) << 3;
    v128.store(y + at, fma(a, v128.load(x + at), v128.load(y + at)));
    v128.store(y + at, fma(a, v128.load(x + at, 16), v128.load(y + at, 16)), 16);
    v128.store(y + at, fma(a, v128.load(x + at, 32), v128.load(y + at, 32)), 32);
    v128.store(y + at, fma(a, v128.load(x + at, 48), v128.load(y + at, 48)), 48);
  }
  for (; k < n; k++) {
    const at = (<usize>k) << 3;
    store<f64>(y + at, load<f64>(y + at) + factor * load<f64>(x + at));
  }
}
