import type { Score, Series } from '@corescore/contracts';
import { describe, expect, test } from 'vitest';
import { noteOutside, outsideNotes } from '../src/scoring/outside.js';

const score = (value: number | null, low?: number, high?: number, note?: string): Score => ({
  metric: 'predictivity_late',
  subset: 'all',
  region: 'IT',
  value,
  unit: 'r',
  n: 10,
  nTotal: 10,
  ...(low === undefined || high === undefined ? {} : { low, high }),
  ...(note === undefined ? {} : { note }),
});

describe('an interval that does not contain its value is said', () => {
  test('of a score in its note, after what else stands there; on the edge, inside and without an interval it is as it was', () => {
    expect(noteOutside(score(0.9, 0.5, 0.8)).note).toContain('does not contain the value');
    expect(noteOutside(score(0.4, 0.5, 0.8, 'ten bins')).note).toMatch(/^ten bins; the interval does not contain/);
    // The mean of equal values, off by its last digit, is on the edge.
    for (const one of [score(0.5, 0.5, 0.8), score(0.8, 0.5, 0.8), score(3 - 4e-16, 3, 3), score(0.9), score(null)])
      expect(noteOutside(one)).toBe(one);
  });

  test('of series in one sentence with the places, none where there are none', () => {
    const series = (values: (number | null)[], low: (number | null)[]): Series => ({
      name: 'accuracy',
      subset: 'control',
      region: 'IT',
      axes: [
        { name: 'variant', unit: '', values: ['C 1e-4', 'C 1e-3'] },
        { name: 'time_bin', unit: 'ms', values: [70, 80] },
      ],
      values,
      low,
      high: [1, 1, 1, 1],
      n: 10,
      unit: 'fraction',
    });
    const [sentence, ...others] = outsideNotes([
      series([0.1, 0.5, 0.5, 0.1], [0.2, 0.2, 0.2, 0.2]),
      series([0.5, null, 0.5, 0.5], [0.2, null, 0.2, 0.2]),
    ]);
    expect(others).toEqual([]);
    expect(sentence).toContain('accuracy (control) at C 1e-4 / 70 ms, C 1e-3 / 80 ms.');
    expect(outsideNotes([series([0.5, 0.5, 0.5, 0.5], [0.2, 0.2, 0.2, 0.2])])).toEqual([]);
  });
});
