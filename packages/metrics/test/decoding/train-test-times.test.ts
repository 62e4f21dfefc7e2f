import { referenceKernels } from '@corescore/linalg';
import { describe, expect, it } from 'vitest';
import { SvmDecoder } from '../../src/decoding/decoders/svm.js';
import { argmaxCorrect, decode, fitFolds, RandomState, stratifiedKFold, trainTestTimes } from '../../src/index.js';

const N = 90;
const F = 4;
const CLASSES = 3;
const C = 0.05;
const labels = Int32Array.from({ length: N }, (_, i) => i % CLASSES);
const folds = [1, 2].map((seed) => stratifiedKFold(Array.from(labels, String), 5, seed));
const decoder = new SvmDecoder({ c: C, calibration: 'nested' });
const random = new RandomState(8);
/** Class c raises feature code[c] by `strength`, above noise of 1. */
const step = (code: number[], strength: number): Float32Array =>
  Float32Array.from({ length: N * F }, (_, at) => {
    const signal = at % F === code[labels[Math.floor(at / F)]] ? strength : 0;
    return signal + random.rand() - 0.5;
  });
const run = (steps: Float32Array[], signal?: AbortSignal) =>
  trainTestTimes({ steps, n: N, f: F, labels, classes: CLASSES, folds }, decoder, referenceKernels, signal);

describe('trainTestTimes', () => {
  const steps = [step([0, 1, 2], 3), step([0, 1, 2], 3), step([1, 2, 0], 3), step([0, 1, 2], 0)];

  it('generalises where the planted code stays, and names every image wrong where its axes are exchanged (exact)', async () => {
    const { accuracy, correct, notConverged } = await run(steps);
    const at = (train: number, test: number) => accuracy[train * steps.length + test];
    for (const [train, test] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [2, 2],
    ])
      expect(at(train, test)).toBe(1);
    for (const [train, test] of [
      [0, 2],
      [2, 1],
    ])
      expect(at(train, test)).toBe(0);
    expect(correct[0][1]).toEqual(new Float64Array(N).fill(1));
    expect(notConverged).toBe(0);
  });

  it('is at chance read at a step without a code (0.15)', async () => {
    const { accuracy } = await run(steps);
    for (const cell of [3, 7, 11, 15]) expect(Math.abs(accuracy[cell] - 1 / CLASSES)).toBeLessThan(0.15);
  });

  it('has the time course of `decode` on its diagonal (exact)', async () => {
    const weak = [step([0, 1, 2], 0.4), step([2, 1, 0], 0.5)];
    const { correct } = await run(weak);
    for (const [t, x] of weak.entries()) {
      const { decisions } = await decode({ x, n: N, f: F, labels, classes: CLASSES, folds, c: C }, referenceKernels);
      const shares = decisions.map((held) => argmaxCorrect(held, labels, CLASSES));
      expect([...correct[t][t]]).toEqual(Array.from(labels, (_, i) => (shares[0][i] + shares[1][i]) / 2));
    }
  });

  it('refuses no steps, steps of another size, NaN; stops when aborted', async () => {
    await expect(run([])).rejects.toMatchObject({ code: 'metric_undefined' });
    await expect(run([new Float32Array(3)])).rejects.toThrow(RangeError);
    await expect(run([steps[0].map((v, i) => (i === 5 ? Number.NaN : v))])).rejects.toMatchObject({
      code: 'metric_undefined',
    });
    await expect(run(steps, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });
});

describe('fitFolds', () => {
  it('is one row of the square with or without calibration (exact); uncalibrated decoders have no probability', async () => {
    const steps = [step([0, 1, 2], 0.6), step([0, 2, 1], 0.6)];
    const images = { n: N, f: F, labels, classes: CLASSES, fold: folds[0] };
    const plain = new SvmDecoder({ c: C, calibration: 'none' });
    const fitted = await fitFolds(steps[0], images, plain, referenceKernels);
    const { correct } = await trainTestTimes(
      { steps, n: N, f: F, labels, classes: CLASSES, folds: [folds[0]] },
      decoder,
      referenceKernels,
    );
    expect([...fitted.readOut(steps[0])]).toEqual([...correct[0][0]]);
    expect([...fitted.readOut(steps[1])]).toEqual([...correct[0][1]]);
    expect(fitted.notConverged).toBe(0);
    expect(() => fitted.readOut(new Float32Array(3))).toThrow(RangeError);
    const one = await plain.fit(steps[0], N, F, labels, CLASSES, referenceKernels);
    expect(() => one.probability(steps[0], N)).toThrow(TypeError);
  });
});
