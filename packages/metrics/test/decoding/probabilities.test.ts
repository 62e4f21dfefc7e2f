import { describe, expect, it } from 'vitest';
import { argmaxCorrect, crossFitProbabilities, fitSigmoid } from '../../src/index.js';
import { fixture, maxDifference } from '../fixtures.js';

interface SigmoidCase {
  decisions: number[];
  positive: number[];
  sklearn: [number, number];
  optimum: [number, number];
}

const relative = (found: number, expected: number) => Math.abs(found - expected) / Math.max(1, Math.abs(expected));

describe('fitSigmoid', () => {
  it.each(fixture('sigmoids').cases as SigmoidCase[])(
    'is the optimum (1e-8) and scikit-learn’s (1e-6 relative)',
    (sigmoid) => {
      const { a, b } = fitSigmoid(Float64Array.from(sigmoid.decisions), Uint8Array.from(sigmoid.positive));
      expect(relative(a, sigmoid.optimum[0])).toBeLessThan(1e-8);
      expect(relative(b, sigmoid.optimum[1])).toBeLessThan(1e-8);
      expect(relative(a, sigmoid.sklearn[0])).toBeLessThan(1e-6);
      expect(relative(b, sigmoid.sklearn[1])).toBeLessThan(1e-6);
    },
  );

  it('gives the smoothed base rate when all decisions are the same (1e-6)', () => {
    const { a, b } = fitSigmoid(new Float64Array(10).fill(-1), Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 0, 0, 0));
    // Targets 3/4 (twice) and 1/10 (eight times): their mean.
    expect(Math.abs(1 / (1 + Math.exp(-a + b)) - 0.23)).toBeLessThan(1e-6);
  });

  it('stays finite on separated classes', () => {
    const { a, b } = fitSigmoid(Float64Array.of(-1e6, -2e6, 1e6, 2e6), Uint8Array.of(0, 0, 1, 1));
    expect(a).toBeLessThan(0);
    expect(Number.isFinite(b)).toBe(true);
  });
});

describe('crossFitProbabilities', () => {
  const { decisions, labels, classes, fold } = fixture('svm').cases[1];
  const held = Float64Array.from(decisions as number[]);
  const truth = Int32Array.from(labels as number[]);
  const folds = Int32Array.from(fold as number[]);
  const p = crossFitProbabilities(held, truth, classes, folds);

  it('rows sum to 1 (1e-12)', () => {
    for (let i = 0; i < truth.length; i++) {
      expect(Math.abs(p.subarray(i * classes, (i + 1) * classes).reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-12);
    }
  });

  it('fits the sigmoids of a fold on the other folds alone (exact)', () => {
    const changed = held.map((d, at) => (folds[Math.floor(at / classes)] === 0 ? -3 * d : d));
    const q = crossFitProbabilities(changed, truth, classes, folds);
    const restored = crossFitProbabilities(
      held.map((d, at) => (folds[Math.floor(at / classes)] === 0 ? d : changed[at])),
      truth,
      classes,
      folds,
    );
    // Fold 0's probabilities depend on its own decisions only through sigmoids fitted elsewhere.
    expect(maxDifference(restored, p)).toBe(0);
    const rowsOfOthers = [...q.keys()].filter((at) => folds[Math.floor(at / classes)] !== 0);
    expect(rowsOfOthers.some((at) => q[at] !== p[at])).toBe(true);
    const sigmoids = Array.from({ length: classes }, (_, c) => {
      const rest = [...truth.keys()].filter((i) => folds[i] !== 0);
      return fitSigmoid(
        Float64Array.from(rest, (i) => held[i * classes + c]),
        Uint8Array.from(rest, (i) => (truth[i] === c ? 1 : 0)),
      );
    });
    const image = folds.indexOf(0);
    const raw = sigmoids.map(({ a, b }, c) => 1 / (1 + Math.exp(a * changed[image * classes + c] + b)));
    const sum = raw.reduce((x, y) => x + y, 0);
    expect(
      maxDifference(
        q.subarray(image * classes, (image + 1) * classes),
        raw.map((v) => v / sum),
      ),
    ).toBeLessThan(1e-12);
  });
});

describe('argmaxCorrect', () => {
  it('gives ties to the lowest class (exact)', () => {
    const decisions = Float64Array.of(1, 1, 0, 0, 2, 2, -1, -1, -1);
    expect([...argmaxCorrect(decisions, Int32Array.of(0, 2, 0), 3)]).toEqual([1, 0, 1]);
  });
});
