import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { normaliseByCeiling } from '@corescore/metrics';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Benchmark, loadBenchmark } from '../src/index.js';
import { predictParts } from '../src/predict.js';
import { type BinPredictivity, predictivityScores } from '../src/predictivity-scores.js';

const home = mkdtempSync(join(tmpdir(), 'corescore-predictivity-scores-'));
let benchmark: Benchmark;
beforeAll(async () => {
  benchmark = await loadBenchmark('core-objects-ost', home);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Split s of bin b has the median b / 100 + s / 1000. */
const planted = (): BinPredictivity[] =>
  benchmark.bins.map((_, b) => {
    const perSplit = benchmark.recordings.splits.map((__, s) => b / 100 + s / 1000);
    return { value: b / 100 + 0.0045, perSplit, n: 160 - b, components: 25 };
  });

describe('predictivity over time as scores', () => {
  test('early and late are means over their bins, with the error over splits and the ceiling of those bins', () => {
    const { scores, series } = predictivityScores(benchmark, planted());
    const [early, late] = scores;
    // 90-110 ms: bins 2 and 3; 150-200 ms: bins 8 to 12.
    expect(early.value).toBeCloseTo(0.025 + 0.0045, 12);
    expect(late.value).toBeCloseTo(0.1 + 0.0045, 12);
    // Ten equally spaced splits: population sd of 0..9, in thousandths, over sqrt(10).
    expect(late.error).toBeCloseTo(Math.sqrt(8.25) / 1000 / Math.sqrt(10), 12);
    const ceilings = benchmark.recordings.ceilings();
    const ceiling = [8, 9, 10, 11, 12].reduce((sum, b) => sum + ceilings[b]!, 0) / 5;
    expect(late.ceiling).toBeCloseTo(ceiling, 12);
    expect(late.ceiled).toBeCloseTo(normaliseByCeiling(late.value, ceiling, 'v2')!, 12);
    expect(late).toMatchObject({ n: 660, nTotal: 660, unit: 'r' });
    expect(late.note).toContain('148 of 160 neuroids');
    expect(series.map((s) => s.name)).toEqual(['predictivity', 'predictivity_ceiling']);
    expect(series[0].values).toHaveLength(18);
  });

  test('a clock that misses the late bins leaves late undefined, not 0', () => {
    const short = planted().map((bin, b) => (b < 8 ? bin : null));
    const [early, late] = predictivityScores(benchmark, short).scores;
    expect(early.value).not.toBeNull();
    expect(late).toMatchObject({ value: null, reason: 'undefined', n: 0 });
    expect(late.note).toContain('clock');
  });

  test('a subject without features (a null row) was not run', () => {
    const { scores, series } = predictivityScores(benchmark, null);
    expect(scores.map((s) => s.reason)).toEqual(['not_run', 'not_run']);
    expect(series).toEqual([]);
  });

  test('the target leaves out the draw that stands on the board as IT itself', () => {
    expect(benchmark.definition.parameters['predictivity']).toMatchObject({ draws: [2, 3, 4] });
  });
});

test('parts: every bin once, with its own mixture, at most three a task', () => {
  const a = Float64Array.of(1, 0);
  const b = Float64Array.of(0, 1);
  const parts = predictParts([a, b], [0, 0, 0, 0, -1, 1]);
  expect(parts).toEqual([
    { mixture: a, bins: [0, 1, 2] },
    { mixture: a, bins: [3] },
    { mixture: b, bins: [5] },
  ]);
});
