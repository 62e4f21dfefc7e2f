import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { normaliseByCeiling } from '@corescore/metrics';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Benchmark, loadBenchmark } from '../src/index.js';
import { matrixSteps, stepPlan } from '../src/kinds/predictivity/over-steps.js';
import { ownParts } from '../src/kinds/predictivity/predict.js';
import { predictivityScores } from '../src/kinds/predictivity/predictivity-scores.js';
import type { BinPredictivity } from '../src/processes/predict-tasks.js';

const home = mkdtempSync(join(tmpdir(), 'corescore-predictivity-scores-'));
let benchmark: Benchmark;
beforeAll(async () => {
  benchmark = await loadBenchmark('core-objects-ost', home);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const DRAWS = 101;
/** Split s of bin b has the median b / 100 + s / 1000; a subset's is shifted; draw k is k hundredths around the bin. */
function planted(): (BinPredictivity | null)[] {
  const splits = (shift: number, b: number) => benchmark.recordings.splits.map((_, s) => shift + b / 100 + s / 1000);
  return benchmark.bins.map((_, b) => {
    const draws = Float64Array.from({ length: DRAWS }, (__, k) => b / 100 + (k - 50) / 100);
    const subset = (shift: number) => ({ value: shift + b / 100 + 0.0045, perSplit: splits(shift, b), n: 150 - b });
    return {
      value: b / 100 + 0.0045,
      error: 0.001,
      perSplit: splits(0, b),
      n: 160 - b,
      mapping: 'PLS with 25 components',
      elsewhere: null,
      own: {
        subsets: { control: subset(0.5), challenge: subset(0.2) },
        draws: { all: draws, control: draws.map((v) => v + 0.5), challenge: draws.map((v) => v + 0.2) },
      },
    };
  });
}
const find = (found: ReturnType<typeof predictivityScores>, metric: string, subset = 'all') =>
  found.scores.find((s) => s.metric === metric && s.subset === subset)!;

describe('predictivity over time as scores', () => {
  test('early and late are means over their bins, with the error over splits and the ceiling of those bins', () => {
    const found = predictivityScores(benchmark, planted());
    const early = find(found, 'predictivity_early');
    const late = find(found, 'predictivity_late');
    // 90-110 ms: bins 2 and 3; 150-200 ms: bins 8 to 12.
    expect(early.value).toBeCloseTo(0.025 + 0.0045, 12);
    expect(late.value).toBeCloseTo(0.1 + 0.0045, 12);
    // Ten equally spaced splits: population sd of 0..9, in thousandths, over sqrt(10).
    expect(late.error).toBeCloseTo(Math.sqrt(8.25) / 1000 / Math.sqrt(10), 12);
    const ceiling = [8, 9, 10, 11, 12].reduce((sum, b) => sum + benchmark.recordings.ceiling(b, 'all')!, 0) / 5;
    expect(late.ceiling).toBeCloseTo(ceiling, 12);
    expect(late.ceiled).toBeCloseTo(normaliseByCeiling(late.value, ceiling, 'v2')!, 12);
    expect(late).toMatchObject({ unit: 'r', nTotal: 660 });
    expect(late.note).toContain('148 of 160 neuroids');
  });

  test('n is the images that some split tests, 429 of 660 (221 Control, 208 Challenge), also of the series', () => {
    const found = predictivityScores(benchmark, planted());
    const tested = new Set(benchmark.recordings.splits.flatMap(({ test }) => [...test]));
    expect(tested.size).toBe(429);
    for (const [subset, n, nTotal] of [
      ['all', 429, 660],
      ['control', 221, 330],
      ['challenge', 208, 330],
    ] as const) {
      expect(find(found, 'predictivity_early', subset)).toMatchObject({ n, nTotal });
      expect(find(found, 'predictivity_late', subset)).toMatchObject({ n, nTotal });
      expect(found.series.find((s) => s.name === 'predictivity' && s.subset === subset)).toMatchObject({ n });
    }
    // The repetitions of the recordings are compared over all images.
    expect(found.series.find((s) => s.name === 'predictivity_ceiling')).toMatchObject({ n: 660 });
  });

  test('ceilings are of the mean of three draws that is predicted: early .8493, late .9688, Challenge .8298 and .9482', () => {
    const found = predictivityScores(benchmark, planted());
    const ceilings = (['all', 'challenge'] as const).flatMap((subset) =>
      (['predictivity_early', 'predictivity_late'] as const).map((metric) => find(found, metric, subset).ceiling!),
    );
    expect(ceilings.map((c) => c.toFixed(4))).toEqual(['0.8493', '0.9688', '0.8298', '0.9482']);
  });

  test('the interval is that of the mean over the bins, draw by draw: percentiles of 101 equal steps', () => {
    const found = predictivityScores(benchmark, planted());
    const late = find(found, 'predictivity_late');
    // Draw k of the mean, from 0, is .1 + (k - 50) / 100; the k-th of 101 from 1 stands for k / 102: 2.5 % is draw 1.55.
    expect([late.low, late.high]).toEqual([expect.closeTo(0.1 - 0.4845, 12), expect.closeTo(0.1 + 0.4845, 12)]);
    const [all, control, challenge] = found.series.filter((s) => s.name === 'predictivity');
    expect(all.low![4]).toBeCloseTo(0.04 - 0.4845, 12);
    expect(control.high![4]).toBeCloseTo(0.54 + 0.4845, 12);
    expect(challenge.subset).toBe('challenge');
  });

  test('Control and Challenge have their own values, intervals, ceilings and n', () => {
    const found = predictivityScores(benchmark, planted());
    const control = find(found, 'predictivity_late', 'control');
    const challenge = find(found, 'predictivity_late', 'challenge');
    expect(control.value).toBeCloseTo(0.6045, 12);
    expect(challenge.value).toBeCloseTo(0.3045, 12);
    expect(challenge.low).toBeCloseTo(0.3 - 0.4845, 12);
    expect([control.nTotal, challenge.nTotal]).toEqual([330, 330]);
    // Hard images evoke less of the late signal: their responses are less reliable in this simulation.
    expect(challenge.ceiling).toBeLessThan(control.ceiling!);
    expect(challenge.note).toContain('138 of 160 neuroids');
  });

  test('a subset that a split tests too little of is undefined, in words', () => {
    const few = planted().map((bin) => ({
      ...bin!,
      own: { ...bin!.own!, subsets: { control: null, challenge: null } },
    }));
    const found = predictivityScores(benchmark, few);
    expect(find(found, 'predictivity_late', 'control')).toMatchObject({
      value: null,
      reason: 'undefined',
      note: 'a split tests fewer than 10 of these images',
    });
    expect(find(found, 'predictivity_late').value).not.toBeNull();
  });

  test('a clock that misses the late bins leaves late undefined, not 0', () => {
    const short = planted().map((bin, b) => (b < 8 ? bin : null));
    const found = predictivityScores(benchmark, short);
    expect(find(found, 'predictivity_early').value).not.toBeNull();
    const late = find(found, 'predictivity_late');
    expect(late).toMatchObject({ value: null, reason: 'undefined', n: 0 });
    expect(late.note).toContain('clock');
  });

  test('a subject without features (a null row) was not run', () => {
    const none = predictivityScores(benchmark, null);
    expect(new Set(none.scores.map((s) => s.reason))).toEqual(new Set(['not_run']));
    expect(none.scores).toHaveLength(6);
    expect(none.series).toEqual([]);
  });

  test('the target leaves out the draw that stands on the board as IT itself', () => {
    expect(benchmark.definition.parameters['predictivity']).toMatchObject({ draws: [2, 3, 4] });
  });
});

describe('the plan', () => {
  const a = Float64Array.of(0, 1, 0);
  const mixed = Float64Array.of(0, 0.5, 0.5);

  test('without time: every bin once, at most three a task', () => {
    expect(ownParts([a], [0, 0, 0, 0])).toEqual([
      { mixture: a, bins: [0, 1, 2] },
      { mixture: a, bins: [3] },
    ]);
  });

  test('the own clock: each bin that it covers once, from its mixture', () => {
    expect(ownParts([a, mixed], [0, 0, 1, -1, 1])).toEqual([
      { mixture: a, bins: [0, 1] },
      { mixture: mixed, bins: [2, 4] },
    ]);
  });

  test('over the steps: each cell of the matrix once, whatever the clock reads', () => {
    const bins = benchmark.bins.slice(0, 5);
    const plan = stepPlan({ bins }, { mixtures: [a, mixed], ofBin: [0, 0, 1, -1, 1], steps: 3, firstStep: 1 });
    expect(plan.steps).toEqual([1, 2]);
    expect(plan.parts).toEqual([
      { mixture: a, bins: [0, 1, 2], row: 0 },
      { mixture: a, bins: [3, 4], row: 0 },
      { mixture: Float64Array.of(0, 0, 1), bins: [0, 1, 2], row: 1 },
      { mixture: Float64Array.of(0, 0, 1), bins: [3, 4], row: 1 },
    ]);
    expect(plan.mixtureOf).toEqual([a, a, mixed, null, mixed]);
    // Early IT is two of these five bins, late IT none.
    expect(plan.tasks).toBe(4 + 2);
  });

  test('a long recording: ten of its steps, evenly spaced, with the first and the last', () => {
    expect(matrixSteps(2, 12)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(matrixSteps(1, 200)).toEqual([1, 23, 45, 67, 89, 111, 133, 155, 177, 199]);
    expect(new Set(matrixSteps(0, 11)).size).toBe(10);
  });
});
