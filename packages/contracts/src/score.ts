import Type, { type Static } from 'typebox';

/** Why a score has no value. Absent is never 0. */
export const ABSENCE_REASONS = [
  'not_temporal',
  'never_solved',
  'undefined',
  'no_ceiling',
  'no_readout',
  'not_run',
  'failed',
  'withheld',
] as const;
export type AbsenceReason = (typeof ABSENCE_REASONS)[number];

export const SUBSETS = ['all', 'control', 'challenge'] as const;
export type Subset = (typeof SUBSETS)[number];

/**
 * One scalar. `value` is null exactly when `reason` says why; `undefined` comes with a note. `low` and `high` bound a 95 % interval (METRICS 1),
 * `n` is the number of images that entered, `nTotal` the number that could have.
 */
export const Score = Type.Object({
  metric: Type.String(),
  subset: Type.Enum([...SUBSETS]),
  region: Type.String(),
  value: Type.Union([Type.Number(), Type.Null()]),
  ceiled: Type.Optional(Type.Number()),
  ceiling: Type.Optional(Type.Number()),
  error: Type.Optional(Type.Number({ description: 'standard error over splits (parity metrics)' })),
  low: Type.Optional(Type.Number()),
  high: Type.Optional(Type.Number()),
  unit: Type.String(),
  n: Type.Integer(),
  nTotal: Type.Integer(),
  reason: Type.Optional(Type.Enum([...ABSENCE_REASONS])),
  note: Type.Optional(Type.String()),
});
export type Score = Static<typeof Score>;

const NullableNumber = Type.Union([Type.Number(), Type.Null()]);

/** Everything that is not a scalar. `values` is row-major over `axes`; null where undefined. */
export const Series = Type.Object({
  name: Type.String(),
  subset: Type.Enum([...SUBSETS]),
  region: Type.String(),
  axes: Type.Array(
    Type.Object({
      name: Type.String(),
      unit: Type.String(),
      values: Type.Array(Type.Union([Type.Number(), Type.String()])),
    }),
  ),
  values: Type.Array(NullableNumber),
  low: Type.Optional(Type.Array(NullableNumber)),
  high: Type.Optional(Type.Array(NullableNumber)),
  n: Type.Integer(),
  unit: Type.String(),
});
export type Series = Static<typeof Series>;

/** Per-image results, arrays over the images of the stimulus set sorted by stimulus id. */
export const ImageResults = Type.Object({
  stimulusIds: Type.Array(Type.String()),
  objects: Type.Array(Type.String()),
  subsets: Type.Array(Type.Enum(['control', 'challenge'])),
  /** θ(i): the i1 at which an image counts as solved, d' units. */
  thresholds: Type.Array(Type.Number()),
  /** The reference object solution time of the benchmark, ms. */
  targetMs: Type.Array(NullableNumber),
  /** Object solution time, ms; null with a reason. */
  ostMs: Type.Array(NullableNumber),
  ostReason: Type.Array(Type.Union([Type.Enum(['not_temporal', 'never_solved', 'undefined']), Type.Null()])),
  /** Starts of the time bins, ms; one entry (null) when the model is not temporal. */
  binStartsMs: Type.Array(NullableNumber),
  /** i1 [bin][image], d' units; null where undefined. */
  i1: Type.Array(Type.Array(NullableNumber)),
  /** Share of repetitions whose largest decision value is the true class, at the last covered bin: [image]. */
  correct: Type.Array(NullableNumber),
});
export type ImageResults = Static<typeof ImageResults>;

/** What a benchmark says of one subject. Pure data: the same on the server and in `run --local`. */
export const ScoreReport = Type.Object({
  benchmark: Type.String({ description: 'id@version' }),
  benchmarkDigest: Type.String(),
  scoringVersion: Type.Integer({ description: 'scores compare within one version alone' }),
  scores: Type.Array(Score),
  series: Type.Array(Series),
  images: ImageResults,
  /** "covers 70-250 of 70-250 ms", folds, gaps: sentences a reader needs beside the numbers. */
  notes: Type.Array(Type.String()),
  /** Largest relative duality gap over all decoders of the run. */
  maxDualityGap: Type.Union([Type.Number(), Type.Null()]),
});
export type ScoreReport = Static<typeof ScoreReport>;

/** What a metric is, for page and CLI. */
export interface MetricInfo {
  label: string;
  unit: string;
  help: string;
  /** The control that reports it; the headline's metrics have none. */
  control?: string;
}

