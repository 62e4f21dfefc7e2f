import { referenceKernels } from '@corescore/linalg';
import { describe, expect, it } from 'vitest';
import { decode, decodeNested, RandomState, stratifiedKFold } from '../../src/index.js';
import { fixture } from '../fixtures.js';

interface Case {
  name: string;
  seed: number;
  n: number;
  f: number;
  classes: number;
  signal: number;
  outer: number;
  inner: number;
  innerSeed: number | null;
  folds: { c: number; accuracy: number[]; decisions: number[]; test: number[] }[];
}
const { cs, cases } = fixture('nested-c') as { cs: number[]; cases: Case[] };

function made({ seed, n, f, classes, signal, outer }: Case) {
  const random = new RandomState(seed);
  const labels = Int32Array.from({ length: n }, (_, i) => i % classes);
  const x = Float32Array.from({ length: n * f }, () => Math.floor(random.rand() * 129) / 16);
  for (let i = 0; i < n; i++) for (let j = 0; j < f; j++) if (j % classes === labels[i]) x[i * f + j] += signal;
  return { x, n, f, labels, classes, folds: [stratifiedKFold(Array.from(labels, String), outer, 1)] };
}

describe('decodeNested', () => {
  it.each(cases)(
    '$name: C, inner accuracies and decisions of scikit-learn’s GridSearchCV (C equal, accuracy 1e-12, decisions 1e-4: LIBLINEAR’s own error)',
    async (one) => {
      const input = made(one);
      const search = { cs, folds: one.inner, seed: one.innerSeed };
      const { decisions, chosen, maxGap } = await decodeNested(input, search, referenceKernels);
      expect(chosen.map(({ c }) => c)).toEqual(one.folds.map(({ c }) => c));
      expect(maxGap).toBeLessThanOrEqual(1e-8);
      one.folds.forEach(({ accuracy, test, decisions: expected }, k) => {
        chosen[k].accuracy.forEach((value, at) => {
          expect(Math.abs(value - accuracy[at])).toBeLessThan(1e-12);
        });
        test.forEach((row, at) => {
          for (let c = 0; c < one.classes; c++) {
            const theirs = expected[at * one.classes + c];
            expect(Math.abs(decisions[0][row * one.classes + c] - theirs)).toBeLessThan(1e-4);
          }
        });
      });
      // Not one C for all: the search has something to choose.
      expect(new Set(one.folds.map(({ c }) => c)).size).toBeGreaterThan(1);
    },
  );

  it('with one C to choose from is `decode` (1e-6)', async () => {
    const input = made(cases[0]);
    const nested = await decodeNested(input, { cs: [0.01], folds: 4, seed: null }, referenceKernels);
    const plain = await decode({ ...input, c: 0.01 }, referenceKernels);
    nested.decisions[0].forEach((value, at) => {
      expect(Math.abs(value - plain.decisions[0][at])).toBeLessThan(1e-6);
    });
  });

  it('takes the smallest C of equals, and never sees the images that it tests (exact)', async () => {
    const input = made(cases[0]);
    // So far apart that every C is right.
    for (let i = 0; i < input.n; i++) input.x[i * input.f + input.labels[i]] += 100;
    const search = { cs: [0.01, 0.1, 1], folds: 4, seed: null };
    const { chosen } = await decodeNested(input, search, referenceKernels);
    expect(chosen.map(({ c, accuracy }) => [c, ...accuracy])).toEqual(chosen.map(() => [0.01, 1, 1, 1]));
    // Other features of the first fold's test images change nothing in its search.
    const moved = { ...input, x: input.x.slice() };
    input.folds[0].forEach((k, i) => {
      if (k === 0) moved.x.fill(-3, i * input.f, (i + 1) * input.f);
    });
    const again = await decodeNested(moved, search, referenceKernels);
    expect(again.chosen[0]).toEqual(chosen[0]);
  });

  it('refuses a class too rare for the inner folds, and values of C out of order; stops when aborted', async () => {
    const input = made(cases[0]);
    const run = (search: object, signal?: AbortSignal) =>
      decodeNested(input, { cs, folds: 4, seed: null, ...search }, referenceKernels, signal);
    await expect(run({ folds: 40 })).rejects.toMatchObject({ code: 'metric_undefined', field: 'folds' });
    for (const bad of [[], [0], [1, 0.1], [Number.NaN]]) await expect(run({ cs: bad })).rejects.toThrow(RangeError);
    await expect(run({}, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
