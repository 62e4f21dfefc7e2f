import { type Kernels, referenceKernels } from '@corescore/linalg';
import { describe, expect, it } from 'vitest';
import {
  decode,
  decodeMany,
  decodeManyByFold,
  decodeStep,
  decodeStepMany,
  shuffledLabels,
  stratifiedKFold,
} from '../../src/index.js';
import { maxDifference } from '../fixtures.js';
import { madeData } from './decoder-data.js';

const { train } = madeData({ seed: 4, n: 135, f: 20, classes: 3, signal: 3 });
const { x, n, f, labels, classes } = train;
const folds = [1, 2].map((seed) => stratifiedKFold(Array.from(labels, String), 5, seed));
const readOuts = [
  { labels, classes, c: 1e-2 },
  { labels, classes, c: 1e-4 },
  { labels: shuffledLabels(labels, 3), classes, c: 1e-2 },
  { labels: labels.map((label) => (label === 0 ? 0 : 1)), classes: 2, c: 1 },
];

describe('decodeMany', () => {
  it('gives each read-out the decisions of `decode` (1e-6)', async () => {
    const many = await decodeMany({ x, n, f, folds, readOuts }, referenceKernels);
    expect(many).toHaveLength(readOuts.length);
    for (const [at, readOut] of readOuts.entries()) {
      const one = await decode({ x, n, f, folds, ...readOut }, referenceKernels);
      many[at].decisions.forEach((held, repetition) => {
        expect(maxDifference(held, one.decisions[repetition])).toBeLessThan(1e-6);
      });
      expect(many[at].maxGap).toBeLessThanOrEqual(1e-8);
    }
  });

  it('gives each read-out the step of `decodeStep` (i1 to 1e-6), truths by its own labels', async () => {
    const many = await decodeStepMany({ x, n, f, folds, readOuts }, referenceKernels);
    for (const [at, readOut] of readOuts.entries()) {
      const one = await decodeStep({ x, n, f, folds, ...readOut }, referenceKernels);
      expect(maxDifference(many[at].i1, one.i1)).toBeLessThan(1e-6);
      expect(many[at].correct).toEqual(one.correct);
    }
    const right = (at: number) => many[at].correct[0].reduce((a, b) => a + b, 0) / n;
    expect(right(0)).toBeGreaterThan(0.8);
    expect(right(2)).toBeLessThan(0.6);
  });

  it('the first four read-outs of a pool have the same digits whatever others come after them', async () => {
    const wide = madeData({ seed: 6, n: 150, f: 180, classes: 3, signal: 2 }).train;
    const fold = [stratifiedKFold(Array.from(wide.labels, String), 5, 1)];
    const base = { classes: wide.classes, c: 1e-2 };
    const of = (seed: number) => ({ ...base, labels: shuffledLabels(wide.labels, seed) });
    const four = [{ ...base, labels: wide.labels }, of(1), of(2), of(3)];
    const input = { x: wide.x, n: wide.n, f: wide.f, folds: fold };
    // ONNX Runtime rounds a column by how many stand beside it: the products must be the same, not only their sums.
    const productsOf = async (readOuts: typeof four): Promise<string[]> => {
      const products: string[] = [];
      const kernels: Kernels = {
        ...referenceKernels,
        multiply(x, y, shape) {
          products.push(JSON.stringify(shape));
          return referenceKernels.multiply(x, y, shape);
        },
      };
      expect(await decodeMany({ ...input, readOuts }, kernels)).toHaveLength(readOuts.length);
      return products;
    };
    const alone = await productsOf(four);
    const among = await productsOf([...four, of(4), of(5)]);
    expect(alone.length).toBeGreaterThan(0);
    expect(among.slice(0, alone.length)).toEqual(alone);
    expect(among.length).toBeGreaterThan(alone.length);
  });

  it('stops when aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(decodeMany({ x, n, f, folds, readOuts }, referenceKernels, signal)).rejects.toThrow('enough');
  });
});

describe('decodeManyByFold', () => {
  const wide = madeData({ seed: 6, n: 150, f: 180, classes: 3, signal: 2 }).train;
  const base = { classes: wide.classes, c: 1e-2 };
  const several = [
    { ...base, labels: wide.labels },
    { ...base, labels: wide.labels, c: 1e-1 },
    { ...base, labels: shuffledLabels(wide.labels, 1) },
  ];
  const input = { x: wide.x, n: wide.n, f: wide.f, folds: [stratifiedKFold(Array.from(wide.labels, String), 5, 1)] };

  it('gives the decisions of one Gram matrix for all folds (1e-6), solved to the gap', async () => {
    const pooled = await decodeMany({ ...input, readOuts: several }, referenceKernels);
    const byFold = await decodeManyByFold({ ...input, readOuts: several }, referenceKernels);
    several.forEach((_, at) => {
      expect(maxDifference(byFold[at].decisions[0], pooled[at].decisions[0])).toBeLessThan(1e-6);
      expect(byFold[at].maxGap).toBeLessThanOrEqual(1e-8);
    });
  });

  it('gives a read-out the same digits alone and among others (exact), from the same Gram matrices', async () => {
    let grams = 0;
    const kernels: Kernels = {
      ...referenceKernels,
      gram: (...args) => {
        grams += 1;
        return referenceKernels.gram(...args);
      },
    };
    const together = await decodeManyByFold({ ...input, readOuts: several }, kernels);
    expect(grams).toBe(5);
    for (const [at, readOut] of several.entries()) {
      const [alone] = await decodeManyByFold({ ...input, readOuts: [readOut] }, referenceKernels);
      expect(alone.decisions).toEqual(together[at].decisions);
    }
  });
});
