import { describe, expect, it } from 'vitest';
import {
  foldSplits,
  groupKFold,
  kFold,
  shuffleSplit,
  stratifiedGroupKFold,
  stratifiedKFold,
  stratifiedShuffleSplit,
} from '../../src/index.js';
import { fixture } from '../fixtures.js';

interface Listed {
  train: number[];
  test: number[];
}
interface ShuffleCase {
  n: number;
  splits: number;
  testFraction: number;
  seed: number;
  expected: Listed[];
}
interface FoldCase {
  k: number;
  seed: number | null;
  fold: number[];
}

const shuffles = fixture('shuffle-splits');
const folds = fixture('k-folds');
const reference = fixture('reference-splits-excerpt');
const listed = (splits: { train: Int32Array; test: Int32Array }[]): Listed[] =>
  splits.map(({ train, test }) => ({ train: [...train], test: [...test] }));
const order = (seed: number | null) => (seed === null ? {} : ({ shuffle: true, seed } as const));
const undefinedFor = (field: string) => expect.objectContaining({ code: 'metric_undefined', field });

describe('shuffleSplit', () => {
  it.each(shuffles.shuffle.cases as ShuffleCase[])(
    'is scikit-learn’s for n = $n, test fraction $testFraction, seed $seed (index-identical)',
    ({ n, expected, ...options }) => {
      expect(listed(shuffleSplit(n, options))).toEqual(expected);
    },
  );

  it('tests the same 132 of 1,318 images in each of 10 splits as scikit-learn (index-identical)', () => {
    const splits = shuffleSplit(1318, { splits: 10, testFraction: 0.1, seed: 1 });
    expect(splits.map(({ test }) => [...test])).toEqual(shuffles.shuffle.of1318);
    expect(splits.map(({ train }) => train.length)).toEqual(new Array(10).fill(1186));
  });

  it('gives the splits of the references on the core-objects-spike set (index-identical)', () => {
    const splits = shuffleSplit(660, { splits: 10, testFraction: 0.1, seed: 1 });
    expect([...splits[0].test]).toEqual(reference.scoresTest0);
    const layout = splits.map(({ train, test }) => {
      // The nested folds of the reference run over the ascending training rows.
      const rows = [...train].sort((a, b) => a - b);
      const inner = stratifiedKFold(
        rows.map((row) => String(reference.object[row])),
        3,
        null,
      );
      const marks = new Array<string>(660).fill('?');
      rows.forEach((row, i) => {
        marks[row] = String(inner[i]);
      });
      for (const row of test) marks[row] = '.';
      return marks.join('');
    });
    expect(layout).toEqual(reference.parityLayout);
  });

  it('says so when no image is left to train on', () => {
    expect(() => shuffleSplit(1, { splits: 1, testFraction: 0.1, seed: 1 })).toThrow(undefinedFor('splits'));
    expect(() => shuffleSplit(10, { splits: 1, testFraction: 0.95, seed: 1 })).toThrow('leave none to train on');
  });

  it.each([0, 1, -0.1, Number.NaN])('refuses the test fraction %s', (testFraction) => {
    expect(() => shuffleSplit(10, { splits: 1, testFraction, seed: 1 })).toThrow(RangeError);
  });
});

describe('stratifiedShuffleSplit', () => {
  it.each(shuffles.stratified as ({ strata: string[] } & ShuffleCase)[])(
    'is scikit-learn’s for test fraction $testFraction, seed $seed (index-identical)',
    ({ strata, expected, splits, testFraction, seed }) => {
      expect(listed(stratifiedShuffleSplit(strata, { splits, testFraction, seed }))).toEqual(expected);
    },
  );

  it('gives the splits of the predictivity reference (index-identical, 10 splits of 660)', () => {
    const strata = reference.object.map((o: number) => reference.classes[o]);
    const splits = stratifiedShuffleSplit(strata, { splits: 10, testFraction: 0.1, seed: 1 });
    expect(splits.map(({ test }) => [...test])).toEqual(reference.plsTest);
  });

  it('says so when a stratum has one image, or a side fewer images than strata', () => {
    const options = { splits: 1, testFraction: 0.25, seed: 1 };
    expect(() => stratifiedShuffleSplit(['a', 'a', 'b', 'a'], options)).toThrow('the first is "b"');
    const six = ['a', 'a', 'b', 'b', 'c', 'c'];
    expect(() => stratifiedShuffleSplit(six, options)).toThrow('test side of a split has 2 images for 3 strata');
    expect(() => stratifiedShuffleSplit(six, { ...options, testFraction: 0.8 })).toThrow(undefinedFor('splits'));
  });
});

describe('kFold', () => {
  it.each(folds.kFold as ({ n: number } & FoldCase)[])(
    'is scikit-learn’s for n = $n, k = $k, seed $seed (index-identical)',
    ({ n, k, seed, fold }) => {
      expect([...kFold(n, k, order(seed))]).toEqual(fold);
    },
  );

  it('says so when there are fewer images than folds, and refuses one fold', () => {
    expect(() => kFold(4, 5)).toThrow(undefinedFor('folds'));
    expect(() => kFold(4, 1)).toThrow(RangeError);
  });
});

describe('stratifiedKFold, not shuffled', () => {
  it.each(folds.stratified as ({ strata: string[] } & FoldCase)[])(
    'is scikit-learn’s for k = $k (index-identical)',
    ({ strata, k, fold }) => {
      expect([...stratifiedKFold(strata, k, null)]).toEqual(fold);
    },
  );
});

describe('groupKFold', () => {
  it.each(folds.grouped as ({ groups: string[] } & FoldCase)[])(
    'is scikit-learn’s for k = $k, seed $seed (index-identical)',
    ({ groups, k, seed, fold }) => {
      expect([...groupKFold(groups, k, order(seed))]).toEqual(fold);
    },
  );

  it('says so when there are fewer groups than folds', () => {
    expect(() => groupKFold(['a', 'b', 'a', 'b'], 3)).toThrow('2 groups cannot be dealt to 3 folds');
  });
});

describe('stratifiedGroupKFold', () => {
  it.each(folds.stratifiedGrouped as ({ strata: string[]; groups: string[] } & FoldCase)[])(
    'is scikit-learn’s for k = $k, seed $seed (index-identical)',
    ({ strata, groups, k, seed, fold }) => {
      expect([...stratifiedGroupKFold(strata, groups, k, order(seed))]).toEqual(fold);
    },
  );

  it('says so when there are fewer groups than folds, or no stratum has as many images', () => {
    const strata = ['a', 'b', 'a', 'b'];
    expect(() => stratifiedGroupKFold(strata, [1, 1, 2, 2], 3)).toThrow('2 groups cannot be dealt to 3 folds');
    expect(() => stratifiedGroupKFold(strata, [1, 2, 3, 4], 3)).toThrow(undefinedFor('folds'));
  });
});

describe('foldSplits', () => {
  it('lists the rows of each side in ascending order, an empty fold too (exact)', () => {
    expect(listed(foldSplits(Int32Array.of(1, 0, 1, 0), 3))).toEqual([
      { train: [0, 2], test: [1, 3] },
      { train: [1, 3], test: [0, 2] },
      { train: [0, 1, 2, 3], test: [] },
    ]);
  });
});
