import type { RunFailure, Score } from '@corescore/contracts';
import { describe, expect, test } from 'vitest';
import { clockSentence, inputSentence } from '../src/format/manifest.js';
import { fixed, formatBytes, formatInterval, formatNumber, formatQuantity, plural } from '../src/format/numbers.js';
import {
  ceilingText,
  delayBoundText,
  failureRemedy,
  failureWords,
  findScore,
  gapSentence,
  nullRowsText,
  reasonWords,
  scoreText,
  solvedText,
} from '../src/format/scores.js';
import { formatDateTime, formatDuration, formatRemaining, remainingMs } from '../src/format/time.js';
import { leaderboard, runs } from './support/fixtures.js';

const score = (over: Partial<Score>): Score => ({
  metric: 'ost_rho',
  subset: 'all',
  region: 'IT',
  value: 0.0596,
  unit: 'rho',
  n: 492,
  nTotal: 660,
  ...over,
});

describe('numbers', () => {
  test('have a real minus sign and no negative zero', () => {
    expect(fixed(-0.0304, 2)).toBe('−0.03');
    expect(fixed(-0.0004, 2)).toBe('0.00');
  });

  test.each([
    [0.0596, 'rho', '0.060'],
    [5.5408, 'ms', '5.5 ms'],
    [0.8838, 'fraction', '88.4 %'],
    [492, 'images', '492'],
    [1.4821, 'd′', '1.48 d′'],
    [0.0004, 'p', '0.0004'],
    [0.5, 'something else', '0.500'],
  ])('%d %s reads %s', (value, unit, text) => {
    expect(formatQuantity(value, unit)).toBe(text);
  });

  test('a fraction is a percentage without its sign where the column has it', () => {
    expect(formatNumber(1, 'fraction')).toBe('100.0');
  });

  test('intervals are in the unit of the value, with "to" between the bounds', () => {
    expect(formatInterval(-0.0304, 0.1496, 'rho')).toBe('−0.03 to 0.15');
    expect(formatInterval(0.849, 0.918, 'fraction')).toBe('84.9 to 91.8');
  });

  test('bytes and counts', () => {
    expect([0, 999, 1000, 437_112, 4_294_967_296].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '437 kB',
      '4.3 GB',
    ]);
    expect([plural(1, 'run'), plural(0, 'run'), plural(1200, 'image')]).toEqual(['1 run', '0 runs', '1,200 images']);
  });
});

describe('scores', () => {
  test('print the value with its interval', () => {
    expect(scoreText(score({ low: -0.03, high: 0.15 }))).toBe('0.060 (−0.03 to 0.15)');
    expect(scoreText(score({}))).toBe('0.060');
  });

  test('say in words why they are absent, and never print 0 for it', () => {
    expect(scoreText(score({ value: null, reason: 'not_temporal' }))).toBe('not temporal');
    expect(scoreText(score({ value: null, reason: 'never_solved' }))).toBe('never solved');
    expect(scoreText(undefined)).toBe('not run');
    expect(reasonWords(score({ value: null }))).toBe('undefined');
    expect(scoreText(score({ value: 0 }))).toBe('0.000');
  });

  test('are found by metric, subset and region', () => {
    const scores = [score({ region: 'V4' }), score({ subset: 'control', value: 1 }), score({ value: 2 })];
    expect(findScore(scores, 'ost_rho')?.value).toBe(2);
    expect(findScore(scores, 'ost_rho', 'control')?.value).toBe(1);
    expect(findScore(scores, 'ost_rho', 'challenge')).toBeUndefined();
  });

  test('ceiled by one rule: r² or R² over the ceiling, and beside an r the most it can be, √ceiling', () => {
    const base: Score = { ...score({}), ceiling: 0.81, ceiled: 0.25 };
    expect(ceilingText({ ...base, unit: 'r' })).toBe(
      'ceiled, r² / ceiling: 0.250; ceiling 0.810, so that r is at most √ceiling = 0.900',
    );
    expect(ceilingText({ ...base, unit: 'fraction' })).toBe('ceiled, R² / ceiling: 0.250; ceiling 0.810');
    expect(ceilingText(score({}))).toBeUndefined();
  });

  test('rank correlations and delays of solution times say over how many solved images they are', () => {
    expect(solvedText(score({}))).toBe('over 492 solved images');
    expect(solvedText(score({ metric: 'ost_delay_mean' }))).toBe('over 492 solved images');
    expect(solvedText(score({ metric: 'ost_delay_mean', n: 660 }))).toBeNull();
    expect(solvedText(score({ metric: 'predictivity_late', n: 429 }))).toBeNull();
  });

  test('the mean delay stands with its bound, at the time at which the benchmark ends', () => {
    const { scores } = runs.find((run) => run.model.name === 'bl-64')!;
    expect(delayBoundText(scores, 250)).toBe('65.8 ms with never-solved at 250 ms');
    expect(delayBoundText(scores, null)).toBe('65.8 ms with never-solved at the end of the target’s time');
    const it = runs.find((run) => run.model.name === 'simulated-it')!;
    expect(delayBoundText(it.scores, 250)).toBeNull();
    expect(delayBoundText([], 250)).toBeNull();
  });

  test('what the null rows of the board get is read from the rows, not known', () => {
    const text = nullRowsText(leaderboard.rows, 'ost_concordance_matched')!;
    expect(text).toMatch(/^Null rows of this board: threshold only 0\.551 \(0\.52 to 0\.58\); feed-forward \+ ramp/);
    expect(text).toContain('difficulty look-up');
    const models = leaderboard.rows.filter((row) => row.role !== 'null');
    expect(nullRowsText(models, 'ost_concordance_matched')).toBeNull();
  });

  test('the sparkline has a text alternative', () => {
    expect(gapSentence(118, 148)).toBe('Challenge solved at 148 ms, Control at 118 ms, gap 30 ms');
    expect(gapSentence(118.4, 116.2)).toBe('Challenge solved at 116 ms, Control at 118 ms, gap −2 ms');
    expect(gapSentence(118, null)).toBe('Challenge never solved, Control solved at 118 ms');
    expect(gapSentence(null, null)).toBe('No image is solved');
  });
});

