import type { TrainTest } from '../folds/splits.js';
import type { Target } from './problem.js';

/** A variance below it, of that over all test images, counts as none: values are standardised first. */
const VANISHED = 1e-12;
/** Sums a neuroid: of prediction, response, their squares and their product. */
const SUMS = 5;

/**
 * What the correlations of one split's predictions are made of, so that they can be had over any weighting of its test
 * images without touching the images again: Pearson's r of a neuroid follows from five weighted sums. Values are
 * standardised over the split's test images, which changes no correlation and keeps the digits of the sums.
 */
export class HeldOutMoments {
  /** Test images of the split, in the order of `rows`. */
  readonly test: Int32Array;
  /** Length of an image's row, and of an array of sums. */
  readonly width: number;
  readonly #m: number;
  /** test.length * width. */
  readonly #rows: Float64Array;
  readonly #r: Float64Array;

  /** Length of the rows that a target of so many neuroids has. */
  static width({ m }: Target): number {
    return SUMS * m;
  }

  /** @param predictions test.length * m, in the order of `split.test` */
  constructor(target: Target, split: TrainTest, predictions: Float64Array) {
    const { y, m } = target;
    const count = split.test.length;
    if (predictions.length !== count * m) throw new RangeError(`${predictions.length} values, not ${count} x ${m}`);
    this.test = Int32Array.from(split.test);
    this.width = HeldOutMoments.width(target);
    this.#m = m;
    this.#r = new Float64Array(m);
    this.#rows = new Float64Array(count * this.width);
    const p = new Float64Array(count);
    const v = new Float64Array(count);
    for (let j = 0; j < m; j++) {
      for (let t = 0; t < count; t++) {
        p[t] = predictions[t * m + j];
        v[t] = y[this.test[t] * m + j];
      }
      standardise(p);
      standardise(v);
      for (let t = 0; t < count; t++) {
        const at = t * this.width + j;
        this.#rows[at] = p[t];
        this.#rows[at + m] = v[t];
        this.#rows[at + 2 * m] = p[t] * p[t];
        this.#rows[at + 3 * m] = v[t] * v[t];
        this.#rows[at + 4 * m] = p[t] * v[t];
      }
    }
  }

  /** Rows of the test images at `places` (positions in `test`): a weighting of the images times them is its sums. */
  rows(places: Int32Array): Float64Array {
    const { width } = this;
    const out = new Float64Array(places.length * width);
    places.forEach((place, row) => {
      out.set(this.#rows.subarray(place * width, (place + 1) * width), row * width);
    });
    return out;
  }

  /** sums += weight * the rows at `places`. */
  add(sums: Float64Array, places: Int32Array, weight: number): void {
    const { width } = this;
    for (const place of places) {
      const from = place * width;
      for (let j = 0; j < width; j++) sums[j] += weight * this.#rows[from + j];
    }
  }

  /** Median over neuroids of r, from sums of this total weight; NaN where no neuroid has a correlation. */
  median(sums: Float64Array, total: number): number {
    const m = this.#m;
    const floor = VANISHED * total * total;
    let defined = 0;
    for (let j = 0; j < m; j++) {
      const p = sums[j];
      const v = sums[m + j];
      const pp = total * sums[2 * m + j] - p * p;
      const vv = total * sums[3 * m + j] - v * v;
      if (pp > floor && vv > floor) this.#r[defined++] = (total * sums[4 * m + j] - p * v) / Math.sqrt(pp * vv);
    }
    return medianInPlace(this.#r, defined);
  }
}

/** Mean 0 and sd 1; a constant becomes exactly 0. */
function standardise(x: Float64Array): void {
  const first = x[0];
  let mean = 0;
  for (const v of x) mean += (v - first) / x.length;
  let square = 0;
  for (const v of x) square += (v - first - mean) ** 2 / x.length;
  const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
  for (let i = 0; i < x.length; i++) x[i] = (x[i] - first - mean) * scale;
}

/** Median of the first `count` values, which it reorders; NaN of none. Quickselect: sorting would cost more than the sums. */
export function medianInPlace(x: Float64Array, count: number): number {
  if (count === 0) return Number.NaN;
  const middle = count >> 1;
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const pivot = x[(low + high) >> 1];
    let i = low;
    let j = high;
    while (i <= j) {
      while (x[i] < pivot) i++;
      while (x[j] > pivot) j--;
      if (i <= j) {
        const swap = x[i];
        x[i++] = x[j];
        x[j--] = swap;
      }
    }
    if (middle <= j) high = j;
    else if (middle >= i) low = i;
    else break;
  }
  if (count % 2 === 1) return x[middle];
  let below = x[0];
  for (let i = 1; i < middle; i++) if (x[i] > below) below = x[i];
  return (below + x[middle]) / 2;
}
