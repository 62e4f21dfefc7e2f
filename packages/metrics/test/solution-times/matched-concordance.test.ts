import { describe, expect, it } from 'vitest';
import {
  bootstrap,
  concordance,
  matchedCells,
  matchedConcordance,
  matchedConcordanceOfRows,
  RandomState,
} from '../../src/index.js';

const NEVER = Number.NaN;
const ONE_CELL = new Int32Array(4);
const TARGET = Float64Array.of(90, 100, 110, 120);

describe('matchedConcordance', () => {
  it('is 1 for the same order, 0 for the reverse, .5 for a model that orders nothing (exact)', () => {
    expect(matchedConcordance([1, 2, 3, 4], TARGET, ONE_CELL)).toBe(1);
    expect(matchedConcordance([4, 3, 2, 1], TARGET, ONE_CELL)).toBe(0);
    for (const time of [70, NEVER]) expect(matchedConcordance([time, time, time, time], TARGET, ONE_CELL)).toBe(0.5);
  });

  it('is Harrell’s index in one cell when nothing is tied or unsolved (1e-12)', () => {
    const random = new RandomState(3);
    const target = Float64Array.from({ length: 50 }, () => random.rand());
    const ost = target.map((t) => t + random.rand());
    const found = matchedConcordance(ost, target, new Int32Array(50))!;
    expect(Math.abs(found - concordance(ost, target).value!)).toBeLessThan(1e-12);
  });

  it('counts an open pair half, an unsolved image after the solved ones, and no pair across cells (exact)', () => {
    // Pairs of cell 0: (90, 100) open on the model's side. Of cell 1: 110 solved before 120, which is never.
    expect(matchedConcordance([70, 70, 80, NEVER], TARGET, Int32Array.of(0, 0, 1, 1))).toBe(0.75);
    // A tie of the target is open too.
    expect(matchedConcordance([70, 80], [100, 100], new Int32Array(2))).toBe(0.5);
    expect(matchedConcordance([70, 80], [90, 100], Int32Array.of(0, 1))).toBeNull();
  });

  it('leaves nothing to a model that fails on all hard images, which reaches .9 unmatched (0.01)', () => {
    const random = new RandomState(5);
    const load = Float64Array.from({ length: 400 }, () => random.rand());
    const thresholds = load.map(() => random.rand());
    const target = load.map((l) => 100 + 50 * l + 5 * random.rand());
    const ost = load.map((l) => (l > 0.5 ? NEVER : 70));
    expect(concordance(ost, target).value).toBeGreaterThan(0.9);
    // The one cell that straddles the step between easy and hard holds a tenth of the images, of which few are unlike.
    expect(Math.abs(matchedConcordance(ost, target, matchedCells(load, thresholds))! - 0.5)).toBeLessThan(0.01);
  });

  it('counts drawn images as often as drawn, never an image against itself (1e-12)', () => {
    const of = matchedConcordanceOfRows([1, 3, 2, NEVER], TARGET, ONE_CELL);
    // (90, 100) twice in order; (100, 110) is out of order, once each way of two copies of 110 is 2 pairs; (90, 110) 2.
    expect(Math.abs(of(Int32Array.of(0, 1, 2, 2))! - 3 / 5)).toBeLessThan(1e-12);
    expect(of(Int32Array.of(1, 1, 1, 1))).toBeNull();
    const interval = bootstrap(4, 200, 1, of)!;
    expect(interval.low).toBeLessThan(interval.high);
  });

  it('refuses a target without a time, and arrays over other images', () => {
    expect(() => matchedConcordance([1, 2], [90, NEVER], new Int32Array(2))).toThrow(
      expect.objectContaining({ code: 'metric_undefined', field: 'target' }),
    );
    expect(() => matchedConcordance([1, 2], TARGET, ONE_CELL)).toThrow(RangeError);
    expect(() => matchedCells([1, 2], [1])).toThrow(RangeError);
  });
});

describe('matchedCells', () => {
  it('crosses ten shares of difficulty with five of threshold, equal in size (exact)', () => {
    const rows = Array.from({ length: 500 }, (_, i) => i);
    const cells = matchedCells(
      rows.map((i) => i % 10),
      rows.map((i) => Math.floor(i / 10) % 5),
    );
    const counts = new Array<number>(50).fill(0);
    for (const cell of cells) counts[cell]++;
    expect(counts).toEqual(new Array(50).fill(10));
    expect([cells[0], cells[9], cells[49]]).toEqual([0, 45, 49]);
  });
});
