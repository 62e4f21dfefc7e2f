import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ControlReport,
  METRICS,
  metricsOf,
  type Score,
  type ScoreReport,
  type Series,
} from '@corescore/contracts';
import { createOrtKernels } from '@corescore/linalg';
import {
  argmaxCorrect,
  decode,
  decodeStep,
  delay,
  heldOutShare,
  objectSolutionTimes,
  shuffledLabels,
  spread,
  wilson,
} from '@corescore/metrics';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Activations,
  controlsOf,
  scoreActivations,
  scoreControl,
  scoreControls,
  withControls,
} from '../src/index.js';
import { BINS, CLASSES, IMAGES, plantedActivations, smallBenchmark } from './support/small-benchmark.js';

const folder = mkdtempSync(join(tmpdir(), 'corescore-controls-'));
const kernels = await createOrtKernels({ threads: 1 });
afterAll(async () => {
  await kernels.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const benchmark = smallBenchmark();
const FEATURES = 120;
/** Two steps of 20 ms each: every bin of 10 ms is one step. */
const clock = { onsetMs: 70, stepMs: 20 };
type Report = Pick<ScoreReport, 'scores' | 'series' | 'notes'>;
const score = (report: Report, metric: string): Score =>
  report.scores.find((s) => s.metric === metric && s.subset === 'all')!;
const series = (report: Report, name: string): Series => report.series.find((s) => s.name === name)!;
const control = (name: string, activations: Activations) => scoreControl(benchmark, name, activations, { threads: 2 });
const input = (x: Float32Array, change: { folds?: Int32Array[]; c?: number } = {}) => ({
  x,
  n: IMAGES,
  f: x.length / IMAGES,
  labels: benchmark.labels,
  classes: CLASSES,
  folds: benchmark.folds,
  c: benchmark.decoder.c,
  ...change,
});

/** A row of the sensitivity, by metric. */
function variantRow(report: Report, variant: string): Record<string, number | null> {
  const { axes, values } = series(report, 'ost_strip');
  const [variants, metrics] = axes.map((axis) => axis.values);
  const at = variants.indexOf(variant);
  if (at < 0) throw new Error(`no variant ${variant}`);
  return Object.fromEntries(metrics.map((metric, m) => [metric, values[at * metrics.length + m]!]));
}

const solvedIn = (curves: Float64Array[], starts: number[]) =>
  objectSolutionTimes(curves, starts, benchmark.thresholds, 'best').filter((t) => !Number.isNaN(t)).length;

describe('headline and controls of a temporal model', () => {
  let headline: ScoreReport;
  let controls: ControlReport[];
  /** All of it. */
  let report: ScoreReport;
  let activations: Activations;
  let steps: Float32Array[];
  const progress: [string, number, number][] = [];
  const named = (name: string) => controls.find((one) => one.control === name)!;
  beforeAll(async () => {
    const own = await plantedActivations(folder, 'own', benchmark, { features: FEATURES, strengths: [1.5, 5] });
    const twin = await plantedActivations(folder, 'twin', benchmark, { features: FEATURES, strengths: [0, 0] });
    ({ steps } = own);
    activations = { path: own.path, clock, temporal: true, twin: { path: twin.path } };
    headline = await scoreActivations(benchmark, activations, {
      threads: 2,
      onProgress: (done, total) => progress.push(['headline', done, total]),
    });
    controls = await scoreControls(benchmark, activations, {
      threads: 2,
      headline,
      onProgress: (...told) => progress.push(told),
    });
    report = withControls(headline, controls);
  });

  test('the headline has exactly the metrics of the headline, each control exactly its own, together all of METRICS', () => {
    const metrics = ({ scores }: Report) => [...new Set(scores.map(({ metric }) => metric))].sort();
    expect(metrics(headline)).toEqual(metricsOf(null).sort());
    expect(controls.map(({ control: name }) => name)).toEqual(controlsOf(benchmark));
    for (const one of controls)
      expect([one.control, metrics(one)]).toEqual([one.control, metricsOf(one.control).sort()]);
    const all = [headline, ...controls].flatMap(metrics);
    expect(new Set(all).size).toBe(all.length);
    expect(all.sort()).toEqual(Object.keys(METRICS).sort());
    const names = [headline, ...controls].flatMap((part) => [...new Set(part.series.map(({ name }) => name))]);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining(['predictivity', 'ost_strip', 'temporal_generalisation', 'rsa', 'cka']),
    );
  });

  test('a control alone says what it says within a whole run, where it uses the headline again', async () => {
    for (const name of ['native-steps', 'shuffled-labels']) {
      const { scores, series: courses, notes } = await control(name, activations);
      expect(named(name)).toMatchObject({ scores, series: courses, notes });
      expect(scores.some(({ value }) => value !== null)).toBe(true);
    }
  });

  test('a control that there is not is refused with those there are', async () => {
    await expect(control('strip', activations)).rejects.toMatchObject({
      code: 'not_found',
      field: 'control',
      remedy: expect.stringContaining('shuffled-labels, untrained-twin, sensitivity'),
    });
  });

  test('native steps: the times of `decodeStep` on each step, delay and n (exact)', async () => {
    const curves = await Promise.all(steps.map(async (x) => (await decodeStep(input(x), kernels)).i1));
    const times = objectSolutionTimes(curves, [0, 1], benchmark.thresholds, 'best');
    const expected = delay(times, benchmark.isChallenge);
    expect(score(report, 'ost_native_delay_mean')).toMatchObject({
      value: expected.meanMs,
      unit: 'steps',
      n: expected.nControl + expected.nChallenge,
      nTotal: IMAGES,
    });
    expect(score(report, 'ost_native_delay_mean').low!).toBeLessThanOrEqual(expected.meanMs!);
    expect(score(report, 'ost_native_delay_median').value).toBe(expected.medianMs);
    expect(score(report, 'ost_native_solved').value).toBe(expected.nControl + expected.nChallenge);
  });

  test('sensitivity: the decoder of the headline stands twice, alike; another C decodes with it (first repetition, exact)', async () => {
    expect(variantRow(report, 'C 1e-2')).toEqual(variantRow(report, 'features all'));
    const folds = [benchmark.folds[0]];
    for (const [variant, c] of [
      ['C 1e-4', 1e-4],
      ['C 1e-2', 1e-2],
      ['C 1e-1', 1e-1],
    ] as const) {
      const curves = await Promise.all(steps.map(async (x) => (await decodeStep(input(x, { folds, c }), kernels)).i1));
      expect(variantRow(report, variant)['ost_solved']).toBe(solvedIn(curves, [70, 90]));
    }
  });

  test('sensitivity: fewer features, noise and cumulative evidence move the scores; what there is not is null, and said', () => {
    const solved = (variant: string) => variantRow(report, variant)['ost_solved'];
    expect(solved('features 424')).toBeNull();
    expect(report.notes.join(' ')).toContain('Not in the sensitivity: features 424');
    expect(report.notes.join(' ')).toContain('trial noise of 0.50 times');
    const strip = series(report, 'ost_strip');
    for (const variant of ['features 100', 'trial noise', 'evidence cumulative']) {
      expect(solved(variant)).not.toBeNull();
      expect(variantRow(report, variant)).not.toEqual(variantRow(report, 'features all'));
    }
    strip.values.forEach((value, at) => {
      if (value === null) return;
      expect(strip.low![at]!).toBeLessThanOrEqual(value);
      expect(strip.high![at]!).toBeGreaterThanOrEqual(value);
    });
  });

  test('sensitivity: cumulative evidence is the decoder of both steps’ features in the bins of the second (exact)', async () => {
    const both = new Float32Array(2 * IMAGES * FEATURES);
    for (let i = 0; i < IMAGES; i++) {
      steps.forEach((x, s) => {
        both.set(x.subarray(i * FEATURES, (i + 1) * FEATURES), (2 * i + s) * FEATURES);
      });
    }
    const folds = [benchmark.folds[0]];
    const curves = await Promise.all(
      [steps[0], both].map(async (x) => (await decodeStep(input(x, { folds }), kernels)).i1),
    );
    expect(variantRow(report, 'evidence cumulative')['ost_solved']).toBe(solvedIn(curves, [70, 90]));
  });

  test('floors: shuffled labels are the mean over five orders of them with the interval of another, at the last covered bin (exact)', async () => {
    const folds = [benchmark.folds[0]];
    const shares: number[] = [];
    for (const seed of [3, 5, 6, 7, 8]) {
      const labels = shuffledLabels(benchmark.labels, seed);
      const { decisions } = await decode({ ...input(steps[1], { folds }), labels }, kernels);
      shares.push(argmaxCorrect(decisions[0], labels, CLASSES).reduce((a, b) => a + b, 0) / IMAGES);
    }
    const expected = spread(shares);
    const found = score(report, 'accuracy_shuffled');
    expect(found).toMatchObject({ value: expected.mean, low: Math.max(0, expected.low), high: expected.high });
    expect(found.note).toContain('last covered bin, 100-110 ms; mean of 5 shuffles of the labels');
    expect(found.note).toContain(`standard deviation ${expected.deviation.toFixed(3)}`);
    expect(new Set(shares).size).toBeGreaterThan(1);
    const solved = score(report, 'ost_solved_shuffled');
    expect(solved.low!).toBeLessThanOrEqual(solved.value!);
    expect(solved.note).toContain('mean of 5 shuffles');
  });

  test('the twin, the sensitivity and temporal generalisation: intervals by the spread of the folds, not Wilson’s of single images', async () => {
    const found = score(report, 'accuracy_twin');
    const plain = wilson(Math.round(found.value! * IMAGES), IMAGES);
    expect(found.high! - found.low!).toBeGreaterThan(1.3 * (plain.high - plain.low));
    const { decisions } = await decode(input(steps[1], { folds: [benchmark.folds[0]] }), kernels);
    const hits = argmaxCorrect(decisions[0], benchmark.labels, CLASSES);
    const { low, high } = heldOutShare(hits, benchmark.folds[0]);
    const square = series(report, 'temporal_generalisation');
    expect([square.low!.at(-1), square.high!.at(-1)]).toEqual([low, high]);
  });

  test('floors: shuffled labels and a twin without evidence are at chance, the model is not (4 standard errors)', () => {
    const error = Math.sqrt(((1 / CLASSES) * (1 - 1 / CLASSES)) / IMAGES);
    for (const metric of ['accuracy_shuffled', 'accuracy_twin']) {
      const found = score(report, metric);
      expect(Math.abs(found.value! - 1 / CLASSES)).toBeLessThan(4 * error);
      expect(found).toMatchObject({ n: IMAGES, nTotal: IMAGES, note: expect.stringContaining('one repetition') });
      expect(found.low!).toBeLessThan(found.value!);
      const course = series(report, metric);
      expect(course.values).toHaveLength(BINS);
      expect(course.values[BINS - 1]).toBe(found.value);
    }
    expect(score(report, 'accuracy').value!).toBeGreaterThan(1 / CLASSES + 4 * error);
    expect(score(report, 'ost_solved_twin').value!).toBeLessThan(score(report, 'ost_solved').value! / 2);
    expect(score(report, 'ost_solved_shuffled').value!).toBeLessThan(score(report, 'ost_solved').value! / 2);
  });

  test('temporal generalisation: its diagonal is the accuracy of the first repetition (exact)', async () => {
    const square = series(report, 'temporal_generalisation');
    expect(square.axes.map((axis) => axis.values)).toEqual([
      [70, 80, 90, 100],
      [70, 80, 90, 100],
    ]);
    for (const [s, x] of steps.entries()) {
      const { decisions } = await decode(input(x, { folds: [benchmark.folds[0]] }), kernels);
      const right = argmaxCorrect(decisions[0], benchmark.labels, CLASSES).reduce((a, b) => a + b, 0);
      for (const bin of [2 * s, 2 * s + 1]) expect(square.values[bin * BINS + bin]).toBe(right / IMAGES);
    }
  });

  test('headline and controls count their own tasks, from nothing up to the last', () => {
    const counts: Record<string, number> = {};
    for (const [name, done, total] of progress) {
      expect([name, done]).toEqual([name, counts[name] === undefined ? 0 : counts[name] + 1]);
      counts[name] = done;
      if (name === 'headline') expect(total).toBe(4);
    }
    // Two mixtures of two bins each. Cumulative evidence is one task more; the steps are those of the headline; of the
    // matrix two rows of two parts each, and the two early bins.
    expect(counts).toEqual({
      headline: 4,
      'shuffled-labels': 2,
      'untrained-twin': 2,
      sensitivity: 3,
      'native-steps': 0,
      'temporal-generalisation': 2,
      'steps-by-bins': 6,
      similarity: 2,
    });
  });
});

describe('a twin that is not there', () => {
  test.each([
    ['supplied activations', 'not_run', 'no weights to shuffle'],
    ['a twin that failed', 'failed', 'the activations do not depend on the image'],
  ] as const)('%s: the reason with its note', async (_, reason, note) => {
    const { path } = await plantedActivations(folder, 'absent', benchmark, { features: 6, strengths: [0.5, 1] });
    const report = await control('untrained-twin', { path, clock, temporal: true, twin: { reason, note } });
    expect(score(report, 'accuracy_twin')).toMatchObject({ value: null, reason, note });
    expect(score(report, 'ost_solved_twin')).toMatchObject({ value: null, reason });
    expect(report.series).toEqual([]);
  });
});

describe('other clocks', () => {
  test('steps that are no bin’s mixture are decoded for themselves; a code that moves on does not generalise', async () => {
    const plan = {
      features: 6,
      strengths: [2, 2, 2],
      codes: [
        [0, 1, 2],
        [0, 1, 2],
        [1, 2, 0],
      ],
    };
    const { path, steps } = await plantedActivations(folder, 'moving', benchmark, plan);
    // 5, 5 and 30 ms: the first bin is half of steps 0 and 1 each, the others are step 2.
    const windowsMs: [number, number][] = [
      [70, 75],
      [75, 80],
      [80, 110],
    ];
    const moving = { path, clock: { windowsMs }, temporal: true };
    const native = await control('native-steps', moving);
    const curves = await Promise.all(steps.map(async (x) => (await decodeStep(input(x), kernels)).i1));
    expect(score(native, 'ost_native_solved').value).toBe(solvedIn(curves, [0, 1, 2]));
    const { values } = series(await control('temporal-generalisation', moving), 'temporal_generalisation');
    expect(values[0]).toBeGreaterThan(0.8);
    expect(values[BINS + 1]).toBeGreaterThan(0.8);
    expect(values[1]).toBeLessThan(0.2);
    expect(values[BINS]).toBeLessThan(0.2);
  });

  test('a bin that the clock does not cover has no floor and no generalisation', async () => {
    const { path } = await plantedActivations(folder, 'short', benchmark, { features: 6, strengths: [1, 2] });
    const short = { path, clock: { onsetMs: 80, stepMs: 10 }, temporal: true };
    const floor = series(await control('shuffled-labels', short), 'accuracy_shuffled').values;
    expect(floor.map((v) => v === null)).toEqual([true, false, false, true]);
    const square = series(await control('temporal-generalisation', short), 'temporal_generalisation').values;
    square.forEach((value, at) => {
      const covered = (bin: number) => bin === 1 || bin === 2;
      expect(value !== null).toBe(covered(Math.floor(at / BINS)) && covered(at % BINS));
    });
  });

  test('without time there is a floor of accuracy, and no OST to be moved', async () => {
    const { path } = await plantedActivations(folder, 'static', benchmark, { features: 6, strengths: [1] });
    const twin = await plantedActivations(folder, 'static-twin', benchmark, { features: 6, strengths: [0] });
    const still = { path, clock: undefined, temporal: false, twin: { path: twin.path } };
    const controls = await scoreControls(benchmark, still, { threads: 2 });
    const report = withControls(await scoreActivations(benchmark, still, { threads: 2 }), controls);
    for (const metric of ['accuracy_shuffled', 'accuracy_twin']) {
      expect(score(report, metric).value).not.toBeNull();
      expect(series(report, metric).axes[0].values).toEqual(['held over all bins']);
    }
    for (const { metric, value, reason } of report.scores.filter((s) =>
      /native|solved_|concordance|best_step|added/.test(s.metric),
    )) {
      expect([metric, value, reason]).toEqual([metric, null, 'not_temporal']);
    }
    const names = report.series.map((s) => s.name);
    expect(names).not.toContain('ost_strip');
    expect(names).not.toContain('temporal_generalisation');
    // What reports series alone says why there are none.
    for (const name of ['sensitivity', 'temporal-generalisation']) {
      const found = controls.find((one) => one.control === name)!;
      expect(found).toMatchObject({ scores: [], series: [], notes: [expect.stringContaining('change over time')] });
    }
  });
});
