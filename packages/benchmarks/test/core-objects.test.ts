import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { writeNpyFloat32 } from '@corescore/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bracketOfVersion } from '../src/definitions/core-objects.js';
import { type Benchmark, loadBenchmark, scoreActivations } from '../src/index.js';
import { withLightRecordings } from './support/recordings.js';

const reference = JSON.parse(readFileSync(new URL('./fixtures/reference_ost.json', import.meta.url), 'utf8')) as {
  images: { stimulus_id: string[]; object: number[]; challenge: number[]; theta: number[]; tau: number[] };
  folds: { perRepetition: string[] };
  classes: string[];
  spearmanThetaTau: number;
  plantedDelayMs: { mean: number; median: number };
};

const home = mkdtempSync(join(tmpdir(), 'corescore-benchmark-'));
let benchmark: Benchmark;
beforeAll(async () => {
  benchmark = await loadBenchmark('core-objects-ost', home);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('core-objects-ost@0', () => {
  test('images, classes, thresholds, target times and folds are those of the reference, index for index', () => {
    expect(benchmark.stimulusSet.stimuli.map((s) => s.id)).toEqual(reference.images.stimulus_id);
    expect(benchmark.classes).toEqual(reference.classes);
    expect([...benchmark.labels]).toEqual(reference.images.object);
    expect([...benchmark.isChallenge]).toEqual(reference.images.challenge);
    expect([...benchmark.thresholds]).toEqual(reference.images.theta);
    expect([...benchmark.targetMs]).toEqual(reference.images.tau);
    expect(benchmark.folds.map((fold) => fold.join(''))).toEqual(reference.folds.perRepetition);
  });

  test('may be released: thresholds do not give the times away (|rho| <= .3)', () => {
    const { target } = benchmark.definition;
    expect(Math.abs(target['rhoThresholdTime'])).toBeLessThanOrEqual(0.3);
    expect(target['rhoThresholdTime']).toBeCloseTo(reference.spearmanThetaTau, 5);
    expect(target['delayMeanMs']).toBeCloseTo(reference.plantedDelayMs.mean, 3);
    expect(target['delayMedianMs']).toBeCloseTo(reference.plantedDelayMs.median, 3);
  });

  test('loading again gives the same digest', async () => {
    expect((await loadBenchmark('core-objects-ost@0', home)).definition.digest).toBe(benchmark.definition.digest);
  });

  test('version 0 keeps the bracket `best`, later versions have `previous`', () => {
    expect(benchmark).toMatchObject({ bracket: 'best', definition: { parameters: { bracket: 'best' } } });
    expect([bracketOfVersion(0), bracketOfVersion(1), bracketOfVersion(7)]).toEqual(['best', 'previous', 'previous']);
  });

  test('an unknown benchmark is named, with those there are', async () => {
    await expect(loadBenchmark('no-such', home)).rejects.toMatchObject({
      code: 'unknown_benchmark',
      field: 'benchmark',
      remedy: expect.stringContaining('core-objects-ost@0'),
    });
  });
});

describe('scoring activations', () => {
  const FEATURES = 12;
  /** One step a row: class evidence of the given strength plus a deterministic texture that tells images apart. */
  async function planted(name: string, strengths: number[]): Promise<string> {
    const images = benchmark.labels.length;
    const data = new Float32Array(strengths.length * images * FEATURES);
    strengths.forEach((strength, step) => {
      for (let i = 0; i < images; i++) {
        for (let f = 0; f < FEATURES; f++) {
          const texture = Math.sin(12.9898 * i + 78.233 * f + 37.719 * step) * 43758.5453;
          data[(step * images + i) * FEATURES + f] =
            (f === benchmark.labels[i] ? strength : 0) + (texture - Math.floor(texture));
        }
      }
    });
    const path = join(home, `${name}.npy`);
    await writeNpyFloat32(path, [strengths.length, images, FEATURES], data);
    return path;
  }

  test('bins past the clock have no i1, solve nothing, and the report says what is covered', async () => {
    const path = await planted('short', [0, 4]);
    const report = await scoreActivations(
      withLightRecordings(benchmark),
      { path, clock: { onsetMs: 70, stepMs: 30 }, temporal: true },
      { threads: 2 },
    );
    expect(report.notes.join(' ')).toContain('covers 70-130 of 70-250 ms');
    expect(report.images.i1[6].every((v) => v === null)).toBe(true);
    expect(report.images.i1[5].every((v) => v !== null)).toBe(true);
    const solved = report.scores.find((s) => s.metric === 'ost_solved' && s.subset === 'all')!;
    expect(solved.value).toBeGreaterThan(500);
    for (const t of report.images.ostMs) if (t !== null) expect(t).toBeLessThanOrEqual(120);
    const accuracy = report.series.find((s) => s.name === 'accuracy' && s.subset === 'all')!;
    expect(accuracy.values[17]).toBeNull();
    expect(accuracy.values[0]).toBeLessThan(0.3);
    expect(accuracy.values[5]).toBeGreaterThan(0.95);
    expect(report.maxDualityGap).toBeLessThanOrEqual(1e-8);
    // The unsolved images enter the concordance, as the only OST score.
    const concordance = report.scores.find((s) => s.metric === 'ost_concordance')!;
    expect(concordance).toMatchObject({ n: 660, nTotal: 660, unit: 'c-index' });
    expect(concordance.low!).toBeLessThan(concordance.value!);
    expect(concordance.high!).toBeGreaterThan(concordance.value!);
    // First and last are of the bins that the clock covers, and say which.
    const score = (metric: string) => report.scores.find((s) => s.metric === metric && s.subset === 'all')!;
    expect(score('accuracy')).toMatchObject({ value: accuracy.values[5], note: 'last covered bin, 120-130 ms' });
    expect(score('accuracy_first')).toMatchObject({ value: accuracy.values[0], note: 'first covered bin, 70-80 ms' });
    const early = report.scores.find((s) => s.metric === 'predictivity_early')!;
    expect(early.note).toContain(`PLS with ${FEATURES} components`);
    expect(report.scores.find((s) => s.metric === 'predictivity_late')).toMatchObject({
      value: null,
      reason: 'undefined',
    });
  });

  test('a model that never reaches a threshold says so in every OST score', async () => {
    const path = await planted('noise', [0, 0]);
    const report = await scoreActivations(
      withLightRecordings(benchmark),
      { path, clock: { onsetMs: 70, stepMs: 90 }, temporal: true },
      { threads: 2 },
    );
    const score = (metric: string) => report.scores.find((s) => s.metric === metric && s.subset === 'all')!;
    expect(score('ost_solved').value).toBeLessThan(60);
    expect(score('ost_never_solved').value).toBe(660 - score('ost_solved').value!);
    expect(report.images.ostReason.filter((r) => r === 'never_solved')).toHaveLength(score('ost_never_solved').value!);
  });

  test('a clock outside the benchmark’s time is an error that names the field', async () => {
    const path = await planted('late', [0, 1]);
    const late = scoreActivations(benchmark, { path, clock: { onsetMs: 300, stepMs: 10 }, temporal: true });
    await expect(late).rejects.toThrow(CorescoreError);
    await expect(late).rejects.toMatchObject({ field: '/clock', remedy: expect.stringContaining('70-250') });
  });

  test('an abort ends the scoring threads', async () => {
    const path = await planted('aborted', [1, 2, 3]);
    const controller = new AbortController();
    const running = scoreActivations(
      withLightRecordings(benchmark),
      { path, clock: { onsetMs: 70, stepMs: 60 }, temporal: true },
      { signal: controller.signal, threads: 1, onProgress: () => controller.abort() },
    );
    await expect(running).rejects.toThrow(/abort/i);
  });
});
