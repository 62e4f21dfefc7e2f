import type { ImageResults, RunView } from '@corescore/contracts';
import { describe, expect, test } from 'vitest';
import { binEdges, coursePoints, isOverTime, solutionTimes } from '../src/charts/courses.js';
import { chooseRun } from '../src/model/choose-run.js';
import { bracketsOf, curveOf, imageRows, imageSentence, scoredBracket, selectImages } from '../src/model/images.js';
import { imagesOfRun, runId, runs, seriesOfRun } from './support/fixtures.js';

const bl64 = imagesOfRun(runId('bl-64'))!;
const ff64 = imagesOfRun(runId('ff-64'))!;

describe('time courses', () => {
  test('have a point a bin and band', () => {
    const points = coursePoints(seriesOfRun(runId('bl-64')), 'accuracy');
    expect(points).toHaveLength(36);
    expect(isOverTime(points)).toBe(true);
    expect(points[0]).toMatchObject({ band: 'control', startMs: 70 });
    expect(points.every((p) => p.low! < p.value && p.value < p.high!)).toBe(true);
  });

  test('leave out bins that are undefined', () => {
    const [first, ...others] = seriesOfRun(runId('bl-64'));
    const holed = { ...first!, values: [null, ...first!.values.slice(1)] };
    expect(coursePoints([holed, ...others], 'accuracy')).toHaveLength(35);
  });

  test('of a model without time are one point a band, and not over time', () => {
    const points = coursePoints(seriesOfRun(runId('ff-64')), 'i1');
    expect(points.map((p) => p.startMs)).toEqual([null, null]);
    expect(isOverTime(points)).toBe(false);
    expect(isOverTime([])).toBe(false);
  });
});

describe('solution times', () => {
  test('count every image once: with a time, or never solved', () => {
    const { times, unsolved, meanMs } = solutionTimes(bl64);
    expect(times).toHaveLength(492);
    expect(unsolved).toEqual({ control: 24, challenge: 144 });
    expect(meanMs.challenge! - meanMs.control!).toBeCloseTo(5.5408, 3);
  });

  test('of a model without time have no mean', () => {
    expect(solutionTimes(ff64).meanMs).toEqual({ control: null, challenge: null });
  });

  test('the histogram has the bins of the benchmark', () => {
    expect(binEdges([70, 80, 90])).toEqual([70, 80, 90, 100]);
    expect(binEdges([null])).toEqual([]);
  });
});

describe('image by image', () => {
  const rows = imageRows(bl64);
  const all = { band: null, object: null };

  test('the largest differences come first, images without one last', () => {
    const [first, second, ...rest] = selectImages(rows, { ...all, order: 'difference' });
    expect(Math.abs(first!.differenceMs!)).toBeGreaterThanOrEqual(Math.abs(second!.differenceMs!));
    expect(rest.at(-1)!.differenceMs).toBeNull();
  });

  test('latest, earliest and never solved', () => {
    const solved = rows.flatMap((r) => r.ostMs ?? []);
    expect(selectImages(rows, { ...all, order: 'late' })[0]!.ostMs).toBe(Math.max(...solved));
    expect(selectImages(rows, { ...all, order: 'early' })[0]!.ostMs).toBe(Math.min(...solved));
    const unsolved = selectImages(rows, { ...all, order: 'unsolved' });
    expect(unsolved.slice(0, 168).every((r) => r.reason === 'never_solved')).toBe(true);
    expect(unsolved[168]!.ostMs).not.toBeNull();
  });

  test('by band and object', () => {
    const found = selectImages(rows, { order: 'id', band: 'challenge', object: 'dog' });
    expect(found).toHaveLength(33);
    expect(found.every((r) => r.band === 'challenge' && r.object === 'dog')).toBe(true);
    expect(found.map((r) => r.id)).toEqual(found.map((r) => r.id).sort());
  });

  test('a curve has the bins that are defined; a model without time has none', () => {
    expect(curveOf(bl64, 0)).toHaveLength(18);
    expect(curveOf(ff64, 0)).toEqual([]);
    const holed: ImageResults = { ...bl64, i1: [bl64.i1[0]!.map(() => null), ...bl64.i1.slice(1)] };
    expect(curveOf(holed, 0)[0]!.startMs).toBe(80);
  });
});

