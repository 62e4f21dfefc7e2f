import { levels, matchedCells, matchedConcordanceOfRows } from '@corescore/metrics';
import { ostStatistic } from '../../packages/benchmarks/src/kinds/solution-times/ost-statistics.js';
import { type Images, OBJECTS } from './images.js';
import type { Draws } from './random.js';

/** What the simulation asks of solution times; the first five as the product scores them. */
export const OST_NAMES = [
  'ost_rho',
  'ost_rho_partial',
  'ost_rho_partial_object',
  'ost_delay_mean',
  'ost_delay_median',
  'matched_concordance',
] as const;

/** All of `OST_NAMES` over `rows` (image numbers, which may repeat); NaN where undefined. Reused between calls. */
export type AllOfRows = (rows: Int32Array) => Float64Array;

/** Ranks of a variable among drawn rows by counting; centred, so that products need no means. */
class Ranker {
  /** Place of each value among the distinct ones, NaN last. */
  readonly level: Int32Array;
  readonly #counts: Int32Array;
  readonly #rank: Float64Array;
  readonly out: Float64Array;

  constructor(values: Float64Array) {
    this.level = levels(values);
    this.#counts = new Int32Array(values.length);
    this.#rank = new Float64Array(values.length);
    this.out = new Float64Array(2 * values.length);
  }

  of(rows: Int32Array): Float64Array {
    this.#counts.fill(0);
    for (let i = 0; i < rows.length; i++) this.#counts[this.level[rows[i]]]++;
    let below = 0;
    for (let l = 0; l < this.#counts.length; l++) {
      this.#rank[l] = below + (this.#counts[l] - rows.length) / 2;
      below += this.#counts[l];
    }
    for (let i = 0; i < rows.length; i++) this.out[i] = this.#rank[this.level[rows[i]]];
    return this.out;
  }
}

const VARIABLES = 4;

/** Correlation of variables 0 and 1 given the others, from their cross-products (Gauss, the others swept first). */
function partialFromProducts(products: Float64Array, given: number): number {
  const s = products.slice();
  for (let k = VARIABLES - 1; k >= VARIABLES - given; k--) {
    for (let a = 0; a < k; a++) {
      const factor = s[a * VARIABLES + k] / s[k * VARIABLES + k];
      for (let b = 0; b < k; b++) s[a * VARIABLES + b] -= factor * s[k * VARIABLES + b];
    }
  }
  return s[1] / Math.sqrt(s[0] * s[VARIABLES + 1]);
}

/**
 * The statistics in one pass over a resample: the product's own functions, which prepare each statistic alone, would take
 * the simulation past an hour. `checkAgainstProduct` holds them to these.
 *
 * @param correlationsOnly leaves delays and concordance out (NaN)
 */
