import { describe, expect, it } from 'vitest';
import {
  behaviouralCeiling,
  behaviouralConsistency,
  distractorMeans,
  i1,
  i1n,
  i2,
  i2n,
  i2OfShares,
  type Trials,
  trialShares,
} from '../../src/index.js';
import { fixture, maxDifference } from '../fixtures.js';

const numbers = (values: (number | null)[]) => Float64Array.from(values, (v) => v ?? Number.NaN);
const behaviour = fixture('behaviour');
const given = behaviour.trials;
const LABELS = Int32Array.from(given.labels as number[]);
const TRIALS: Trials = {
  image: Int32Array.from(given.image as number[]),
  distractor: Int32Array.from(given.distractor as number[]),
  choice: Int32Array.from(given.choice as number[]),
};

describe('i1n, i2, i2n', () => {
  it.each(behaviour.cases as Record<string, never>[])(
    'equal the derivation with SciPy: $name (1e-12 of at most 5; the same cells undefined)',
    ({ probabilities, labels, classes, ...expected }) => {
      const p = numbers(probabilities);
      const truth = Int32Array.from(labels as number[]);
      for (const [name, metric] of Object.entries({ i1, i1n, i2, i2n })) {
        expect(maxDifference(metric(p, truth, classes), numbers(expected[name])), name).toBeLessThanOrEqual(1e-12);
      }
    },
  );

  it('has i1 as the mean of i2 over the distractors, in the worked case of METRICS 3 too (exact; 5e-7)', () => {
    const worked = behaviour.cases[0];
    const truth = Int32Array.from(worked.labels as number[]);
    const means = distractorMeans(i2(numbers(worked.probabilities), truth, 3), 3);
    expect([...means]).toEqual([...i1(numbers(worked.probabilities), truth, 3)]);
    const expected = [1.692032, 1.085458, 1.705927, 0.665299, 2.082701, 1.229491];
    expect(maxDifference(means, expected)).toBeLessThanOrEqual(5e-7);
  });

  it('has normalised cells with mean 0 (1e-14)', () => {
    const worked = behaviour.cases[0];
    const truth = Int32Array.from(worked.labels as number[]);
    const values = i2n(numbers(worked.probabilities), truth, 3);
    // Images 0 and 1 show object 0; distractor 1 and 2.
    expect(Math.abs(values[1] + values[4])).toBeLessThan(1e-14);
    expect(Math.abs(values[2] + values[5])).toBeLessThan(1e-14);
    expect(values[0]).toBeNaN();
  });
});

describe('trialShares', () => {
  it('counts choices of an object over the trials in which it was an option (exact)', () => {
    const trials = {
      image: Int32Array.of(0, 0, 0, 1),
      distractor: Int32Array.of(1, 1, 2, 0),
      choice: Int32Array.of(1, 0, 0, 1),
    };
    const shares = trialShares(trials, Int32Array.of(0, 1), 3);
    expect([...shares]).toEqual([Number.NaN, 0.5, 0, 0, Number.NaN, Number.NaN]);
    const some = trialShares(trials, Int32Array.of(0, 1), 3, Int32Array.of(0, 3));
    expect([...some]).toEqual([Number.NaN, 1, Number.NaN, 0, Number.NaN, Number.NaN]);
  });

  it('gives the derivation’s i2 from all trials (1e-12 of at most 5; the same cells undefined)', () => {
    const found = i2OfShares(trialShares(TRIALS, LABELS, given.classes), LABELS, given.classes);
    expect(maxDifference(found, numbers(given.i2OfAll))).toBeLessThanOrEqual(1e-12);
  });

  it.each([
    ['an unknown image', 9, 1, 1],
    ['the object itself as its distractor', 0, 0, 0],
    ['a distractor that is no object', 0, 3, 0],
    ['a choice that was not offered', 0, 1, 2],
  ])('names the trial with %s', (_, image, distractor, choice) => {
    const trials = {
      image: Int32Array.of(0, image),
      distractor: Int32Array.of(1, distractor),
      choice: Int32Array.of(1, choice),
    };
    expect(() => trialShares(trials, Int32Array.of(0, 1), 3)).toThrow(
      expect.objectContaining({
        code: 'metric_undefined',
        field: 'trials',
        message: expect.stringContaining('Trial 1'),
      }),
    );
  });
});

describe('behavioural consistency', () => {
  it.each(['i1', 'i1n', 'i2', 'i2n'] as const)(
    'of %s and its ceiling equal the derivation with NumPy’s halves (1e-12; the same cells)',
    (metric) => {
      const expected = given.expected[metric];
      const score = behaviouralConsistency(numbers(given.model), TRIALS, LABELS, given.classes, { metric });
      const ceiling = behaviouralCeiling(TRIALS, LABELS, given.classes, { metric });
      for (const [found, wanted] of [
        [score, expected.score],
        [ceiling, expected.ceiling],
      ]) {
        expect(maxDifference(found.perRepetition, wanted.perRepetition)).toBeLessThanOrEqual(1e-12);
        expect(Math.abs(found.value - wanted.value)).toBeLessThanOrEqual(1e-12);
        expect(Math.abs(found.error - wanted.error)).toBeLessThanOrEqual(1e-12);
        expect(found.cells).toEqual(wanted.cells);
      }
    },
  );

  it('has no value where no repetition has one (exact)', () => {
    const trials = { image: Int32Array.of(0, 1), distractor: Int32Array.of(1, 0), choice: Int32Array.of(0, 1) };
    expect(behaviouralCeiling(trials, Int32Array.of(0, 1), 2, { metric: 'i2' })).toEqual({
      value: null,
      error: null,
      perRepetition: [null, null],
      cells: [0, 0],
    });
  });

  it('says so when there is one trial', () => {
    const trials = { image: Int32Array.of(0), distractor: Int32Array.of(1), choice: Int32Array.of(0) };
    expect(() => behaviouralCeiling(trials, Int32Array.of(0), 2, { metric: 'i2' })).toThrow(
      'There is 1 trial, or none',
    );
  });
});
