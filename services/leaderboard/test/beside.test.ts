import type { Series } from '@corescore/contracts';
import { describe, expect, test } from 'vitest';
import { generalisationSentence, squareOf } from '../src/charts/generalisation.js';
import { stripOf, variantLabel } from '../src/model/strip.js';

const series = (change: Partial<Series>): Series => ({
  name: 'made',
  subset: 'all',
  region: 'IT',
  axes: [],
  values: [],
  n: 660,
  unit: '',
  ...change,
});

describe('the strip', () => {
  const strip = series({
    axes: [
      { name: 'variant', unit: '', values: ['C 1e-4', 'C 1e-2', 'features 100', 'features all', 'new thing'] },
      { name: 'metric', unit: '', values: ['ost_rho', 'ost_solved'] },
    ],
    values: [0.1, 400, 0.2, 420, null, null, 0.3, 410, -0.1, 0],
    low: [0, 390, 0.1, 410, null, null, null, 400, -0.2, 0],
    high: [0.2, 410, 0.3, 430, null, null, null, 420, 0, 3],
  });

  test('has a row a variant, its groups apart, what is not there null', () => {
    const { rows } = stripOf(strip);
    expect(rows.map((r) => r.label)).toEqual([
      'C = 0.0001',
      'C = 0.01',
      '100 features',
      'all features (as scored)',
      'new thing',
    ]);
    expect(rows.map((r) => r.startsGroup)).toEqual([false, false, true, false, true]);
    expect(rows[2]!.cells).toEqual([null, null]);
    expect(rows[1]!.cells[1]).toEqual({ value: 420, low: 410, high: 430 });
  });

  test('has one scale a column, over all intervals, and the place of the scores’ own decoder', () => {
    expect(stripOf(strip).columns).toEqual([
      { metric: 'ost_rho', unit: 'rho', from: -0.2, to: 0.3, base: 0.3 },
      { metric: 'ost_solved', unit: 'images', from: 0, to: 430, base: 410 },
    ]);
  });

  test('says what each variant is', () => {
    expect(variantLabel('trial noise')).toBe('trial noise added');
    expect(variantLabel('evidence cumulative')).toBe('cumulative evidence');
    expect(variantLabel('C of another kind')).toBe('C of another kind');
  });
});

describe('temporal generalisation', () => {
  const bins = { unit: 'ms', values: [70, 80, 90] };
  const square = squareOf(
    series({
      axes: [
        { ...bins, name: 'train_bin' },
        { ...bins, name: 'test_bin' },
      ],
      values: [0.5, 0.4, null, 0.3, 0.6, null, null, null, null],
      low: [0.45, 0.35, null, 0.25, 0.5, null, null, null, null],
      high: [0.55, 0.46, null, 0.35, 0.65, null, null, null, null],
    }),
    0.1,
  );

  test('has cells that meet, the highest, and how far an interval reaches', () => {
    expect(square.cells).toHaveLength(4);
    expect(square.cells[1]).toEqual({
      trainFrom: 70,
      trainTo: 80,
      testFrom: 80,
      testTo: 90,
      value: 0.4,
      low: 0.35,
      high: 0.46,
    });
    expect(square.edges).toEqual([70, 80, 90, 100]);
    expect(square.most).toBe(0.6);
    expect(square.widest).toBeCloseTo(0.1, 12);
  });

  test('is told in a sentence, also where nothing is defined', () => {
    expect(generalisationSentence(square)).toBe(
      'Temporal generalisation: fitted at 70 ms, accuracy 50.0 % there and 40.0 % at 80 ms; fitted at 80 ms, 60.0 % there and 30.0 % at 70 ms',
    );
    expect(generalisationSentence({ ...square, cells: [] })).toBe('Temporal generalisation: undefined');
  });
});