export function allStatistics(ostMs: Float64Array, images: Images, correlationsOnly = false): AllOfRows {
  const n = ostMs.length;
  const rankers = [ostMs, images.targetMs, images.difficulty, images.thresholds].map((v) => new Ranker(v));
  const concordance = correlationsOnly
    ? () => null
    : matchedConcordanceOfRows(ostMs, images.targetMs, matchedCells(images.difficulty, images.thresholds));
  // A resample may be larger than the sample.
  const solvedRows = new Int32Array(2 * n);
  const groups = [new GroupTimes(ostMs), new GroupTimes(ostMs)];
  const out = new Float64Array(OST_NAMES.length).fill(Number.NaN);
  const products = new Float64Array(VARIABLES * VARIABLES);
  const within = new Float64Array(VARIABLES * VARIABLES);
  const sums = new Float64Array(OBJECTS * VARIABLES);
  const sizes = new Float64Array(OBJECTS);
  return (rows) => {
    let solved = 0;
    for (let i = 0; i < rows.length; i++) if (!Number.isNaN(ostMs[rows[i]])) solvedRows[solved++] = rows[i];
    const kept = solvedRows.subarray(0, solved);
    const [a, b, c, d] = rankers.map((ranker) => ranker.of(kept));
    const level = rankers[0].level;
    sums.fill(0);
    sizes.fill(0);
    for (const group of groups) group.clear();
    let [aa, ab, ac, ad, bb, bc, bd, cc, cd, dd] = new Array<number>(10).fill(0);
    for (let i = 0; i < solved; i++) {
      const row = kept[i];
      const at = images.labels[row] * VARIABLES;
      sizes[images.labels[row]]++;
      sums[at] += a[i];
      sums[at + 1] += b[i];
      sums[at + 2] += c[i];
      sums[at + 3] += d[i];
      aa += a[i] * a[i];
      ab += a[i] * b[i];
      ac += a[i] * c[i];
      ad += a[i] * d[i];
      bb += b[i] * b[i];
      bc += b[i] * c[i];
      bd += b[i] * d[i];
      cc += c[i] * c[i];
      cd += c[i] * d[i];
      dd += d[i] * d[i];
      if (!correlationsOnly) groups[images.isChallenge[row]].add(level[row], ostMs[row]);
    }
    products.set([aa, ab, ac, ad, ab, bb, bc, bd, ac, bc, cc, cd, ad, bd, cd, dd]);
    within.set(products);
    for (let g = 0; g < OBJECTS; g++) {
      if (sizes[g] === 0) continue;
      for (let p = 0; p < VARIABLES; p++) {
        for (let q = 0; q < VARIABLES; q++) {
          within[p * VARIABLES + q] -= (sums[g * VARIABLES + p] * sums[g * VARIABLES + q]) / sizes[g];
        }
      }
    }
    const [control, challenge] = groups;
    out[0] = partialFromProducts(products, 0);
    out[1] = partialFromProducts(products, 2);
    out[2] = partialFromProducts(within, 2);
    if (correlationsOnly) return out;
    out[3] = challenge.mean - control.mean;
    out[4] = challenge.median() - control.median();
    out[5] = concordance(rows) ?? Number.NaN;
    return out;
  };
}

/** Times of one group, counted by level, so that the median needs no sorting. */
class GroupTimes {
  readonly #times: Float64Array;
  readonly #counts: Int32Array;
  #n = 0;
  #sum = 0;

  constructor(ostMs: Float64Array) {
    this.#times = Float64Array.from(new Set(ostMs)).sort();
    this.#counts = new Int32Array(this.#times.length);
  }

  clear(): void {
    this.#counts.fill(0);
    this.#n = 0;
    this.#sum = 0;
  }

  add(level: number, timeMs: number): void {
    this.#counts[level]++;
    this.#n++;
    this.#sum += timeMs;
  }

  get mean(): number {
    return this.#sum / this.#n;
  }

  median(): number {
    let level = 0;
    let upTo = this.#counts[0];
    while (2 * upTo < this.#n) upTo += this.#counts[++level];
    if (2 * upTo > this.#n) return this.#times[level];
    let next = level + 1;
    while (next < this.#times.length && this.#counts[next] === 0) next++;
    return (this.#times[level] + this.#times[next]) / 2;
  }
}

/** Throws where the one pass above and the product's statistics differ by more than 1e-9. */
export function checkAgainstProduct(ostMs: Float64Array, images: Images, draws: Draws): void {
  const n = ostMs.length;
  const rows = Int32Array.from({ length: n }, () => Math.floor(draws.uniform(0, n)));
  const ours = allStatistics(ostMs, images)(rows);
  for (const [s, name] of OST_NAMES.entries()) {
    if (name === 'matched_concordance') continue;
    // None of these statistics counts an unsolved image as a time.
    const product = ostStatistic(name, { ostMs, ...images, end: Number.NaN })(rows);
    if (product === null || !(Math.abs(ours[s] - product) <= 1e-9)) {
      throw new Error(`${name}: ${ours[s]} here, ${product} in the product`);
    }
  }
}

export function mean(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i];
  return sum / x.length;
}
