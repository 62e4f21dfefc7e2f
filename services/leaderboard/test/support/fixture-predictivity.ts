import { METRICS, type MetricKey, type Score, type Series, type Subset } from '@corescore/contracts';
import { IMAGES, reference } from './reference.js';

const STEPS = [0, 1, 2];
const SPLITS = 10;
const starts: number[] = reference.subjects['draw1']!.t!;
/** Made up, smooth: what a page needs to draw. Rises over the bins, a little more in later steps. */
const r = (step: number, bin: number): number => (0.6 * bin) / (bin + 3) + (0.01 * step * (bin - 6)) / 6;
/** The clock gives each step a third of the bins, the fifth bin to two of them. */
const weight = (step: number, bin: number): number =>
  bin === 5 ? [0.6, 0.4, 0][step]! : Math.floor(bin / 6) === step ? 1 : 0;
const bestStep = (bin: number): number => (bin < 6 ? 0 : 2);

const nOf = (subset: Subset): number => (subset === 'all' ? IMAGES : IMAGES / 2);
const bins = { name: 'time_bin', unit: 'ms', values: starts };
const steps = { name: 'step', unit: '', values: STEPS };
const series = (name: string, subset: Subset, axes: Series['axes'], values: number[], unit = 'r'): Series => ({
  name,
  subset,
  region: 'IT',
  axes,
  values,
  n: nOf(subset),
  unit,
});

/** Series of predictivity; over steps for a subject with time. */
export function predictivitySeries(temporal: boolean): Series[] {
  const course = (subset: Subset, shift: number): Series => {
    const values = starts.map((_, b) => r(temporal ? 1 : 0, b) + shift);
    return {
      ...series('predictivity', subset, [bins], values),
      low: values.map((v) => v - 0.03),
      high: values.map((v) => v + 0.03),
    };
  };
  const cells = (name: string, unit: string, value: (step: number, bin: number) => number): Series =>
    series(
      name,
      'all',
      [steps, bins],
      STEPS.flatMap((step) => starts.map((_, b) => value(step, b))),
      unit,
    );
  return [
    course('all', 0),
    course('control', 0.05),
    course('challenge', -0.05),
    series(
      'predictivity_ceiling',
      'all',
      [bins],
      starts.map((_, b) => (b === 0 ? 0.04 : 0.81)),
    ),
    ...(temporal
      ? [
          cells('predictivity_matrix', 'r', r),
          cells('predictivity_matrix_error', 'r', () => 0.006),
          cells('time_mapping', 'weight', weight),
          cells('best_step_choices', 'splits', (step, b) => (step === bestStep(b) ? SPLITS : 0)),
          series(
            'predictivity_best_step',
            'all',
            [bins],
            starts.map((_, b) => r(bestStep(b), b)),
          ),
        ]
      : []),
  ];
}

/** Scores of predictivity; `reason` for a subject whose features are not there. */
export function predictivityScoresOf(temporal: boolean, reason?: 'not_run'): Score[] {
  const score = (metric: MetricKey, subset: Subset, value: number | null, why?: Score['reason']): Score => ({
    metric,
    subset,
    region: 'IT',
    value,
    unit: METRICS[metric].unit,
    n: value === null ? 0 : nOf(subset),
    nTotal: nOf(subset),
    ...(value === null ? { reason: why! } : { error: 0.006, low: value - 0.03, high: value + 0.03 }),
  });
  const shifts = { all: 0, control: 0.05, challenge: -0.05 } as const;
  const overTime = (['all', 'control', 'challenge'] as const).flatMap((subset) => [
    score('predictivity_early', subset, reason ? null : 0.3 + shifts[subset], reason),
    score('predictivity_late', subset, reason ? null : 0.45 + shifts[subset], reason),
  ]);
  const overSteps = (
    ['predictivity_best_step_early', 'predictivity_best_step_late', 'predictivity_added_late'] as const
  ).map((metric, k) =>
    score(metric, 'all', temporal && !reason ? [0.31, 0.46, 0.035][k]! : null, reason ?? 'not_temporal'),
  );
  return [...overTime, ...overSteps];
}
