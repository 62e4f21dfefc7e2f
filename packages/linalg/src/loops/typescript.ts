import { cholesky, solveLower, solveLowerTransposed } from './cholesky.js';
import type { Loops } from './loops.js';
import { typescriptReadout } from './readout.js';

/** y += factor * x[from ...] */
function addScaled(factor: number, x: Float64Array, from: number, y: Float64Array): void {
  for (let l = 0, at = from; l < y.length; l++, at++) y[l] += factor * x[at];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** A x for a square A, row by row, four sums side by side. */
function multiply(a: Float64Array, n: number, x: Float64Array, out: Float64Array): void {
  let i = 0;
  for (; i + 3 < n; i += 4) {
    const r0 = i * n;
    const r1 = r0 + n;
    const r2 = r1 + n;
    const r3 = r2 + n;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let j = 0; j < n; j++) {
      const v = x[j];
      s0 += a[r0 + j] * v;
      s1 += a[r1 + j] * v;
      s2 += a[r2 + j] * v;
      s3 += a[r3 + j] * v;
    }
    out[i] = s0;
    out[i + 1] = s1;
    out[i + 2] = s2;
    out[i + 3] = s3;
  }
  for (; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += a[i * n + j] * x[j];
    out[i] = sum;
  }
}

/** Plain TypeScript: the reference of the conformance suite, and the fall-back where WebAssembly SIMD is missing. */
export const typescriptLoops: Loops = {
  name: 'typescript',

  factor(n, fill, floor = 0) {
    const l = new Float64Array(n * n);
    fill(l);
    const dependent = cholesky(l, n, floor);
    return {
      n,
      dependent,
      solve(b) {
        solveLower(l, n, b);
        solveLowerTransposed(l, n, b);
      },
      release() {},
    };
  },

  descent(k, n) {
    return {
      epoch(y, c, order, b, f) {
        for (const i of order) {
          const alpha = y[i] * b[i];
          const next = Math.max(0, Math.min(c, alpha - (y[i] * f[i] - 1) / k[i * n + i]));
          if (next === alpha) continue;
          b[i] = y[i] * next;
          addScaled(y[i] * (next - alpha), k, i * n, f);
        }
      },
      addRows(rows, factors, count, f) {
        for (let p = 0; p < count; p++) addScaled(factors[p], k, rows[p] * n, f);
      },
      release() {},
    };
  },

  readout: typescriptReadout,

  symmetric(a, n) {
    const own = a.slice();
    return {
      multiply: (x, out) => multiply(own, n, x, out),
      powerMethod(q, aq, tolerance, most) {
        const spare = new Float64Array(n);
        multiply(own, n, q, aq);
        let square = dot(q, aq);
        let iterations = 1;
        while (iterations < most) {
          const scale = 1 / Math.sqrt(dot(aq, aq));
          for (let i = 0; i < n; i++) q[i] = aq[i] * scale;
          const cross = dot(q, aq);
          multiply(own, n, q, spare);
          const nextSquare = dot(q, spare);
          iterations++;
          const change = 2 - (2 * cross) / Math.sqrt(square * nextSquare);
          aq.set(spare);
          square = nextSquare;
          if (change < tolerance) break;
        }
        return iterations;
      },
      subtractPair(u, v) {
        for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < n; j++, at++) own[at] -= u[i] * v[j] + v[i] * u[j];
      },
      diagonal: (i) => own[i * n + i],
      release() {},
    };
  },
};
