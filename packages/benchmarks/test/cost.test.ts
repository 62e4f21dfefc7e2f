import type { Extraction } from '@corescore/runtime';
import { expect, test } from 'vitest';
import { costFindings, costOf } from '../src/validate/cost.js';

const IT = { path: '', steps: 1, stimuli: 32, features: 4, temporal: false, imageFrom: 0, shape: [4] };
const extraction = { peakMemoryBytes: 1, wallMs: 5000, regions: { IT } } as unknown as Extraction;
const limits = { wallSeconds: 10, memoryBytes: 1, maxActivationBytes: 1e9, threads: 1 };

test('the start is told apart from what an image takes', () => {
  const ticks = [
    { done: 32, atMs: 1032 },
    { done: 64, atMs: 1064 },
    { done: 96, atMs: 1096 },
  ];
  expect(costOf(extraction, ticks, 660)).toMatchObject({ startMs: 1000, msPerImage: 1, predictedMs: 1660 });
});

test('images that came in one batch are not divided by the start', () => {
  const one = costOf(extraction, [{ done: 32, atMs: 1000 }], 660);
  expect(one).toMatchObject({ startMs: 1000, msPerImage: null, predictedMs: null });
  expect(costFindings(one, extraction, 660, limits)).toEqual([]);
});

test('a prediction over the limit is a warning, never an error', () => {
  const ticks = [
    { done: 1, atMs: 1000 },
    { done: 2, atMs: 2000 },
  ];
  expect(costFindings(costOf(extraction, ticks, 660), extraction, 660, limits)).toMatchObject([
    { severity: 'warning', code: 'slow', message: expect.stringContaining('about 660 s') },
  ]);
});
