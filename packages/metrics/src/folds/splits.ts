import { CorescoreError } from '@corescore/contracts';
import { RandomState } from '../random/random-state.js';

/** Rows of one split, in scikit-learn's order. */
export interface TrainTest {
  train: Int32Array;
  test: Int32Array;
}

export interface ShuffleSplitOptions {
  splits: number;
  /** Share of the rows that is tested, between 0 and 1; rounded up to whole rows, the others train. */
  testFraction: number;
  seed: number;
}

/** @throws CorescoreError `metric_undefined` when no row is left to train on */
function sizes(n: number, { splits, testFraction }: ShuffleSplitOptions): { train: number; test: number } {
  if (!Number.isInteger(splits) || splits < 1) throw new RangeError(`splits is a whole number from 1, not ${splits}`);
  if (!(testFraction > 0 && testFraction < 1)) {
    throw new RangeError(`the test fraction lies between 0 and 1, not ${testFraction}`);
  }
  const test = Math.ceil(testFraction * n);
  if (n - test < 1) {
    throw new CorescoreError(
      'metric_undefined',
      `${n} images with a test fraction of ${testFraction} leave none to train on.`,
      { field: 'splits', remedy: 'Use more images or a smaller test fraction.' },
    );
  }
  return { train: n - test, test };
}

/**
 * Random splits, index-identical to scikit-learn's `ShuffleSplit(splits, test_size=testFraction, random_state=seed)`
 * (METRICS 1): one permutation a split, its first rows are the test.
 *
 * @param n rows
 * @throws CorescoreError `metric_undefined` when no row is left to train on
 */
export function shuffleSplit(n: number, options: ShuffleSplitOptions): TrainTest[] {
  const size = sizes(n, options);
  const random = new RandomState(options.seed);
  return Array.from({ length: options.splits }, () => {
    const order = random.permutation(n);
    return { train: order.slice(size.test), test: order.slice(0, size.test) };
  });
}

/**
 * Random splits with the same mixture of strata on both sides, index-identical to scikit-learn's
 * `StratifiedShuffleSplit(splits, test_size=testFraction, random_state=seed)` (METRICS 1).
 *
 * @param strata stratum of each row; strata are drawn from in sorted order (texts by code unit)
 * @throws CorescoreError `metric_undefined` when a stratum has one row, or a side has fewer rows than there are strata
 */
export function stratifiedShuffleSplit(strata: readonly string[], options: ShuffleSplitOptions): TrainTest[] {
  const size = sizes(strata.length, options);
  const rowsOf = rowsByStratum(strata);
  refuseTooFew(rowsOf, size);
  const random = new RandomState(options.seed);
  const counts = [...rowsOf.values()].map((rows) => rows.length);
  return Array.from({ length: options.splits }, () => {
    const trained = apportion(counts, size.train, random);
    const tested = apportion(
      counts.map((count, s) => count - trained[s]),
      size.test,
      random,
    );
    const train: number[] = [];
    const test: number[] = [];
    [...rowsOf.values()].forEach((rows, s) => {
      const order = Array.from(random.permutation(rows.length), (place) => rows[place]);
      train.push(...order.slice(0, trained[s]));
      test.push(...order.slice(trained[s], trained[s] + tested[s]));
    });
    random.shuffle(train);
    random.shuffle(test);
    return { train: Int32Array.from(train), test: Int32Array.from(test) };
  });
}

/** Rows of each stratum in ascending order, strata sorted. */
function rowsByStratum(strata: readonly string[]): Map<string, number[]> {
  const rowsOf = new Map<string, number[]>([...new Set(strata)].sort().map((name) => [name, []]));
  strata.forEach((name, row) => {
    rowsOf.get(name)!.push(row);
  });
  return rowsOf;
}

function refuseTooFew(rowsOf: Map<string, number[]>, size: { train: number; test: number }): void {
  const single = [...rowsOf].filter(([, rows]) => rows.length < 2).map(([name]) => name);
  if (single.length > 0) {
    throw new CorescoreError(
      'metric_undefined',
      `A stratified split needs 2 images of each stratum; ${single.length} have one, the first is "${single[0]}".`,
      { field: 'splits', remedy: 'Use coarser strata, or leave these images out and report how many are used.' },
    );
  }
  for (const side of ['train', 'test'] as const) {
    if (size[side] >= rowsOf.size) continue;
    throw new CorescoreError(
      'metric_undefined',
      `The ${side} side of a split has ${size[side]} images for ${rowsOf.size} strata.`,
      {
        field: 'splits',
        remedy: `Use more images, coarser strata or a ${side === 'test' ? 'larger' : 'smaller'} test fraction.`,
      },
    );
  }
}

/**
 * Shares `draws` rows among strata of these sizes: whole parts first, the rest by the largest remainders, ties among
 * them drawn at random. scikit-learn's approximate mode of the multivariate hypergeometric distribution.
 */
function apportion(counts: readonly number[], draws: number, random: RandomState): number[] {
  const total = counts.reduce((a, b) => a + b, 0);
  // This order of operations and no other: remainders are compared for equality.
  const exact = counts.map((count) => (count / total) * draws);
  const shares = exact.map(Math.floor);
  const remainders = exact.map((value, s) => value - shares[s]);
  let missing = draws - shares.reduce((a, b) => a + b, 0);
  for (const value of [...new Set(remainders)].sort((a, b) => b - a)) {
    if (missing <= 0) break;
    const tied = remainders.flatMap((remainder, s) => (remainder === value ? [s] : []));
    // The draw is made even where all of the tied are taken: it moves the generator.
    const order = random.permutation(tied.length).subarray(0, missing);
    for (const place of order) shares[tied[place]]++;
    missing -= order.length;
  }
  return shares;
}
