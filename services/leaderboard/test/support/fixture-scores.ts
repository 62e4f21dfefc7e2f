import { type ImageResults, METRICS, type MetricKey, type Score, type Series, type Subset } from '@corescore/contracts';
import { predictivityScoresOf, predictivitySeries } from './fixture-predictivity.js';
import { IMAGES, isChallenge, reference, type Subject } from './reference.js';

const BAND_IMAGES = IMAGES / 2;
const BANDS = ['control', 'challenge'] as const;
const Z = 1.96;

const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
const standardError = (x: readonly number[]): number => {
  const m = mean(x);
  return Math.sqrt(mean(x.map((v) => (v - m) ** 2)) / x.length);
};

const score = (metric: MetricKey, subset: Subset, value: number, n: number, nTotal: number, half?: number): Score => ({
  metric,
  subset,
  region: 'IT',
  value,
  unit: METRICS[metric].unit,
  n,
  nTotal,
  ...(half === undefined ? {} : { low: value - half, high: value + half }),
});

const absent = (metric: MetricKey, reason: NonNullable<Score['reason']>, n: number, subset: Subset = 'all'): Score => ({
  metric,
  subset,
  region: 'IT',
  value: null,
  unit: METRICS[metric].unit,
  n,
  nTotal: subset === 'all' ? IMAGES : BAND_IMAGES,
  reason,
});

const OST_METRICS = ['ost_rho_partial', 'ost_rho', 'ost_rho_partial_object', 'ost_delay_mean'] as const;
const SUMMARY_KEY = {
  ost_rho_partial: 'partialThetaLoad',
  ost_rho: 'spearmanTau',
  ost_rho_partial_object: 'partialThetaLoadObject',
  ost_delay_mean: 'delayMeanMs',
} as const;

export const times = (subject: Subject): (number | null)[] =>
  Array.isArray(subject.ost) ? subject.ost : new Array<null>(IMAGES).fill(null);

export const bandTimes = (subject: Subject, band: (typeof BANDS)[number]): number[] =>
  times(subject).flatMap((ms, i) => (ms !== null && isChallenge(i) === (band === 'challenge') ? [ms] : []));

/** Scores of a subject with the values of the reference; intervals by normal approximation. */
export function scoresOf(subject: Subject): Score[] {
  const { summary } = subject;
  const scores: Score[] = [];
  if (summary === undefined)
    scores.push(...[...OST_METRICS, 'ost_solved' as const].map((m) => absent(m, 'not_temporal', 0)));
  else {
    const solved = summary['solved']!;
    for (const metric of OST_METRICS) {
      const value = summary[SUMMARY_KEY[metric]] ?? null;
      const half =
        metric === 'ost_delay_mean'
          ? Z * Math.hypot(...BANDS.map((band) => standardError(bandTimes(subject, band))))
          : (Z * (1 - (value ?? 0) ** 2)) / Math.sqrt(solved);
      scores.push(
        value === null ? absent(metric, 'undefined', solved) : score(metric, 'all', value, solved, IMAGES, half),
      );
    }
    scores.push(...censoredScores(subject));
    scores.push(score('ost_solved', 'all', solved, IMAGES, IMAGES));
    scores.push(score('ost_solved', 'control', summary['solvedControl']!, BAND_IMAGES, BAND_IMAGES));
    scores.push(score('ost_solved', 'challenge', summary['solvedChallenge']!, BAND_IMAGES, BAND_IMAGES));
    scores.push(score('ost_never_solved', 'all', summary['neverSolved']!, IMAGES, IMAGES));
  }
  scores.push(...besideScores(subject));
  const last = subject.correct?.at(-1);
  BANDS.forEach((band, b) => {
    if (last === undefined) scores.push(absent('accuracy', 'undefined', 0, band));
    else {
      const p = mean(last.map((counts) => counts[b]!)) / BAND_IMAGES;
      scores.push(score('accuracy', band, p, BAND_IMAGES, BAND_IMAGES, Z * Math.sqrt((p * (1 - p)) / BAND_IMAGES)));
    }
  });
  scores.push(...predictivityScoresOf(subject.summary !== undefined, last === undefined ? 'not_run' : undefined));
  return scores;
}

/** What counts unsolved images, too: the bound of the mean delay, of the reference's times; the concordance is made up. */
function censoredScores(subject: Subject): Score[] {
  const end = reference.subjects['draw1']!.t!.at(-1)! + 10;
  const bandMean = (band: (typeof BANDS)[number]) =>
    mean(times(subject).flatMap((ms, i) => (isChallenge(i) === (band === 'challenge') ? [ms ?? end] : [])));
  return [
    score('ost_delay_mean_bound', 'all', bandMean('challenge') - bandMean('control'), IMAGES, IMAGES, 4),
    score('ost_concordance_matched', 'all', isModel(subject) ? 0.544 : 0.551, IMAGES, IMAGES, 0.03),
  ];
}

const isModel = (subject: Subject): boolean => Array.isArray(subject.ost) && subject.correct !== undefined;

/** What stands beside the scores: made up, but for the native steps of the reference, whose step is 36 ms. */
function besideScores(subject: Subject): Score[] {
  const native = reference.subjects['bl-64-native']!.summary!;
  const floors = [absent('accuracy_twin', 'failed', 0), score('accuracy_shuffled', 'all', 0.095, IMAGES, IMAGES, 0.02)];
  floors[0]!.note = 'the activations do not depend on the image';
  if (subject.summary === undefined) {
    return [
      absent('ost_native_delay_mean', 'not_temporal', 0),
      absent('ost_native_solved', 'not_temporal', 0),
      ...floors,
    ];
  }
  if (!isModel(subject))
    return [absent('ost_native_delay_mean', 'not_run', 0), absent('ost_native_solved', 'not_run', 0)];
  return [
    score('ost_native_delay_mean', 'all', native['delayMeanMs']! / 36, native['solved']!, IMAGES, 0.12),
    score('ost_native_solved', 'all', native['solved']!, IMAGES, IMAGES),
    score('accuracy_twin', 'all', 0.18, IMAGES, IMAGES, 0.03),
    floors[1]!,
  ];
}

