import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNpyFloat32 } from '@corescore/formats';
import { clockWindows, RandomState, shuffleSplit } from '@corescore/metrics';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Benchmark, loadBenchmark, scoreControl } from '../src/index.js';
import type { Mapping } from '../src/kinds/predictivity/mapping.js';
import { predictSteps, stepPlan } from '../src/kinds/predictivity/over-steps.js';
import { ownParts, predictOwn } from '../src/kinds/predictivity/predict.js';
import { predictivityScores } from '../src/kinds/predictivity/predictivity-scores.js';
import { stepScores } from '../src/kinds/predictivity/step-scores.js';
import { withPool } from '../src/processes/pool.js';
import { binMixtures } from '../src/scoring/mixtures.js';
import { withFewImages, withRecordings } from './support/recordings.js';

const IMAGES = 300;
const LATENTS = 5;
const FEATURES = 18;
const NEUROIDS = 6;
/** Of the late responses' variance: what the first latents, the second latents and noise make up. */
const SHARES = { first: 0.4, second: 0.4, noise: 0.2 };
/** Late IT starts here: the bins before it show the first latents only. */
const LATE_MS = 130;

const home = mkdtempSync(join(tmpdir(), 'corescore-steps-'));
const random = new RandomState(7);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.rand())) * Math.cos(2 * Math.PI * random.rand());
const normals = (length: number): Float64Array => Float64Array.from({ length }, normal);
let benchmark: Benchmark;
let first: Float64Array;
let second: Float64Array;

/** rows*width by width*columns, each column at unit variance for standard normal rows. */
function mix(rows: Float64Array, columns: number): Float64Array {
  const n = rows.length / LATENTS;
  const out = new Float64Array(n * columns);
  for (let j = 0; j < columns; j++) {
    const w = normals(LATENTS);
    const length = Math.hypot(...w);
    for (let i = 0; i < n; i++)
      for (let l = 0; l < LATENTS; l++) out[i * columns + j] += (rows[i * LATENTS + l] * w[l]) / length;
  }
  return out;
}

