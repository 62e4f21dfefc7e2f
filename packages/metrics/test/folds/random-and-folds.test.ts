import { describe, expect, it } from 'vitest';
import { leaveOneGroupOut, RandomState, stratifiedKFold } from '../../src/index.js';
import { fixture } from '../fixtures.js';

interface RandomCase {
  seed: number;
  rand: number[];
  permutation: number[];
  shuffled: number[];
  randAfter1997: number[];
}
interface SplitCase {
  strata: string[];
  k: number;
  seed: number;
  fold: number[];
}

describe('RandomState', () => {
  it.each(fixture('random-state').cases as RandomCase[])('is NumPy’s stream for seed $seed (exact)', (expected) => {
    const random = new RandomState(expected.seed);
    expect(Array.from({ length: 5 }, () => random.rand())).toEqual(expected.rand);
    expect([...random.permutation(23)]).toEqual(expected.permutation);
    const items = Array.from({ length: 10 }, (_, i) => i);
    random.shuffle(items);
    expect(items).toEqual(expected.shuffled);
    const late = Array.from({ length: 2000 }, () => random.rand()).slice(-3);
    expect(late).toEqual(expected.randAfter1997);
  });

  it.each([-1, 0.5, 2 ** 32, Number.NaN])('refuses the seed %s', (seed) => {
    expect(() => new RandomState(seed)).toThrow(RangeError);
  });
});

describe('stratifiedKFold', () => {
  it.each(fixture('splits').cases as SplitCase[])(
    'is scikit-learn’s for k = $k, seed $seed (index-identical)',
    (split) => {
      expect([...stratifiedKFold(split.strata, split.k, split.seed)]).toEqual(split.fold);
    },
  );

  it('gives the folds of the OST reference (index-identical, 3 seeds)', () => {
    const reference = fixture('reference-ost-excerpt');
    const strata = reference.object.map(
      (o: number, i: number) => `${reference.classes[o]}|${reference.challenge[i] === 1 ? 'challenge' : 'control'}`,
    );
    reference.seeds.forEach((seed: number, r: number) => {
      expect(stratifiedKFold(strata, 10, seed).join('')).toBe(reference.folds[r]);
    });
  });

  it('says so when no stratum has as many rows as there are folds', () => {
    expect(() => stratifiedKFold(['a', 'a', 'b'], 3, 1)).toThrow('No stratum has 3 images');
  });
});

describe('leaveOneGroupOut', () => {
  it('numbers the groups in sorted order', () => {
    expect([...leaveOneGroupOut(['b', 'a', 'c', 'a'])]).toEqual([1, 0, 2, 0]);
    expect([...leaveOneGroupOut([10, 9, 2, 10])]).toEqual([2, 1, 0, 2]);
  });
});