/** Floors of every subject that was decoded; strip and temporal generalisation of those with time. Made up. */
function besideSeries(subject: Subject): Series[] {
  if (subject.correct === undefined) return [];
  const starts = subject.t;
  const base = { subset: 'all' as const, region: 'IT', n: IMAGES };
  const around = (values: (number | null)[], half: number) => ({
    values,
    low: values.map((v) => (v === null ? null : v - half)),
    high: values.map((v) => (v === null ? null : v + half)),
  });
  const axis = starts
    ? { name: 'time_bin', unit: 'ms', values: starts }
    : { name: 'step', unit: '', values: ['held over all bins'] };
  const course = (name: string, value: number): Series => ({
    ...base,
    name,
    axes: [axis],
    unit: 'fraction',
    ...around(
      axis.values.map(() => value),
      0.02,
    ),
  });
  const shuffled = course('accuracy_shuffled', 0.095);
  if (!starts) return [shuffled];
  const variants = ['C 1e-3', 'C 1e-1', 'features 100', 'features 424', 'features all', 'evidence cumulative'];
  const metrics = ['ost_rho_partial', 'ost_rho', 'ost_delay_mean', 'ost_solved'];
  return [
    shuffled,
    course('accuracy_twin', 0.18),
    {
      ...base,
      name: 'ost_strip',
      axes: [
        { name: 'variant', unit: '', values: variants },
        { name: 'metric', unit: '', values: metrics },
      ],
      unit: '',
      ...around(
        variants.flatMap((v, k) =>
          v === 'features 424' ? metrics.map(() => null) : [0.06 + k / 100, 0.14 + k / 100, 5.5 + k, 490 - 10 * k],
        ),
        0.08,
      ),
    },
    {
      ...base,
      name: 'temporal_generalisation',
      axes: [
        { name: 'train_bin', unit: 'ms', values: starts },
        { name: 'test_bin', unit: 'ms', values: starts },
      ],
      unit: 'fraction',
      ...around(
        starts.flatMap((t) => starts.map((s) => 0.72 - Math.abs(t - s) / 1000)),
        0.035,
      ),
    },
  ];
}

/** i1 as [bin][image]; null where nothing was decoded. */
function curves(subject: Subject): (number | null)[][] {
  const { i1 } = subject;
  if (i1 === undefined) return [];
  if (Array.isArray(i1[0])) return i1 as (number | null)[][];
  const flat = i1 as number[];
  return subject.summary === undefined ? [flat] : flat.map((v) => new Array<number>(IMAGES).fill(v));
}

/** The series `accuracy` and `i1` of both bands, what stands beside them, and predictivity where something was decoded. */
export function seriesOf(subject: Subject): Series[] {
  const predicted = subject.correct === undefined ? [] : predictivitySeries(subject.summary !== undefined);
  return [...bandSeries(subject), ...besideSeries(subject), ...predicted];
}

function bandSeries(subject: Subject): Series[] {
  const axis = subject.t
    ? { name: 'time_bin', unit: 'ms', values: subject.t }
    : { name: 'step', unit: '', values: ['held over all bins'] };
  return BANDS.flatMap((band, b): Series[] => {
    const base = { subset: band, region: 'IT', axes: [axis], n: BAND_IMAGES };
    const shares = (subject.correct ?? []).map((bin) => mean(bin.map((counts) => counts[b]!)) / BAND_IMAGES);
    const i1 = curves(subject).map((bin) =>
      bin.filter((v, i): v is number => v !== null && isChallenge(i) === (band === 'challenge')),
    );
    const bounds = (values: number[], halves: number[]) => ({
      values,
      low: values.map((v, k) => v - halves[k]!),
      high: values.map((v, k) => v + halves[k]!),
    });
    const found: Series[] = [];
    if (shares.length > 0) {
      const halves = shares.map((p) => Z * Math.sqrt((p * (1 - p)) / BAND_IMAGES));
      found.push({ ...base, name: 'accuracy', unit: 'fraction', ...bounds(shares, halves) });
    }
    if (i1.length > 0) {
      found.push({
        ...base,
        name: 'i1',
        unit: 'd′',
        ...bounds(
          i1.map(mean),
          i1.map((v) => Z * standardError(v)),
        ),
      });
    }
    return found;
  });
}

/** Results image by image. */
export function imagesOf(subject: Subject): ImageResults {
  const { images, classes } = reference;
  const ostMs = times(subject);
  const reason = subject.summary === undefined ? 'not_temporal' : 'never_solved';
  return {
    stimulusIds: images.stimulus_id,
    objects: images.object.map((o) => classes[o]!),
    subsets: images.challenge.map((c) => (c === 1 ? 'challenge' : 'control')),
    thresholds: images.theta,
    targetMs: images.tau,
    ostMs,
    ostReason: ostMs.map((ms) => (ms === null ? reason : null)),
    binStartsMs: subject.summary === undefined ? [null] : reference.subjects['draw1']!.t!,
    i1: curves(subject),
    correct: images.stimulus_id.map((_, i) => (subject.correct === undefined ? null : (i % 4) / 3)),
  };
}
