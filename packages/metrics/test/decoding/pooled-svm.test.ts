import { createOrtKernels, type Kernels, referenceKernels } from '@corescore/linalg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldGram, standardisePool } from '../../src/decoding/fold-gram.js';
import { isPooled } from '../../src/decoding/pooled-svm/decode-pooled.js';
import { SvmSolver } from '../../src/decoding/svm-solver.js';
import { type DecodeInput, decode, decodeMany, RandomState, shuffledLabels, stratifiedKFold } from '../../src/index.js';
import { fixture } from '../fixtures.js';
import { type MadeData, madeData } from './decoder-data.js';

const CLASSES = 4;

/** Rectified mixtures of a few latents with class means, like a layer of a network; `change` edits them. */
function made(n: number, f: number, change?: (x: Float32Array) => void): Omit<DecodeInput, 'c'> {
  const random = new RandomState(5);
  const normal = () => random.rand() + random.rand() + random.rand() - 1.5;
  const labels = Int32Array.from({ length: n }, (_, i) => i % CLASSES);
  const latents = 12;
  const centres = Float64Array.from({ length: CLASSES * latents }, normal);
  const latent = Float64Array.from({ length: n * latents }, (_, at) => {
    return centres[labels[Math.floor(at / latents)] * latents + (at % latents)] + normal();
  });
  const x = new Float32Array(n * f);
  for (let j = 0; j < f; j++) {
    const scale = Math.exp(2 * normal());
    const weights = Float64Array.from({ length: latents }, normal);
    for (let i = 0; i < n; i++) {
      let sum = 0.6 * normal() + 0.2;
      for (let l = 0; l < latents; l++) sum += weights[l] * latent[i * latents + l];
      x[i * f + j] = scale * Math.max(0, sum);
    }
  }
  change?.(x);
  return {
    x,
    n,
    f,
    labels,
    classes: CLASSES,
    folds: [1, 2].map((s) => stratifiedKFold(Array.from(labels, String), 5, s)),
  };
}

/** Every fold from its own Gram matrix by the other solver, which is held against LIBLINEAR in decode.test.ts. */
async function foldByFold({ x, n, f, labels, classes, folds, c }: DecodeInput): Promise<Float64Array[]> {
  const pool = standardisePool(x, n, f);
  const rows = Int32Array.from(labels.keys());
  return Promise.all(
    folds.map(async (fold) => {
      const held = new Float64Array(n * classes);
      for (const k of new Set(fold)) {
        const train = rows.filter((i) => fold[i] !== k);
        const test = rows.filter((i) => fold[i] === k);
        const gram = await foldGram(pool, train, test, kernels());
        const solver = new SvmSolver(gram.train, train.length, c, kernels().loops);
        for (let label = 0; label < classes; label++) {
          solver.solve(Float64Array.from(train, (i) => (labels[i] === label ? 1 : -1)));
          test.forEach((i, row) => {
            for (let l = 0; l < train.length; l++) {
              held[i * classes + label] += gram.test[row * train.length + l] * solver.b[l];
            }
          });
        }
        solver.release();
      }
      return held;
    }),
  );
}

let ort: Awaited<ReturnType<typeof createOrtKernels>>;
beforeAll(async () => {
  ort = await createOrtKernels({ threads: 1 });
});
afterAll(() => ort.dispose());
const kernels = (): Kernels => ort;

/** Largest difference, in units of the decision where that is more than 1: a test row may lie far outside. */
const maxDifference = (found: Float64Array, expected: Float64Array): number =>
  found.reduce((most, v, at) => Math.max(most, Math.abs(v - expected[at]) / Math.max(1, Math.abs(expected[at]))), 0);

/** Counts the Gram matrices that are made: one where the pool served all folds. */
function counting(): { kernels: Kernels; grams: () => number } {
  let grams = 0;
  const gram: Kernels['gram'] = (...of) => {
    grams++;
    return ort.gram(...of);
  };
  return { kernels: { ...ort, gram }, grams: () => grams };
}

const references = fixture('pooled-svm').cases as (MadeData & { c: number; fold: number[]; decisions: number[] })[];

describe('one Gram matrix for all folds, against LIBLINEAR', () => {
  it.each(references)(
    '$n x $f, $classes classes, C = $c: LinearSVC’s held-out decisions (1e-5), folds as StratifiedKFold’s',
    async (reference) => {
      const { train } = madeData(reference);
      expect(isPooled(train.n, train.f)).toBe(true);
      const folds = [stratifiedKFold(Array.from(train.labels, String), 10, 1)];
      expect(Array.from(folds[0])).toEqual(reference.fold);
      const { decisions } = await decode({ ...train, folds, c: reference.c }, ort);
      expect(maxDifference(decisions[0], Float64Array.from(reference.decisions))).toBeLessThan(1e-5);
    },
  );
});

