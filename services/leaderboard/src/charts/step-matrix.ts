import type { Series } from '@corescore/contracts';

export interface StepCell {
  step: number;
  startMs: number;
  /** Median r over neuroids, mean over splits; null where undefined. */
  value: number | null;
  error: number | null;
  /** Weight of the step in this bin by the model's own clock. */
  weight: number;
  /** Splits that chose the step for this bin. */
  choices: number;
}

export interface StepBin {
  startMs: number;
  /** Predictivity by the model's own clock, and from the steps that the splits chose. */
  own: number | null;
  best: number | null;
  /** The step chosen most often, the earliest of equals; null where none was. */
  bestStep: number | null;
}

export interface StepMatrix {
  steps: number[];
  bins: StepBin[];
  cells: StepCell[];
  /** Splits a bin. */
  splits: number;
}

const find = (series: readonly Series[], name: string): Series | undefined =>
  series.find((s) => s.name === name && s.subset === 'all');

/** The model-step x IT-time matrix of a run; null for a run without one. */
export function stepMatrix(series: readonly Series[]): StepMatrix | null {
  const matrix = find(series, 'predictivity_matrix');
  if (matrix === undefined || matrix.axes.length !== 2) return null;
  const steps = matrix.axes[0]!.values.map(Number);
  const starts = matrix.axes[1]!.values.map(Number);
  const at = (name: string, index: number): number | null => find(series, name)?.values[index] ?? null;
  const cells = steps.flatMap((step, k) =>
    starts.map((startMs, b): StepCell => {
      const index = k * starts.length + b;
      return {
        step,
        startMs,
        value: matrix.values[index] ?? null,
        error: at('predictivity_matrix_error', index),
        weight: at('time_mapping', index) ?? 0,
        choices: at('best_step_choices', index) ?? 0,
      };
    }),
  );
  const bins = starts.map((startMs, b): StepBin => {
    const own = cells.filter((c) => c.startMs === startMs);
    const most = Math.max(...own.map((c) => c.choices));
    return {
      startMs,
      own: at('predictivity', b),
      best: at('predictivity_best_step', b),
      bestStep: most > 0 ? own.find((c) => c.choices === most)!.step : null,
    };
  });
  const splits = Math.max(
    ...starts.map((_, b) => steps.reduce((sum, __, k) => sum + cells[k * starts.length + b]!.choices, 0)),
  );
  return { steps, bins, cells, splits };
}

/**
 * √ceiling of each bin, the highest r that the noise of the responses allows: the ceiling is a reliability, a share of
 * variance, and scores divide r^2 by it.
 */
export function attainable(series: readonly Series[]): { startMs: number; value: number }[] {
  const ceiling = find(series, 'predictivity_ceiling');
  const starts = ceiling?.axes[0]?.values ?? [];
  return starts.flatMap((start, b) => {
    const value = ceiling?.values[b];
    return value == null || value < 0 ? [] : [{ startMs: Number(start), value: Math.sqrt(value) }];
  });
}
