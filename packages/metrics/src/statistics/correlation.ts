import { CorescoreError } from '@corescore/contracts';

/** A standard deviation below it counts as none: ranks and their residuals are of size 1 and more. */
const VANISHED = 1e-9;

/** Ranks from 1, ties get the average of theirs. */
export function rank(x: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(x).sort();
  const n = sorted.length;
  // For the first of equals: their average rank. Typed arrays sort natively; a search then beats an index sort.
  const average = new Float64Array(n);
  for (let from = 0; from < n; ) {
    let to = from + 1;
    while (to < n && sorted[to] === sorted[from]) to++;
    average[from] = (from + to + 1) / 2;
    from = to;
  }
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let low = 0;
    let high = n - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle] < x[i]) low = middle + 1;
      else high = middle;
    }
    out[i] = average[low];
  }
  return out;
}

/**
 * Place of each value among the distinct ones, from 0. Ranks of a resample follow from the levels by counting, without
 * sorting: a bootstrap takes them ten thousand times.
 */
export function levels(x: ArrayLike<number>): Int32Array {
  const place = new Map([...new Set(Float64Array.from(x).sort())].map((value, level) => [value, level]));
  return Int32Array.from(x, (value) => place.get(value)!);
}

/** `rank` of the values at `rows`, which may repeat, given the levels of all values. */
export function ranksOfRows(level: Int32Array, rows: Int32Array): Float64Array {
  const counts = new Int32Array(level.length);
  for (let i = 0; i < rows.length; i++) counts[level[rows[i]]]++;
  const average = new Float64Array(level.length);
  let below = 0;
  for (let l = 0; l < counts.length; l++) {
    average[l] = below + (counts[l] + 1) / 2;
    below += counts[l];
  }
  const out = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) out[i] = average[level[rows[i]]];
  return out;
}

function refuseNaN(values: ArrayLike<number>, name: string): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) {
      throw new CorescoreError('metric_undefined', `A correlation was asked for with NaN in ${name}, row ${i}.`, {
        remedy: 'Select the rows in which both are defined, and report how many there are.',
      });
    }
  }
}

function checkPair(a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length !== b.length) throw new RangeError(`a correlation of ${a.length} values with ${b.length}`);
}

function centred(x: ArrayLike<number>): Float64Array {
  const out = Float64Array.from(x);
  let sum = 0;
  for (const v of out) sum += v;
  const mean = sum / out.length;
  for (let i = 0; i < out.length; i++) out[i] -= mean;
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

const deviation = (x: Float64Array): number => Math.sqrt(dot(x, x) / x.length);

/** Cosine of two centred vectors, within [-1, 1] whatever the rounding. */
function cosine(a: Float64Array, b: Float64Array): number {
  return Math.max(-1, Math.min(1, dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))));
}

/**
 * Pearson's r; null when there are fewer than two rows or one side is constant.
 * @throws CorescoreError `metric_undefined` for NaN: rows are never dropped silently
 */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  checkPair(a, b);
  refuseNaN(a, 'the first array');
  refuseNaN(b, 'the second array');
  if (a.length < 2 || isConstant(a) || isConstant(b)) return null;
  const x = centred(a);
  const y = centred(b);
  return deviation(x) === 0 || deviation(y) === 0 ? null : cosine(x, y);
}

function isConstant(x: ArrayLike<number>): boolean {
  for (let i = 1; i < x.length; i++) if (x[i] !== x[0]) return false;
  return true;
}

/** Spearman's rho: Pearson's r of the average ranks. Null and errors as `pearson`. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  checkPair(a, b);
  refuseNaN(a, 'the first array');
  refuseNaN(b, 'the second array');
  return pearson(rank(a), rank(b));
}

/**
 * Partial Spearman (METRICS 4, `partialRho`): Pearson's r of the residuals of rank(a) and rank(b) from least squares on
 * [1, rank of each `given`, group indicators], over the rows in which `a` is not NaN (ranks are taken within these).
 *
 * @param groups a factor, one number a row; its indicators absorb the constant
 * @returns null when a residual vanishes (sd < 1e-9): the correlation is undefined, not 0
 */
export function partialSpearman(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  given: readonly ArrayLike<number>[],
  groups?: Int32Array,
): number | null {
  for (const column of [b, ...given]) {
    checkPair(a, column);
    refuseNaN(column, 'a column beside the solution times');
  }
  const rows: number[] = [];
  for (let i = 0; i < a.length; i++) if (!Number.isNaN(a[i])) rows.push(i);
  if (rows.length < 2) return null;
  const group = groups === undefined ? undefined : Int32Array.from(rows, (i) => groups[i]);
  const ranks = (x: ArrayLike<number>) => rank(rows.length === a.length ? x : Float64Array.from(rows, (i) => x[i]));
  return partialPearson(ranks(a), ranks(b), given.map(ranks), group);
}

/** As `partialSpearman`, on values (or ranks) as they stand; no NaN. */
export function partialPearson(
  a: Float64Array,
  b: Float64Array,
  given: readonly Float64Array[],
  groups?: Int32Array,
): number | null {
  if (a.length < 2) return null;
  const group = groups ?? new Int32Array(a.length);
  const basis: Float64Array[] = [];
  for (const column of given) {
    const direction = residual(subtractGroupMeans(column, group), basis);
    const length = Math.sqrt(dot(direction, direction));
    // A column that the others span adds nothing, as in a minimum-norm least-squares fit.
    if (!(length > VANISHED * Math.sqrt(a.length))) continue;
    for (let i = 0; i < direction.length; i++) direction[i] /= length;
    basis.push(direction);
  }
  const ra = residual(subtractGroupMeans(a, group), basis);
  const rb = residual(subtractGroupMeans(b, group), basis);
  return deviation(ra) < VANISHED || deviation(rb) < VANISHED ? null : cosine(ra, rb);
}

/** The residual from [1, group indicators]. */
function subtractGroupMeans(x: Float64Array, group: Int32Array): Float64Array {
  // Plain loops: a bootstrap asks for this tens of thousands of times.
  let groups = 0;
  for (let i = 0; i < group.length; i++) if (group[i] >= groups) groups = group[i] + 1;
  const sums = new Float64Array(groups);
  const counts = new Int32Array(groups);
  for (let i = 0; i < x.length; i++) {
    sums[group[i]] += x[i];
    counts[group[i]]++;
  }
  for (let g = 0; g < groups; g++) sums[g] /= counts[g];
  const out = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) out[i] = x[i] - sums[group[i]];
  return out;
}

/** The residual from an orthonormal basis; Gram-Schmidt twice is exact to rounding. */
function residual(x: Float64Array, basis: readonly Float64Array[]): Float64Array {
  for (let pass = 0; pass < 2; pass++) {
    for (const direction of basis) {
      const length = dot(x, direction);
      for (let i = 0; i < x.length; i++) x[i] -= length * direction[i];
    }
  }
  return x;
}

/** Least-squares line y = intercept + slope x. @throws CorescoreError `metric_undefined` when x is constant */
export function leastSquaresLine(x: ArrayLike<number>, y: ArrayLike<number>): { slope: number; intercept: number } {
  checkPair(x, y);
  refuseNaN(x, 'x');
  refuseNaN(y, 'y');
  if (x.length < 2 || isConstant(x)) {
    throw new CorescoreError('metric_undefined', 'A line needs at least two different values of x.');
  }
  const dx = centred(x);
  const dy = centred(y);
  const slope = dot(dx, dy) / dot(dx, dx);
  // x[0] - dx[0] is the mean of x.
  return { slope, intercept: y[0] - dy[0] - slope * (x[0] - dx[0]) };
}
