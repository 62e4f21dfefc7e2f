import { clockWindows } from '@corescore/metrics';
import { expect, test } from 'vitest';
import { binMixtures, coverage } from '../src/scoring/mixtures.js';

const bins = Array.from({ length: 18 }, (_, k) => ({ startMs: 70 + 10 * k, endMs: 80 + 10 * k }));

test('five steps of 36 ms over 18 bins of 10 ms: nine distinct mixtures, each decoded once', () => {
  const { mixtures, ofBin } = binMixtures(clockWindows({ onsetMs: 70, stepMs: 36 }, 5), bins, 0);
  expect(mixtures).toHaveLength(9);
  // By hand: step 0 ends at 106 ms, so the bin 100-110 is 6 parts of it and 4 of step 1.
  expect(ofBin.slice(0, 5)).toEqual([0, 0, 0, 1, 2]);
  expect(Array.from(mixtures[1])).toEqual([0.6, 0.4, 0, 0, 0]);
  for (const mixture of mixtures) expect(mixture.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  expect(coverage(ofBin, bins)).toBe('covers 70-250 of 70-250 ms');
});

test('leading steps before firstStep get no weight', () => {
  const { mixtures } = binMixtures(clockWindows({ onsetMs: 70, stepMs: 180, firstStep: 2 }, 3), bins, 2);
  expect(mixtures.map((m) => Array.from(m))).toEqual([[0, 0, 1]]);
});

test('bins outside the clock have no mixture and the report says what is covered', () => {
  const { ofBin } = binMixtures(clockWindows({ onsetMs: 100, stepMs: 30 }, 3), bins, 0);
  expect(ofBin.map((b) => b >= 0)).toEqual(bins.map((b) => b.startMs >= 100 && b.startMs < 190));
  expect(coverage(ofBin, bins)).toBe('covers 100-190 of 70-250 ms');
});
