import { describe, expect, it } from 'vitest';
import { heldOutShare, RandomState, spread, stratifiedKFold, wilson } from '../../src/index.js';

const folds = (n: number, k: number) => Int32Array.from({ length: n }, (_, i) => i % k);

describe('heldOutShare: no Wilson interval of rows that were decoded with one another', () => {
  it('folds that agree: Wilson’s with the rows that the folds’ common training is worth, 1 / (1 + K / (K - 1)) of them', () => {
    const hits = Uint8Array.from({ length: 200 }, (_, i) => (i % 20 < 10 ? 1 : 0));
    const found = heldOutShare(hits, folds(200, 10));
    expect(found.value).toBe(0.5);
    const { low, high } = wilson(100 / (1 + 10 / 9), 200 / (1 + 10 / 9));
    expect([found.low, found.high]).toEqual([low, high]);
  });

  it('folds that differ widen it: one right, one wrong throughout', () => {
    const halves = Uint8Array.from({ length: 200 }, (_, i) => i % 2);
    const apart = heldOutShare(halves, folds(200, 2));
    const alike = heldOutShare(
      halves,
      Int32Array.from(halves, (_, i) => (i < 100 ? 0 : 1)),
    );
    expect(apart.value).toBe(alike.value);
    expect(apart.high - apart.low).toBeGreaterThan(4 * (alike.high - alike.low));
    expect(apart.low).toBeGreaterThanOrEqual(0);
    expect(apart.high).toBeLessThanOrEqual(1);
  });

  it('never right and always right: bounded, and not a point', () => {
    const none = heldOutShare(new Uint8Array(30), folds(30, 5));
    expect(none).toMatchObject({ value: 0, low: 0 });
    expect(none.high).toBeGreaterThan(0.1);
    const all = heldOutShare(new Uint8Array(30).fill(1), folds(30, 5));
    expect(all).toMatchObject({ value: 1, high: 1 });
    expect(all.low).toBeCloseTo(1 - none.high, 14);
  });

  it('holds the truth of folds whose classifiers are better and worse, where Wilson’s does not (seeded, 400 sets)', () => {
    const random = new RandomState(2);
    const fold = stratifiedKFold(
      Array.from({ length: 400 }, (_, i) => String(i % 4)),
      10,
      1,
    );
    let [ours, plain] = [0, 0];
    for (let set = 0; set < 400; set++) {
      const level = Array.from({ length: 10 }, () => 0.2 + 0.6 * random.rand());
      const hits = Uint8Array.from(fold, (k) => (random.rand() < level[k] ? 1 : 0));
      const inside = ({ low, high }: { low: number; high: number }) => low <= 0.5 && high >= 0.5;
      if (inside(heldOutShare(hits, fold))) ours++;
      if (
        inside(
          wilson(
            hits.reduce((sum, hit) => sum + hit, 0),
            400,
          ),
        )
      )
        plain++;
    }
    expect(plain / 400).toBeLessThan(0.75);
    expect(ours / 400).toBeGreaterThanOrEqual(0.95);
  });

  it('refuses a single fold and folds of other rows', () => {
    expect(() => heldOutShare(new Uint8Array(3), new Int32Array(3))).toThrow(RangeError);
    expect(() => heldOutShare(new Uint8Array(3), new Int32Array(2))).toThrow(RangeError);
  });
});

describe('spread', () => {
  it('mean, standard deviation, ends, and Student’s interval of another value (t of 4 degrees: 2.7764)', () => {
    const found = spread([1, 2, 3, 4, 5]);
    const half = 2.776445 * Math.sqrt(2.5) * Math.sqrt(1 + 1 / 5);
    expect(found).toMatchObject({ mean: 3, deviation: Math.sqrt(2.5), least: 1, most: 5 });
    expect(found.low).toBeCloseTo(3 - half, 5);
    expect(found.high).toBeCloseTo(3 + half, 5);
  });

  it('is not had of one value', () => {
    expect(() => spread([1])).toThrow(RangeError);
  });
});
