import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, ScoreReport } from '@corescore/contracts';
import { objectSolutionTimes } from '@corescore/metrics';
import { afterAll, expect, test } from 'vitest';
import { type Activations, type Benchmark, scoreActivations, scoreControl } from '../src/index.js';
import { imagesUsed, sampleOf } from '../src/kinds/solution-times/ost-statistics.js';
import { IMAGES, plantedActivations, smallBenchmark } from './support/small-benchmark.js';

const folder = mkdtempSync(join(tmpdir(), 'corescore-ost-scores-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const benchmark = smallBenchmark();
const score = (report: ScoreReport, metric: string) =>
  report.scores.find((s) => s.metric === metric && s.subset === 'all')!;

async function planted(name: string, strengths: number[], clock: Clock): Promise<Activations> {
  const { path } = await plantedActivations(folder, name, benchmark, { features: 6, strengths });
  return { path, clock, temporal: true };
}

const run = async (name: string, strengths: number[], clock: Clock, of: Benchmark = benchmark): Promise<ScoreReport> =>
  scoreActivations(of, await planted(name, strengths, clock), { threads: 1 });

async function nativeDelay(name: string, strengths: number[], clock: Clock, of: Benchmark = benchmark) {
  const { scores } = await scoreControl(of, 'native-steps', await planted(name, strengths, clock), { threads: 1 });
  return scores.find((s) => s.metric === 'ost_native_delay_mean')!;
}

test('a clock that starts late: solved in the first covered bin, which is not the benchmark’s first', async () => {
  const report = await run('late', [5, 5, 0], { onsetMs: 80, stepMs: 10 });
  const atOnce = report.images.ostMs.filter((t) => t === 80).length;
  expect(atOnce).toBeGreaterThan(IMAGES / 2);
  expect(score(report, 'ost_solved_first')).toMatchObject({ value: atOnce, note: 'first covered bin, 80-90 ms' });
  expect(score(report, 'accuracy_first').note).toBe('first covered bin, 80-90 ms');
  for (const metric of ['accuracy', 'i1']) expect(score(report, metric).note).toBe('last covered bin, 100-110 ms');
});

test('rho and delay say over how many solved images; the mean delay stands with never-solved images at the end of the target', async () => {
  // Hard images are often never solved: a delay over the solved ones is that of the easier among them.
  const report = await run('half', [0.2, 0.5], { onsetMs: 70, stepMs: 20 });
  const solved = score(report, 'ost_solved').value!;
  expect(solved).toBeGreaterThan(10);
  expect(solved).toBeLessThan(IMAGES - 10);
  const overSolved = ['ost_rho', 'ost_rho_partial', 'ost_delay_mean', 'ost_delay_median', 'ost_delay_p'];
  for (const metric of overSolved)
    expect(score(report, metric)).toMatchObject({ n: solved, nTotal: IMAGES, note: `over ${solved} solved images` });
  const native = await nativeDelay('half', [0.2, 0.5], { onsetMs: 70, stepMs: 20 });
  expect(native.note).toBe(`over ${native.n} solved images`);

  const end = benchmark.bins.at(-1)!.endMs;
  const mean = (band: string) => {
    const times = report.images.ostMs.filter((_, i) => report.images.subsets[i] === band).map((t) => t ?? end);
    return times.reduce((a, b) => a + b, 0) / times.length;
  };
  const bound = score(report, 'ost_delay_mean_bound');
  expect(bound.value).toBeCloseTo(mean('challenge') - mean('control'), 9);
  expect(bound.value).not.toBeCloseTo(score(report, 'ost_delay_mean').value!, 1);
  expect(bound).toMatchObject({
    n: IMAGES,
    unit: 'ms',
    note: `${IMAGES - solved} never-solved images count as ${end} ms`,
  });
  expect(bound.low!).toBeLessThan(bound.value!);
  expect(bound.high!).toBeGreaterThan(bound.value!);
});

test('nothing solved has no bound of a delay either', async () => {
  const unreachable = { ...benchmark, thresholds: benchmark.thresholds.map(() => 9) };
  const report = await run('never', [0, 0], { onsetMs: 70, stepMs: 20 }, unreachable);
  expect(score(report, 'ost_delay_mean_bound')).toMatchObject({ value: null, reason: 'never_solved' });
});

test('the bracket is the benchmark’s, also of the native steps: a curve that dips is read from the step before', async () => {
  const clock = { onsetMs: 70, stepMs: 10 };
  const reports = {
    best: await run('dip', [0.8, 0, 5], clock),
    previous: await run('dip', [0.8, 0, 5], clock, { ...benchmark, bracket: 'previous' }),
  };
  const timesBy = (bracket: Benchmark['bracket']) =>
    objectSolutionTimes(
      reports.best.images.i1.map((curve) => Float64Array.from(curve, (v) => v ?? Number.NaN)),
      benchmark.bins.map((b) => b.startMs),
      benchmark.thresholds,
      bracket,
    );
  for (const bracket of ['best', 'previous'] as const) {
    const times = Float64Array.from(reports[bracket].images.ostMs, (t) => t ?? Number.NaN);
    expect(times).toEqual(timesBy(bracket));
  }
  expect(timesBy('previous')).not.toEqual(timesBy('best'));
  const native = await nativeDelay('dip', [0.8, 0, 5], clock);
  const previous = await nativeDelay('dip', [0.8, 0, 5], clock, { ...benchmark, bracket: 'previous' });
  expect(previous.value).not.toBe(native.value);
});

test('n of the matched concordance: an image that is alone in its cell is compared with no other', () => {
  const few = Float64Array.of(1, 2, 3, 4);
  const sample = {
    ...sampleOf(benchmark, few),
    ostMs: few,
    difficulty: few,
    thresholds: few,
  };
  // Four images in ten by five shares: each has a cell of its own.
  expect(imagesUsed('ost_concordance_matched', sample)).toBe(0);
  expect(imagesUsed('ost_concordance', sample)).toBe(4);
});