describe('the bins a solution time is read between', () => {
  const curve = (...i1: number[]) => i1.map((value, k) => ({ startMs: 70 + 10 * k, i1: value }));
  const starts = (found: ReturnType<typeof bracketsOf>) =>
    found && [found.best, found.previous].map((pair) => pair.map((p) => p.startMs));
  const images = (i1: number[][]): ImageResults => ({
    ...bl64,
    i1: i1[0]!.map((_, bin) => i1.map((one) => one[bin]!)),
    binStartsMs: i1[0]!.map((_, k) => 70 + 10 * k),
    stimulusIds: i1.map((_, k) => `image ${k}`),
    thresholds: i1.map(() => 1.2),
  });

  // The worked cases of METRICS 4, threshold 1.2.
  test('are the hit and the best bin before it, and the one just before', () => {
    expect(starts(bracketsOf(curve(0.1, 0.4, 0.9, 1.6, 2), 1.2))).toEqual([
      [90, 100],
      [90, 100],
    ]);
    expect(starts(bracketsOf(curve(0.1, 0.9, 0.3, 1.5, 2), 1.2))).toEqual([
      [80, 100],
      [90, 100],
    ]);
  });

  test('are not there without a hit, or with one in the first bin', () => {
    expect(bracketsOf(curve(0.1, 0.2, 0.3), 1.2)).toBeNull();
    expect(bracketsOf(curve(1.5, 1, 1), 1.2)).toBeNull();
  });

  test('both rules’ times stand beside each image, and which of them the run’s own are is found', () => {
    const dipping = images([
      [0.1, 0.9, 0.3, 1.5, 2],
      [1.5, 1, 1, 1, 1],
      [0.1, 0.2, 0.3, 0.4, 0.5],
    ]);
    const of = (ostMs: (number | null)[]) => imageRows({ ...dipping, ostMs });
    const [first, second, third] = of([90, 70, null]);
    expect(first!.byRule).toEqual({ best: expect.closeTo(90, 9), previous: expect.closeTo(97.5, 9) });
    expect(second!.byRule).toEqual({ best: 70, previous: 70 });
    expect(third!.byRule).toEqual({ best: null, previous: null });
    expect(scoredBracket(of([90, 70, null]))).toBe('best');
    expect(scoredBracket(of([97.5, 70, null]))).toBe('previous');
    expect(scoredBracket(imageRows(ff64))).toBeNull();
    expect(imageSentence(first!, 'best')).toContain('from the bin just before it is 97.5 ms');
    expect(imageSentence(second!, 'best')).not.toContain('just before');
  });

  test('explain every time of the reference; 29 of its 660 images move by more than 5 ms between the rules', () => {
    const rows = imageRows(imagesOfRun(runId('simulated-it'))!);
    expect(scoredBracket(rows)).toBe('best');
    // The reference's curves are rounded to four decimals.
    expect(rows.filter((row) => Math.abs(row.byRule.best! - row.ostMs!) < 0.5)).toHaveLength(660);
    expect(rows.filter(({ byRule }) => Math.abs(byRule.best! - byRule.previous!) > 5)).toHaveLength(29);
  });
});

describe('the run shown', () => {
  const older: RunView = { ...runs[0]!, id: 'a', submittedAt: '2026-11-24T10:00:00.000Z' };
  const newer: RunView = { ...runs[0]!, id: 'b', submittedAt: '2026-11-24T11:00:00.000Z' };
  const running: RunView = { ...newer, id: 'c', submittedAt: '2026-11-24T12:00:00.000Z', status: 'scoring' };

  test('is the one asked for, else the newest that is scored', () => {
    expect(chooseRun([older, newer, running], 'a')?.id).toBe('a');
    expect(chooseRun([older, newer, running], null)?.id).toBe('b');
    expect(chooseRun([older, newer, running], 'c')?.id).toBe('b');
    expect(chooseRun([running], null)).toBeUndefined();
  });

  test('is, of runs that score each other again, the last; one that scores an older submission again is no newer', () => {
    const newerAgain: RunView = { ...newer, id: 'd', supersedes: 'b' };
    const olderAgain: RunView = { ...older, id: 'e', supersedes: 'a' };
    expect(chooseRun([older, newer, newerAgain, olderAgain], null)?.id).toBe('d');
  });
});
