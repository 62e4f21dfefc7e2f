import { CorescoreError } from '@corescore/contracts';
import { RandomState } from '../random/random-state.js';
import { pearson } from '../statistics/correlation.js';
import { distractorMeans, i2, i2OfShares, normaliseCells } from './i2.js';

/** Two-alternative trials on the images, one entry a trial; the other option is the object that the image shows. */
export interface Trials {
  image: Int32Array;
  /** Object that was offered beside the image's own. */
  distractor: Int32Array;
  /** Object that was chosen: the image's own or the distractor. */
  choice: Int32Array;
}

export type ImageMetric = 'i1' | 'i1n' | 'i2' | 'i2n';

export interface ConsistencyOptions {
  metric: ImageMetric;
  /** Times that the trials are halved, by one generator. */
  repetitions?: number;
  seed?: number;
}

export interface Consistency {
  /** Mean over the repetitions with a defined correlation; null where there is none. */
  value: number | null;
  /** Population standard deviation over them. */
  error: number | null;
  perRepetition: (number | null)[];
  /** Cells (images for i1, i1n) defined on both sides, a repetition. */
  cells: number[];
}

/**
 * p(i,c) from trials (METRICS 3): times that c was chosen on image i / trials on image i in which c was an option.
 *
 * @param labels truth of each image, 0 .. classes - 1
 * @param rows the trials that count, all if left out
 * @returns n*classes row-major; NaN for the image's own object and where c was not an option
 * @throws CorescoreError `metric_undefined` for a trial that is no choice between the image's object and another
 */
export function trialShares(trials: Trials, labels: Int32Array, classes: number, rows?: Int32Array): Float64Array {
  const chosen = new Float64Array(labels.length * classes);
  const offered = new Float64Array(labels.length * classes);
  for (const trial of rows ?? trials.image.keys()) {
    const image = trials.image[trial];
    const distractor = trials.distractor[trial];
    const choice = trials.choice[trial];
    const own = labels[image];
    if (own === undefined || !(distractor >= 0 && distractor < classes) || distractor === own) refuse(trial);
    if (choice !== own && choice !== distractor) refuse(trial);
    offered[image * classes + distractor]++;
    if (choice === distractor) chosen[image * classes + distractor]++;
  }
  return chosen.map((times, cell) => times / offered[cell]);
}

function refuse(trial: number): never {
  throw new CorescoreError('metric_undefined', `Trial ${trial} is no choice between its image’s object and another.`, {
    field: 'trials',
    remedy: 'Give trials on known images, each with a distractor and with one of the two options as the choice.',
  });
}

/**
 * Consistency of a model with behaviour (METRICS 3): the trials are halved, the first half is the target, Pearson over
 * the cells that both sides define.
 *
 * @param probabilities the model's P(choice | image), n*classes row-major
 * @throws CorescoreError `metric_undefined` for fewer than two trials
 */
export function behaviouralConsistency(
  probabilities: Float64Array,
  trials: Trials,
  labels: Int32Array,
  classes: number,
  options: ConsistencyOptions,
): Consistency {
  const of = imageMetric(options.metric, labels, classes);
  const model = of(i2(probabilities, labels, classes));
  return repeated(trials, options, ([first]) => [
    model,
    of(i2OfShares(trialShares(trials, labels, classes, first), labels, classes)),
  ]);
}

/** Ceiling of `behaviouralConsistency`: one half of the trials against the other, the same halves (METRICS 3). */
export function behaviouralCeiling(
  trials: Trials,
  labels: Int32Array,
  classes: number,
  options: ConsistencyOptions,
): Consistency {
  const of = imageMetric(options.metric, labels, classes);
  return repeated(trials, options, (halves) =>
    halves.map((rows) => of(i2OfShares(trialShares(trials, labels, classes, rows), labels, classes))),
  );
}

function imageMetric(metric: ImageMetric, labels: Int32Array, classes: number): (i2: Float64Array) => Float64Array {
  return (values) => {
    const cells = metric.endsWith('n') ? normaliseCells(values, labels, classes) : values;
    return metric.startsWith('i1') ? distractorMeans(cells, classes) : cells;
  };
}

function repeated(
  trials: Trials,
  { repetitions = 2, seed = 0 }: ConsistencyOptions,
  sides: (halves: Int32Array[]) => Float64Array[],
): Consistency {
  const n = trials.image.length;
  if (n < 2) {
    throw new CorescoreError('metric_undefined', 'There is 1 trial, or none: nothing to halve.', {
      field: 'trials',
      remedy: 'Give two trials at least; tens on each image for a number that means something.',
    });
  }
  const random = new RandomState(seed);
  const perRepetition: (number | null)[] = [];
  const cells: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const order = random.permutation(n);
    const half = Math.floor(n / 2);
    const [a, b] = sides([order.subarray(0, half), order.subarray(half)]);
    const defined = (_: number, cell: number) => !Number.isNaN(a[cell]) && !Number.isNaN(b[cell]);
    cells.push(a.filter(defined).length);
    perRepetition.push(pearson(a.filter(defined), b.filter(defined)));
  }
  const values = perRepetition.filter((value) => value !== null);
  if (values.length === 0) return { value: null, error: null, perRepetition, cells };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { value: mean, error: Math.sqrt(variance), perRepetition, cells };
}