describe('failures', () => {
  const failure: RunFailure = { kind: 'out_of_memory', code: 'model_out_of_memory', detail: 'over 4 GiB' };

  test('have words and a remedy of their own kind, unless one came with them', () => {
    expect(failureWords(failure)).toBe('out of memory');
    expect(failureRemedy(failure)).toContain('dynamic batch size');
    expect(failureRemedy({ ...failure, remedy: 'Record fewer features.' })).toBe('Record fewer features.');
  });

  test('an infrastructure failure does not blame the model', () => {
    expect(failureWords({ ...failure, kind: 'infrastructure' })).toBe('the service failed, not the model');
  });
});

describe('times', () => {
  test.each([
    [-5, '0.0 s'],
    [412, '0.4 s'],
    [9949, '9.9 s'],
    [9960, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [3_725_000, '1 h 02 min'],
  ])('%d ms lasts %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('are told in UTC', () => {
    expect(formatDateTime('2026-11-24T20:30:00.000Z')).toBe('24 November 2026, 20:30 UTC');
  });

  test('the time left goes by the pace so far', () => {
    expect(remainingMs(120, 660, 12_000)).toBe(54_000);
    expect(remainingMs(660, 660, 12_000)).toBe(0);
  });

  test('no time left is guessed from nothing', () => {
    expect(remainingMs(0, 660, 12_000)).toBeNull();
    expect(remainingMs(10, 660, 200)).toBeNull();
    expect(remainingMs(10, 0, 12_000)).toBeNull();
  });

  test.each([
    [null, 'estimating the time left'],
    [0, 'almost done'],
    [4000, 'a few seconds left'],
    [54_000, 'about 50 s left'],
    [240_000, 'about 4 min left'],
    [7_200_000, 'about 2 h left'],
  ])('%s reads "%s"', (ms, text) => {
    expect(formatRemaining(ms)).toBe(text);
  });
});

describe('manifests', () => {
  test('a clock is told with its onset, its step and that it is declared', () => {
    expect(clockSentence({ onsetMs: 70, stepMs: 36 })).toBe('first step at 70 ms, 36 ms a step (declared)');
    expect(clockSentence({ onsetMs: 70, stepMs: 12.5, firstStep: 2 })).toBe(
      'first step at 70 ms, 12.5 ms a step, from step 2 (declared)',
    );
    const windowsMs: [number, number][] = [
      [70, 90],
      [90, 150],
    ];
    expect(clockSentence({ windowsMs })).toBe('2 windows between 70 and 150 ms (declared)');
    expect(clockSentence(undefined)).toContain('feed-forward');
  });

  test('the input has its size, colours and visual degrees', () => {
    const input = { name: 'x', layout: 'NCHW', size: [64, 48], channels: 3, visualDegrees: 8 } as const;
    const manifest = { manifestVersion: 1, name: 'm', kind: 'onnx', regions: { IT: { output: 'it' } } } as const;
    expect(inputSentence({ ...manifest, input: { ...input, size: [64, 48] } })).toBe('64 × 48 RGB over 8°');
    expect(inputSentence({ ...manifest, input: { ...input, size: [64, 48], channels: 1 } })).toBe(
      '64 × 48 gray over 8°',
    );
  });
});
