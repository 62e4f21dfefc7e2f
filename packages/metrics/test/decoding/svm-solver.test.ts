import { createLoops, type Loops, referenceKernels, typescriptLoops } from '@corescore/linalg';
import { describe, expect, it } from 'vitest';
import { GAP_LIMIT } from '../../src/decoding/svm-gap.js';
import { SvmSolver } from '../../src/decoding/svm-solver.js';
import { RandomState } from '../../src/index.js';

const N = 120;

type Feature = (random: RandomState, i: number, j: number, label: number) => number;

/** Problems that are hard for one part of the solver or another. */
const PROBLEMS: [string, number, Feature][] = [
  ['noise, fewer features than images', 30, (r) => 2 * r.rand() - 1],
  ['noise, as many features as images', N, (r) => 2 * r.rand() - 1],
  ['noise, more features than images', 200, (r) => 2 * r.rand() - 1],
  ['rank one', 12, (_, i) => (i % 13) - 6],
  ['no information at all', 4, () => 0],
  ['every row twice, labels in conflict', 150, (_, i, j) => Math.sin((i >> 1) * 12.9898 * (j + 1))],
  ['separable', 20, (r, _, j, label) => (j % 3 === label ? 3 : 0) + 0.1 * r.rand()],
  ['badly conditioned', 150, (r, _, j) => (2 * r.rand() - 1) * Math.exp(-j / 10)],
  ['small integers: many ties', 10, (r) => Math.floor(3 * r.rand()) - 1],
];

async function problem(f: number, feature: Feature): Promise<{ k: Float64Array; y: Float64Array }> {
  const random = new RandomState(8);
  const label = (i: number) => i % 3;
  const x = new Float32Array(N * f);
  for (let i = 0; i < N; i++) for (let j = 0; j < f; j++) x[i * f + j] = feature(random, i, j, label(i));
  const k = (await referenceKernels.gram(x, N, f, null)).map((v) => v + 1);
  return { k, y: Float64Array.from({ length: N }, (_, i) => (label(i) === 0 ? 1 : -1)) };
}

const LOOPS: Loops[] = [typescriptLoops, createLoops()];
const ON_LOOPS = LOOPS.flatMap((loops) => PROBLEMS.map((problem) => [loops.name, ...problem, loops] as const));

describe.each(ON_LOOPS)('SvmSolver with %s loops: %s', (_, __, f, feature, loops) => {
  it.each([1e-4, 1e-3, 1e-2, 1e-1, 1, 100])(
    'at C = %d its duality gap closes (1e-8) and the conditions of optimality hold (box exact, sum of violations 1e-8)',
    async (c) => {
      const { k, y } = await problem(f, feature);
      const solver = new SvmSolver(k, N, c, loops);
      const { gap } = solver.solve(y);
      const { b, f: decisions } = solver;
      let violation = 0;
      let primal = 0;
      let dual = 0;
      for (let i = 0; i < N; i++) {
        const alpha = y[i] * b[i];
        expect(alpha).toBeGreaterThanOrEqual(0);
        expect(alpha).toBeLessThanOrEqual(c);
        // Recomputed from b: the solver's own running sums are not trusted.
        let own = 0;
        for (let l = 0; l < N; l++) own += k[i * N + l] * b[l];
        expect(Math.abs(own - decisions[i])).toBeLessThan(1e-7 * Math.max(1, Math.abs(own)));
        const slack = 1 - y[i] * own;
        violation += slack > 0 ? slack * (c - alpha) : -slack * alpha;
        primal += (b[i] * own) / 2 + c * Math.max(0, slack);
        dual += alpha - (b[i] * own) / 2;
      }
      expect(gap).toBeLessThanOrEqual(GAP_LIMIT);
      expect(Math.abs(primal - dual) / primal).toBeLessThan(GAP_LIMIT);
      expect(violation / primal).toBeLessThan(GAP_LIMIT);
    },
  );
});

describe('SvmSolver', () => {
  it('gives a class the same solution whatever it solved before (exact)', async () => {
    const { k, y } = await problem(30, PROBLEMS[0][2]);
    const fresh = new SvmSolver(k, N, 0.1, typescriptLoops);
    fresh.solve(y);
    const used = new SvmSolver(k, N, 0.1, typescriptLoops);
    used.solve(y.map((v) => -v));
    used.solve(y);
    expect(used.b).toEqual(fresh.b);
  });
});
