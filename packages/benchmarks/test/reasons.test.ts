import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { METRICS, metricsOf, type Score } from '@corescore/contracts';
import { writeNpyFloat32 } from '@corescore/formats';
import { RandomState } from '@corescore/metrics';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Activations, type Benchmark, difficultyLookUp, scoreActivations, scoreControls } from '../src/index.js';
import { giveReason } from '../src/scoring/reasons.js';
import { IMAGES, smallBenchmark } from './support/small-benchmark.js';

let folder: string;
let benchmark: Benchmark;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corescore-reasons-'));
  benchmark = smallBenchmark();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A value, or why there is none; "undefined" alone says nothing. */
function expectReasons(scores: readonly Score[]): void {
  for (const score of scores) {
    const name = `${score.metric} ${score.subset}: ${JSON.stringify(score)}`;
    if (score.value === null) expect(score.reason, name).toBeDefined();
    else expect([Number.isFinite(score.value), score.reason], name).toEqual([true, undefined]);
    if (score.reason === 'undefined') expect(score.note, name).toBeTruthy();
  }
}

const CLOCK = { onsetMs: 70, stepMs: 10 };
const random = new RandomState(3);
const noise = () => random.rand();

test.each<
  [
    string,
    { features: number; steps: number; clock?: Activations['clock']; value: (step: number, image: number) => number },
  ]
>([
  ['the same for all images', { features: 3, steps: 4, clock: CLOCK, value: (step) => step }],
  ['the same for all images in the first steps', { features: 3, steps: 4, clock: CLOCK, value: (step) => (step < 2 ? 1 : noise()) }], // biome-ignore format: a row each
  ['the same for all Challenge images', { features: 3, steps: 4, clock: CLOCK, value: (step, image) => (image >= IMAGES / 2 ? step : noise()) }], // biome-ignore format: a row each
  ['of one image alone', { features: 3, steps: 4, clock: CLOCK, value: (_, image) => (image === 0 ? 1 : 0) }],
  ['of one feature, without time', { features: 1, steps: 1, value: noise }],
  ['of a clock that covers one bin', { features: 3, steps: 1, clock: { windowsMs: [[90, 100]] }, value: noise }],
  ['of a clock that covers the end', { features: 3, steps: 2, clock: { ...CLOCK, onsetMs: 90 }, value: noise }],
  ['as large as they get', { features: 3, steps: 4, clock: CLOCK, value: () => 1e30 * noise() }],
])('no score is absent without a reason: activations %s', async (name, { features, steps, clock, value }) => {
  const path = join(folder, `${name.replaceAll(/\W/g, '-')}.npy`);
  const data = Float32Array.from({ length: steps * IMAGES * features }, (_, at) => {
    const row = Math.floor(at / features);
    return value(Math.floor(row / IMAGES), row % IMAGES);
  });
  await writeNpyFloat32(path, [steps, IMAGES, features], data);
  const activations = { path, clock, temporal: clock !== undefined };
  const { scores } = await scoreActivations(benchmark, activations, { threads: 1 });
  expect(scores.length).toBeGreaterThan(20);
  expectReasons(scores);
  for (const report of await scoreControls(benchmark, activations, { threads: 1 })) {
    expect(report.scores.map(({ metric }) => metric)).toEqual(expect.arrayContaining(metricsOf(report.control)));
    expectReasons(report.scores);
  }
});

test('no score is absent without a reason: a row without features', async () => {
  expectReasons((await difficultyLookUp(benchmark, { threads: 1 })).scores);
});

test('a value that is no number becomes a reason, whatever the metric', () => {
  for (const metric of Object.keys(METRICS)) {
    for (const value of [null, Number.NaN, Number.POSITIVE_INFINITY]) {
      const score: Score = { metric, subset: 'all', region: 'IT', unit: '', n: 0, nTotal: 1, value, low: 0, high: 1 };
      expectReasons([giveReason(score), giveReason({ ...score, reason: 'undefined' })]);
    }
    const known: Score = {
      metric,
      subset: 'all',
      region: 'IT',
      unit: '',
      n: 0,
      nTotal: 1,
      value: null,
      reason: 'not_run',
    };
    expect(giveReason(known)).toEqual(known);
  }
});