/** Metric keys of the OST benchmarks; a sentence each, shown by the page and the CLI. */
export const METRICS = {
  ost_rho_partial: {
    label: 'OST ρ, partial',
    unit: 'rho',
    help: 'Spearman between the model’s and the target’s object solution times over the images it solves, given the threshold and the image’s difficulty',
  },
  ost_rho: {
    label: 'OST ρ, raw',
    unit: 'rho',
    help: 'Spearman between the model’s and the target’s object solution times over the images it solves',
  },
  ost_rho_partial_object: {
    label: 'OST ρ, partial with object',
    unit: 'rho',
    help: 'as the partial correlation, with the object as a further factor',
  },
  ost_delay_mean: {
    label: 'Delay, mean',
    unit: 'ms',
    help: 'mean solution time of Challenge minus Control images over the images it solves, on the clock that the submitter declared',
  },
  ost_delay_median: {
    label: 'Delay, median',
    unit: 'ms',
    help: 'median solution time of Challenge minus Control images over the images it solves, on the declared clock',
  },
  ost_delay_mean_bound: {
    label: 'Delay, mean, with never-solved images',
    unit: 'ms',
    help: 'the mean delay when an image that is never solved counts as solved at the end of the target’s time, on the declared clock: how far the mean over solved images alone may be off',
  },
  ost_delay_p: {
    label: 'Delay, permutation p, two-sided',
    unit: 'p',
    help: 'share of label permutations whose mean delay is at least as far from 0, to either side',
  },
  ost_concordance: {
    label: 'OST concordance, censored',
    unit: 'c-index',
    help: 'share of image pairs that the model solves in the target’s order, a never-solved image after all solved ones; .5 is chance, but failing on late images counts as order: read it beside the null rows',
  },
  ost_concordance_matched: {
    label: 'OST concordance, matched',
    unit: 'c-index',
    help: 'share of the pairs of images of like difficulty and threshold that the model solves in the target’s order, a pair left open counting half; .5 is chance, and what is left of difficulty lifts models without times of their own above it: read it beside the null rows',
  },
  ost_solved: { label: 'Solved', unit: 'images', help: 'images with an object solution time' },
  ost_solved_first: {
    label: 'Solved in the first covered bin',
    unit: 'images',
    help: 'images already above threshold in the first time bin that the model’s clock covers',
  },
  ost_never_solved: { label: 'Never solved', unit: 'images', help: 'images that never reach their threshold' },
  ost_distinct: {
    label: 'Distinct solution times',
    unit: 'values',
    help: 'how many different solution times there are',
  },
  ost_native_rho_partial: {
    label: 'OST ρ, partial, native steps',
    unit: 'rho',
    control: 'native-steps',
    help: 'the partial correlation with solution times in the model’s own steps, without resampling to time bins',
  },
  ost_native_delay_mean: {
    label: 'Delay, mean, native steps',
    unit: 'steps',
    control: 'native-steps',
    help: 'mean solution time of Challenge minus Control images in the model’s own steps: no declared clock enters',
  },
  ost_native_delay_median: {
    label: 'Delay, median, native steps',
    unit: 'steps',
    control: 'native-steps',
    help: 'median solution time of Challenge minus Control images in the model’s own steps',
  },
  ost_native_solved: {
    label: 'Solved, native steps',
    unit: 'images',
    control: 'native-steps',
    help: 'images with a solution time in the model’s own steps',
  },
  ost_solved_shuffled: {
    label: 'Solved, shuffled labels',
    unit: 'images',
    control: 'shuffled-labels',
    help: 'images that the same pipeline solves on shuffled labels, mean over several shuffles, with the interval in which another falls: what chance gives',
  },
  ost_solved_twin: {
    label: 'Solved, untrained twin',
    unit: 'images',
    control: 'untrained-twin',
    help: 'images that the same graph solves with the values of each of its weight arrays shuffled',
  },
  accuracy: {
    label: 'Accuracy',
    unit: 'fraction',
    help: 'top-1 accuracy of the cross-validated decoder at the last time bin that the clock covers',
  },
  accuracy_first: {
    label: 'Accuracy, first covered bin',
    unit: 'fraction',
    help: 'top-1 accuracy of the decoder at the first time bin that the clock covers',
  },
  accuracy_shuffled: {
    label: 'Accuracy, shuffled labels',
    unit: 'fraction',
    control: 'shuffled-labels',
    help: 'accuracy of the same pipeline on shuffled labels at the last covered time bin, mean over several shuffles, with the interval in which another falls: what chance gives',
  },
  accuracy_twin: {
    label: 'Accuracy, untrained twin',
    unit: 'fraction',
    control: 'untrained-twin',
    help: 'accuracy from the same graph with the values of each of its weight arrays shuffled, at the last covered time bin: what the architecture gives before any training',
  },
  i1: { label: 'i1', unit: 'd′', help: 'mean image-level discrimination at the last covered time bin' },
  predictivity_early: {
    label: 'Predictivity, early IT',
    unit: 'r',
    help: 'PLS from the features of a time bin to IT in that bin, median r over neuroids; mean of the bins within 90-110 ms',
  },
  predictivity_late: {
    label: 'Predictivity, late IT',
    unit: 'r',
    help: 'the same within 150-200 ms, where Kar et al. found feed-forward networks to fall behind',
  },
  predictivity_best_step_early: {
    label: 'Predictivity, best step, early IT',
    unit: 'r',
    control: 'steps-by-bins',
    help: 'as early predictivity, each bin from the model step that predicts it best, whatever the clock says',
  },
  predictivity_best_step_late: {
    label: 'Predictivity, best step, late IT',
    unit: 'r',
    control: 'steps-by-bins',
    help: 'the same within 150-200 ms; beside the own clock it says whether the clock fits',
  },
  predictivity_added_late: {
    label: 'Late IT beyond the first step',
    unit: 'fraction',
    control: 'steps-by-bins',
    help: 'variance of late IT that the features of the bin explain beyond the model’s first step: difference in held-out R², each at least 0',
  },
} as const satisfies Record<string, MetricInfo>;
export type MetricKey = keyof typeof METRICS;

/** Metrics that one control reports, in order of presentation. @param control null: those of the headline */
export function metricsOf(control: string | null): MetricKey[] {
  const infos: Record<string, MetricInfo> = METRICS;
  return (Object.keys(METRICS) as MetricKey[]).filter((key) => (infos[key]!.control ?? null) === control);
}