beforeAll(async () => {
  const loaded = withFewImages(await loadBenchmark('core-objects-ost', home), IMAGES);
  first = normals(IMAGES * LATENTS);
  second = normals(IMAGES * LATENTS);
  const responses = loaded.bins.map((bin) => {
    const a = mix(first, NEUROIDS);
    const b = mix(second, NEUROIDS);
    const late = bin.startMs >= LATE_MS;
    return a.map(
      (v, at) =>
        Math.sqrt(SHARES.first) * v +
        (late ? Math.sqrt(SHARES.second) * b[at] : 0) +
        Math.sqrt(SHARES.noise) * normal(),
    );
  });
  benchmark = withRecordings(loaded, {
    responses,
    neuroids: NEUROIDS,
    splits: shuffleSplit(IMAGES, { splits: 10, testFraction: 0.2, seed: 1 }),
    bootstrap: { draws: 200, seed: 1 },
    ceiling: () => 0.8,
  });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Early features, the same again, and late ones that hold both sets of latents at thrice the size. */
async function model(name: string, steps: ('early' | 'late')[]): Promise<string> {
  const early = mix(first, FEATURES);
  const late = mix(second, FEATURES).map((v, at) => 3 * (v + early[at]));
  const data = new Float32Array(steps.length * IMAGES * FEATURES);
  steps.forEach((step, k) => {
    data.set(step === 'early' ? early : late, k * IMAGES * FEATURES);
  });
  const path = join(home, `${name}.npy`);
  await writeNpyFloat32(path, [steps.length, IMAGES, FEATURES], data);
  return path;
}

/** The own clock and the steps; the responses, images and splits are no whole benchmark. */
const run = (path: string, steps: number, stepMs: number, of: Benchmark = benchmark) =>
  withPool(2, undefined, async (pool) => {
    const { mixtures, ofBin } = binMixtures(clockWindows({ onsetMs: 70, stepMs }, steps), of.bins, 0);
    const own = predictivityScores(of, await predictOwn(of, path, ownParts(mixtures, ofBin), pool, () => undefined));
    const plan = stepPlan(of, { mixtures, ofBin, steps, firstStep: 0 });
    let done = 0;
    const over = stepScores(of, await predictSteps(of, path, plan, pool, () => done++));
    return { scores: [...own.scores, ...over.scores], series: [...own.series, ...over.series], done, plan };
  });
type Found = Awaited<ReturnType<typeof run>>;
const score = (found: Found, metric: string) => found.scores.find((s) => s.metric === metric && s.subset === 'all')!;
/** Images that some split tests, of which `IMAGES` are: those that enter. */
const tested = (): number => new Set(benchmark.recordings.splits.flatMap(({ test }) => [...test])).size;
const series = (found: Found, name: string) => found.series.find((s) => s.name === name && s.subset === 'all')!;

describe('a model whose late steps carry what late IT carries', () => {
  let found: Found;
  beforeAll(async () => {
    // Steps of 30 ms: 0 and 1 until 130 ms, then the late ones.
    found = await run(await model('recurrent', ['early', 'early', 'late', 'late', 'late', 'late']), 6, 30);
  });

  test('adds the planted share of variance to its first step (.05), the interval holds it, the note subtracts to it', () => {
    const added = score(found, 'predictivity_added_late');
    // 18 features of 5 latents each, 240 training images: overfitting takes a few hundredths of R² at most, of both alike.
    expect(Math.abs(added.value! - SHARES.second)).toBeLessThan(0.05);
    expect(added.low).toBeLessThan(SHARES.second);
    expect(added.high).toBeGreaterThan(SHARES.second);
    expect(added.ceiled).toBeCloseTo(added.value! / 0.8, 12);
    expect(added).toMatchObject({ n: tested(), nTotal: IMAGES, unit: 'fraction', error: expect.any(Number) });
    const [, first, both] = added.note!.match(/R² ([\d.]+) from step 0 alone, ([\d.]+) with/)!.map(Number);
    expect(Math.abs(first - SHARES.first)).toBeLessThan(0.1);
    expect(Math.abs(both - first - added.value!)).toBeLessThanOrEqual(0.001 + 1e-9);
  });

  test('the matrix has a row a step: early steps miss late IT by the planted correlation (.05)', () => {
    const matrix = series(found, 'predictivity_matrix');
    expect(matrix.axes.map((axis) => [axis.name, axis.values.length])).toEqual([
      ['step', 6],
      ['time_bin', 18],
    ]);
    const at = (step: number, bin: number) => matrix.values[step * 18 + bin]!;
    expect(Math.abs(at(0, 15) - Math.sqrt(SHARES.first))).toBeLessThan(0.05);
    expect(Math.abs(at(3, 15) - Math.sqrt(SHARES.first + SHARES.second))).toBeLessThan(0.05);
    expect(series(found, 'predictivity_matrix_error').values.every((e) => e! > 0 && e! < 0.05)).toBe(true);
  });

  test('on the own clock it is the course, value for value', () => {
    const matrix = series(found, 'predictivity_matrix').values;
    const weights = series(found, 'time_mapping').values;
    const own = series(found, 'predictivity').values;
    const cells = [...weights.keys()].filter((at) => weights[at] === 1);
    expect(cells).toHaveLength(18);
    for (const at of cells) expect(matrix[at]).toBe(own[at % 18]);
  });

  test('the best step of late IT is a late one in every split, the earliest of equals', () => {
    const choices = series(found, 'best_step_choices').values;
    // Steps 2 to 5 are the same activations: the first of them takes all ten splits.
    expect(choices[2 * 18 + 15]).toBe(10);
    // A chosen step that is not the clock's own is fitted again for its draws, and gives the same course.
    expect(series(found, 'predictivity_best_step').values[15]).toBe(series(found, 'predictivity').values[15]);
    const best = score(found, 'predictivity_best_step_late');
    expect(best.value).toBe(score(found, 'predictivity_late').value);
    const late = score(found, 'predictivity_late');
    expect(best.low).toBeCloseTo(late.low!, 12);
    expect(best.high).toBeCloseTo(late.high!, 12);
    expect(best.note).toContain('step 2 in 50 of 50 choices');
  });

  test('every task is counted', () => {
    expect(found.done).toBe(found.plan.tasks);
  });
});

test('similarity without a fit: 1 for the responses themselves (1e-5), an interval over 0 for noise', async () => {
  const path = join(home, 'similar.npy');
  const y = benchmark.recordings.responses[0];
  await writeNpyFloat32(path, [2, IMAGES, NEUROIDS], Float32Array.from([...y, ...normals(y.length)]));
  // One response in all bins; step 0 is that response, step 1 is noise from 160 ms on.
  const of = withRecordings(benchmark, { responses: benchmark.bins.map(() => y) });
  const activations = { path, clock: { onsetMs: 70, stepMs: 90 }, temporal: true };
  const found = await scoreControl(of, 'similarity', activations, { threads: 2 });
  for (const name of ['rsa', 'cka']) {
    const { values, low, high, n } = found.series.find((s) => s.name === name)!;
    expect(n).toBe(IMAGES);
    expect(Math.abs(values[0]! - 1)).toBeLessThan(1e-5);
    expect(low![17]).toBeLessThan(0);
    expect(high![17]).toBeGreaterThan(0);
    expect(Math.abs(values[17]!)).toBeLessThan(0.1);
  }
});

test('a model whose later steps copy the first adds exactly 0', async () => {
  const found = await run(await model('copy', ['early', 'early', 'early']), 3, 60);
  expect(score(found, 'predictivity_added_late')).toMatchObject({ value: 0, error: 0, low: 0, high: 0, n: tested() });
});

test('a clock that is late: the best step is above the own clock, and says which it is', async () => {
  // 150-200 ms are read from step 0, which knows nothing of late IT.
  const found = await run(await model('late', ['early', 'late']), 2, 140);
  const own = score(found, 'predictivity_late');
  const best = score(found, 'predictivity_best_step_late');
  expect(best.value! - own.value!).toBeGreaterThan(0.15);
  expect(best.low).toBeGreaterThan(own.high!);
  expect(best.note).toContain('step 1 in 50 of 50');
  expect(score(found, 'predictivity_added_late')).toMatchObject({
    value: null,
    reason: 'undefined',
    note: 'the clock reads late IT from the first step itself',
  });
});

test.each<[Mapping, string]>([
  [{ kind: 'pls', components: 12 }, 'PLS with 12 components'],
  [{ kind: 'ridge', alpha: 2 }, 'ridge with alpha 2'],
  [{ kind: 'ridge-cv', alphas: [0.5, 500] }, 'ridge with alpha 0.5 (chosen within each training fold)'],
  [{ kind: 'linear' }, 'least squares'],
])('the mapping is the benchmark’s: %j', async (mapping, label) => {
  const few = { splits: benchmark.recordings.splits.slice(0, 2), bootstrap: { draws: 20, seed: 1 } };
  const of = withRecordings({ ...benchmark, bins: benchmark.bins.slice(7, 13) }, { ...few, mapping });
  const responses = benchmark.recordings.responses.slice(7, 13);
  const found = await run(await model('mapped', ['late']), 1, 180, withRecordings(of, { responses }));
  const late = score(found, 'predictivity_late');
  expect(late.note).toContain(label);
  expect(late.value).toBeGreaterThan(0.8);
});
