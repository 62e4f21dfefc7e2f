import { describe, expect, it } from 'vitest';
import { pairedDraws, RandomState, rankIntervals, type Statistic, tieClasses } from '../../src/index.js';

const meanOf =
  (x: ArrayLike<number>): Statistic =>
  (rows) =>
    rows.reduce((sum, i) => sum + x[i], 0) / rows.length;
const normals = (random: RandomState, n: number): number[] =>
  Array.from({ length: n }, () => Math.sqrt(-2 * Math.log(1 - random.rand())) * Math.cos(2 * Math.PI * random.rand()));

const noise = normals(new RandomState(1), 40);

describe('rankIntervals', () => {
  it('takes the same images for all models: a shared noise far above the gaps moves no rank (exact)', () => {
    const board = [0.002, 0.003, 0.001].map((gap) => meanOf(noise.map((v) => v + gap)));
    expect(rankIntervals(pairedDraws(board, 40, 500, 3))).toEqual([
      { rank: 2, low: 2, high: 2 },
      { rank: 1, low: 1, high: 1 },
      { rank: 3, low: 3, high: 3 },
    ]);
  });

  it('lets equal models share the better place, from best to worst of the tie (exact)', () => {
    const board = [meanOf(noise), meanOf(noise), meanOf(noise.map((v) => v - 1))];
    expect(rankIntervals(pairedDraws(board, 40, 500, 3))).toEqual([
      { rank: 1, low: 1, high: 2 },
      { rank: 1, low: 1, high: 2 },
      { rank: 3, low: 3, high: 3 },
    ]);
  });

  it('ranks no absent model, and an absent one moves nobody (exact)', () => {
    const scored = [meanOf(noise), meanOf(normals(new RandomState(2), 40))];
    const [first, second] = rankIntervals(pairedDraws(scored, 40, 500, 3));
    const board = [null, scored[0], () => null, scored[1]];
    expect(rankIntervals(pairedDraws(board, 40, 500, 3))).toEqual([null, first, null, second]);
    expect(rankIntervals(pairedDraws([], 40, 500, 3))).toEqual([]);
  });

  it('asks the draws in which both are defined; over a tenth without one of them: it tells nothing (exact)', () => {
    const values = Float64Array.of(2, 1);
    const draws = (undefinedDraws: number) =>
      Float64Array.from({ length: 100 }, (_, draw) => (draw < undefinedDraws ? Number.NaN : 2));
    const ranks = (undefinedDraws: number) =>
      rankIntervals({ values, draws: [draws(undefinedDraws), new Float64Array(100).fill(1)] });
    expect(ranks(1)).toEqual([
      { rank: 1, low: 1, high: 1 },
      { rank: 2, low: 2, high: 2 },
    ]);
    expect(ranks(8)[0]).toEqual({ rank: 1, low: 1, high: 1 });
    expect(ranks(11)[0]).toEqual({ rank: 1, low: null, high: null });
    expect(ranks(11)[1]).toEqual({ rank: 2, low: 1, high: 2 });
  });

  it('covers the planted ranks of 8 models on 100 boards (at least 93 %)', () => {
    const random = new RandomState(7);
    let covered = 0;
    for (let seed = 0; seed < 100; seed++) {
      const images = normals(random, 80);
      const board = Array.from({ length: 8 }, (_, m) => {
        const own = normals(random, 80);
        return meanOf(images.map((v, i) => v + own[i] - 0.1 * m));
      });
      for (const [m, interval] of rankIntervals(pairedDraws(board, 80, 200, seed)).entries()) {
        if (interval!.low! <= m + 1 && m + 1 <= interval!.high!) covered++;
      }
    }
    expect(covered / 800).toBeGreaterThan(0.93);
  });
});

describe('on boards of 12 near equals', () => {
  // Gaps of a hundredth of the noise: whose place is first is all but chance.
  const random = new RandomState(9);
  const boards = Array.from({ length: 60 }, (_, seed) => {
    const images = normals(random, 80);
    const board = Array.from({ length: 12 }, (_, m) => {
      const own = normals(random, 80);
      return meanOf(images.map((v, i) => v + own[i] - 0.001 * m));
    });
    return pairedDraws(board, 80, 200, seed);
  });

  it('the first and the last still have their rank in the interval (at least 90 % of 120; quantiles of ranks: half)', () => {
    const covered = boards.reduce((sum, board) => {
      const ranks = rankIntervals(board);
      return sum + (ranks[0]!.low === 1 ? 1 : 0) + (ranks[11]!.high === 12 ? 1 : 0);
    }, 0);
    expect(covered / 120).toBeGreaterThanOrEqual(0.9);
  });

  it('all stand in one class (at least 85 % of 60 boards; with a limit for each pair alone: a third)', () => {
    const whole = boards.filter((board) => tieClasses(board).every((c) => c === 1)).length;
    expect(whole / 60).toBeGreaterThanOrEqual(0.85);
  });
});

describe('tieClasses', () => {
  const board = (...models: number[][]) => ({
    values: Float64Array.from(models, (draws) => draws.reduce((a, b) => a + b, 0) / draws.length),
    draws: models.map((draws) => Float64Array.from({ length: 200 }, (_, draw) => draws[draw % draws.length])),
  });

  it('never chains: B tied to A and C to B does not tie C to A (exact)', () => {
    expect(tieClasses(board([5, 5], [7, 2], [4, 4]))).toEqual([1, 1, 2]);
  });

  it('lets no model pass a better one: D, too noisy to tell from A, stays with C (exact)', () => {
    expect(tieClasses(board([5, 5], [4, 4], [9, -2]))).toEqual([1, 2, 2]);
  });

  it('is by score, not by place in the list; equal scores share a class, absent ones have none (exact)', () => {
    const absent = [Number.NaN, Number.NaN];
    expect(tieClasses(board([1, 1], absent, [5, 5], [1, 1], [3, 3]))).toEqual([3, null, 1, 3, 2]);
    expect(tieClasses(board())).toEqual([]);
  });

  it('tells models apart by their paired difference, however wide each one’s own interval (exact)', () => {
    const scores = [0, 0.5].map((gap) => meanOf(noise.map((v) => 10 * v + gap)));
    expect(tieClasses(pairedDraws(scores, 40, 500, 1))).toEqual([2, 1]);
  });
});
