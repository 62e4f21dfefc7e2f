import { describe, expect, it } from 'vitest';
import { behaviouralCeiling, behaviouralConsistency, i1, i1n, i2, i2n, type Trials } from '../../src/index.js';
import { fixture, maxDifference } from '../fixtures.js';
import { brainScore, type Maybe, orNaN } from './brainscore-data.js';

const given = fixture('behaviour') as {
  cases: { name: string; classes: number; probabilities: number[]; labels: number[] }[];
  trials: {
    classes: number;
    labels: number[];
    image: number[];
    distractor: number[];
    choice: number[];
    model: Maybe[];
  };
};
const { cases, consistency } = brainScore.behaviour;

describe('against Brain-Score’s image-level metrics', () => {
  it.each(cases)('i1, i1n, i2, i2n: $name (1e-12 of at most 5; the same cells undefined)', ({ name, ...expected }) => {
    const { probabilities, labels, classes } = given.cases.find((c) => c.name === name)!;
    // Brain-Score stops where no image shows one of the objects; ours skips it as a distractor (METRICS 3).
    const shown = new Set(labels).size;
    expect(expected.raises).toBe(shown < classes ? 'KeyError' : undefined);
    for (const [kind, metric] of Object.entries({ i1, i1n, i2, i2n })) {
      const found = metric(Float64Array.from(probabilities), Int32Array.from(labels), classes);
      if (expected.raises === undefined) {
        expect(maxDifference(found, orNaN(expected[kind as 'i1'])), kind).toBeLessThan(1e-12);
      } else {
        expect(found.some(Number.isFinite), kind).toBe(true);
      }
    }
  });

  it.each(['i1', 'i1n', 'i2', 'i2n'] as const)('consistency of %s with trials, and its ceiling (1e-12)', (metric) => {
    const { classes, model } = given.trials;
    const labels = Int32Array.from(given.trials.labels);
    const trials: Trials = {
      image: Int32Array.from(given.trials.image),
      distractor: Int32Array.from(given.trials.distractor),
      choice: Int32Array.from(given.trials.choice),
    };
    const expected = consistency[metric];
    const score = behaviouralConsistency(orNaN(model), trials, labels, classes, { metric });
    const ceiling = behaviouralCeiling(trials, labels, classes, { metric });
    for (const [found, wanted] of [
      [score, expected.score],
      [ceiling, expected.ceiling],
    ] as const) {
      expect(maxDifference(found.perRepetition as number[], wanted.perRepetition)).toBeLessThan(1e-12);
      expect(Math.abs(found.value! - wanted.value)).toBeLessThan(1e-12);
      expect(Math.abs(found.error! - wanted.error)).toBeLessThan(1e-12);
    }
  });
});
