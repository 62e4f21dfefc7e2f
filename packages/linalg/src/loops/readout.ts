/** Constants of a step of Adam (Kingma & Ba 2015), epsilon outside of the bias correction, which is part of `rate`. */
export interface AdamStep {
  rate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
}

/** A linear read-out of n*f features (f32) that descends on minibatches; weights and sums in f64. */
export interface Readout {
  /** out[i*classes + c] = w_c . z[rows[i]] */
  scores(rows: Int32Array, out: Float64Array): void;
  /**
   * One step of Adam on the weights: the gradient is decay W + residuals^T z[rows], of the rows scored last.
   *
   * @param residuals one row of `classes` for each of them
   */
  descend(residuals: Float64Array, decay: number, step: AdamStep): void;
  /** classes*f row-major. */
  weights(): Float64Array;
  release(): void;
}

/** Rows that are taken together. */
export const TOGETHER = 4;

export const rounded = (rows: number): number => Math.ceil(rows / TOGETHER) * TOGETHER;

/** One row of the panel after the other would wait for each addition: four rows and two classes are eight sums. */
function readOut(panel: Float64Array, count: number, f: number, w: Float64Array, classes: number, out: Float64Array) {
  for (let i = 0; i < count; i += TOGETHER) {
    for (let c = 0; c < classes; c += 2) {
      // The last of an odd number of classes is its own partner.
      const d = Math.min(c + 1, classes - 1);
      let c0 = 0;
      let c1 = 0;
      let c2 = 0;
      let c3 = 0;
      let d0 = 0;
      let d1 = 0;
      let d2 = 0;
      let d3 = 0;
      for (let u = c * f, v = d * f, z = i * f, end = u + f; u < end; u++, v++, z++) {
        const wc = w[u];
        const wd = w[v];
        const z0 = panel[z];
        const z1 = panel[z + f];
        const z2 = panel[z + 2 * f];
        const z3 = panel[z + 3 * f];
        c0 += wc * z0;
        c1 += wc * z1;
        c2 += wc * z2;
        c3 += wc * z3;
        d0 += wd * z0;
        d1 += wd * z1;
        d2 += wd * z2;
        d3 += wd * z3;
      }
      const at = i * classes;
      out[at + c] = c0;
      out[at + d] = d0;
      out[at + classes + c] = c1;
      out[at + classes + d] = d1;
      out[at + 2 * classes + c] = c2;
      out[at + 2 * classes + d] = d2;
      out[at + 3 * classes + c] = c3;
      out[at + 3 * classes + d] = d3;
    }
  }
}

/** gradient += residuals^T panel */
function addOuter(
  panel: Float64Array,
  count: number,
  f: number,
  r: Float64Array,
  classes: number,
  gradient: Float64Array,
) {
  for (let i = 0; i < count; i += TOGETHER) {
    for (let c = 0; c < classes; c++) {
      const at = i * classes + c;
      const r0 = r[at];
      const r1 = r[at + classes];
      const r2 = r[at + 2 * classes];
      const r3 = r[at + 3 * classes];
      for (let g = c * f, z = i * f, end = g + f; g < end; g++, z++) {
        gradient[g] += r0 * panel[z] + r1 * panel[z + f] + (r2 * panel[z + 2 * f] + r3 * panel[z + 3 * f]);
      }
    }
  }
}

/** Plain TypeScript. Arguments as `Loops.readout`. */
export function typescriptReadout(
  z: Float32Array,
  f: number,
  first: Float64Array,
  classes: number,
  most: number,
): Readout {
  const w = first.slice();
  const gradient = new Float64Array(w.length);
  const mean = new Float64Array(w.length);
  const square = new Float64Array(w.length);
  const panel = new Float64Array(rounded(most) * f);
  const inside = new Float64Array(rounded(most) * classes);
  let count = 0;
  return {
    scores(rows, out) {
      count = rounded(rows.length);
      for (let i = 0; i < rows.length; i++) panel.set(z.subarray(rows[i] * f, (rows[i] + 1) * f), i * f);
      panel.fill(0, rows.length * f, count * f);
      readOut(panel, count, f, w, classes, inside);
      out.set(inside.subarray(0, rows.length * classes));
    },
    descend(residuals, decay, { rate, beta1, beta2, epsilon }) {
      inside.fill(0).set(residuals);
      for (let k = 0; k < w.length; k++) gradient[k] = decay * w[k];
      addOuter(panel, count, f, inside, classes, gradient);
      for (let k = 0; k < w.length; k++) {
        mean[k] += (1 - beta1) * (gradient[k] - mean[k]);
        square[k] += (1 - beta2) * (gradient[k] ** 2 - square[k]);
        w[k] -= (rate * mean[k]) / (Math.sqrt(square[k]) + epsilon);
      }
    },
    weights: () => w.slice(),
    release() {},
  };
}