const N = 140;
const CASES: [string, number, ((x: Float32Array, f: number) => void) | undefined][] = [
  ['as many features as images', N, undefined],
  ['many features', 900, undefined],
  [
    'dead features, one alive in a single image, one in a few',
    300,
    (x, f) => {
      for (let i = 0; i < N; i++) {
        for (let j = 0; j < 40; j++) x[i * f + j] = 3;
        x[i * f + 41] = i === 17 ? 5 : 1;
        // Alive in one fold's test rows above all: hardly any variance is left for that fold's training rows.
        x[i * f + 42] = (i % 7) * 1e-4 + (i === 3 ? 100 : 0);
      }
    },
  ],
];

describe('one Gram matrix for all folds', () => {
  // Both are within a relative gap of 1e-8, and decisions of LIBLINEAR are met to 1e-5: so must these be.
  it.each(CASES.flatMap(([name, f, change]) => [1e-4, 1e-3, 1e-2, 1].map((c) => [name, c, f, change] as const)))(
    '%s, C = %d: the decisions of the folds one by one (1e-5), gap within 1e-8',
    async (name, c, f, change) => {
      const input = { ...made(N, f, (x) => change?.(x, f)), c };
      const counted = counting();
      const { decisions, maxGap } = await decode(input, counted.kernels);
      const expected = await foldByFold(input);
      decisions.forEach((found, repetition) => {
        expect(maxDifference(found, expected[repetition])).toBeLessThan(1e-5);
      });
      expect(maxGap).toBeLessThanOrEqual(1e-8);
      // With so few images the scale of a fold may be too far from the pool's: that fold is then done by itself.
      expect(counted.grams()).toBeLessThan(name === 'many features' ? 2 : 7);
    },
  );

  it('repeated images leave no inverse: the folds are done one by one, with the same result (1e-5)', async () => {
    const input = { ...made(N, 300, (x) => x.copyWithin(300 * 100, 0, 300 * 40)), c: 1e-2 };
    const counted = counting();
    const { decisions } = await decode(input, counted.kernels);
    expect(counted.grams()).toBe(1 + 10);
    const expected = await foldByFold(input);
    expect(maxDifference(decisions[0], expected[0])).toBeLessThan(1e-5);
  });

  it('gives the same numbers with the TypeScript kernels (1e-5), and every time (exact)', async () => {
    const input = { ...made(N, 200), c: 1e-3 };
    const [found, again, reference] = [
      await decode(input, ort),
      await decode(input, ort),
      await decode(input, referenceKernels),
    ];
    expect(again).toEqual(found);
    expect(maxDifference(found.decisions[1], reference.decisions[1])).toBeLessThan(1e-5);
  });

  it('is not tried where it cannot serve: few images, or fewer features than images', () => {
    expect([isPooled(99, 1000), isPooled(100, 99), isPooled(100, 100)]).toEqual([false, false, true]);
  });

  it('stops when it is aborted', async () => {
    const controller = new AbortController();
    const stopping: Kernels = {
      ...ort,
      sandwich: (...of) => {
        controller.abort(new Error('stop'));
        return ort.sandwich(...of);
      },
    };
    await expect(decode({ ...made(N, 200), c: 1e-3 }, stopping, controller.signal)).rejects.toThrow('stop');
  });
});

describe('decodeMany', () => {
  it.each([200, 20])('with %i features gives each read-out what decode gives it alone (1e-5)', async (f) => {
    const { x, n, labels, classes, folds } = made(N, f);
    const readOuts = [
      { labels, classes, c: 1e-3 },
      { labels, classes, c: 1e-1 },
      { labels: shuffledLabels(labels, 3), classes, c: 1e-3 },
      { labels: labels.map((label) => label >> 1), classes: 2, c: 1e-3 },
    ];
    const counted = counting();
    const many = await decodeMany({ x, n, f, folds, readOuts }, counted.kernels);
    expect(counted.grams()).toBeLessThanOrEqual(f >= N ? 6 : 10);
    for (const [k, readOut] of readOuts.entries()) {
      const alone = await decode({ x, n, f, folds, ...readOut }, ort);
      alone.decisions.forEach((held, repetition) => {
        expect(maxDifference(many[k].decisions[repetition], held)).toBeLessThan(1e-5);
      });
      expect(many[k].maxGap).toBeLessThanOrEqual(1e-8);
    }
  });

  it('refuses to run without a read-out', async () => {
    const { x, n, f, folds } = made(N, 10);
    await expect(decodeMany({ x, n, f, folds, readOuts: [] }, ort)).rejects.toThrow('at least one');
  });
});
