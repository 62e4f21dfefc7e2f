import type { Series } from '@corescore/contracts';
import { describe, expect, test } from 'vitest';
import { attainable, stepMatrix } from '../src/charts/step-matrix.js';

const bins = { name: 'time_bin', unit: 'ms', values: [70, 80] };
const steps = { name: 'step', unit: '', values: [1, 2] };
const series = (name: string, axes: Series['axes'], values: (number | null)[]): Series => ({
  name,
  subset: 'all',
  region: 'IT',
  axes,
  values,
  n: 660,
  unit: 'r',
});
const full = [
  series('predictivity', [bins], [0.2, 0.4]),
  series('predictivity_matrix', [steps, bins], [0.2, 0.3, null, 0.5]),
  series('predictivity_matrix_error', [steps, bins], [0.01, 0.02, null, 0.03]),
  series('time_mapping', [steps, bins], [1, 0.4, 0, 0.6]),
  series('best_step_choices', [steps, bins], [0, 5, 0, 5]),
  series('predictivity_best_step', [bins], [null, 0.45]),
];

describe('the matrix of steps and bins', () => {
  test('reads every cell by step, then bin, and what stands beside it', () => {
    const { steps: rows, cells, splits } = stepMatrix(full)!;
    expect(rows).toEqual([1, 2]);
    expect(cells[1]).toEqual({ step: 1, startMs: 80, value: 0.3, error: 0.02, weight: 0.4, choices: 5 });
    expect(cells[2]).toMatchObject({ step: 2, startMs: 70, value: null });
    expect(splits).toBe(10);
  });

  test('marks the step that most splits chose, the earlier of equals, and none where none was chosen', () => {
    expect(stepMatrix(full)!.bins).toEqual([
      { startMs: 70, own: 0.2, best: null, bestStep: null },
      { startMs: 80, own: 0.4, best: 0.45, bestStep: 1 },
    ]);
  });

  test('is not there for a run without time, and a matrix alone is enough to draw', () => {
    expect(stepMatrix([full[0]!])).toBeNull();
    expect(stepMatrix([full[1]!])!.cells[0]).toMatchObject({ value: 0.2, weight: 0, choices: 0, error: null });
  });
});

test('what the noise allows is the square root of the reliability, where there is one', () => {
  const ceiling = series('predictivity_ceiling', [{ ...bins, values: [70, 80, 90] }], [0.81, null, -0.1]);
  expect(attainable([ceiling])).toEqual([{ startMs: 70, value: 0.9 }]);
  expect(attainable([])).toEqual([]);
});
