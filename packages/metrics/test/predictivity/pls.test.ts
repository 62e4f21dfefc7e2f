import { createOrtKernels, type Kernels, referenceKernels } from '@corescore/linalg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plsPredict, pooledGram } from '../../src/index.js';
import { cases, type PredictivityCase, predictivityData, relativeDifference } from './predictivity-data.js';

const [wide] = cases;
let ort: Awaited<ReturnType<typeof createOrtKernels>>;
beforeAll(async () => {
  ort = await createOrtKernels({ threads: 1 });
});
afterAll(() => ort.dispose());

describe.each<[string, () => Kernels]>([
  ['typescript', () => referenceKernels],
  ['onnxruntime', () => ort],
])('plsPredict with the %s kernels', (_, kernels) => {
  const gramOf = (c: PredictivityCase, x: Float32Array) => pooledGram(x, c.n, c.f, kernels());

  it.each(cases)('$name: PLSRegression’s predictions (1e-9 of the largest) and n_iter_ (exact)', async (c) => {
    const { x, target } = predictivityData(c);
    const { predictions, iterations } = await plsPredict(await gramOf(c, x), target, c.splits, c.components);
    c.splits.forEach((split, k) => {
      expect(iterations[k]).toEqual(split.iterations);
      expect(relativeDifference(predictions[k], split.pls)).toBeLessThan(1e-9);
    });
  });

  it('ends where the features are exhausted, and says so in its iterations', async () => {
    const { x, target } = predictivityData(wide);
    // Three features, each ten times.
    const repeated = Float32Array.from({ length: wide.n * 30 }, (_, at) => x[Math.floor(at / 30) * wide.f + (at % 3)]);
    const gram = await pooledGram(repeated, wide.n, 30, kernels());
    const three = await plsPredict(gram, target, wide.splits, 3);
    const all = await plsPredict(gram, target, wide.splits, 25);
    expect(all.iterations.map((i) => i.length)).toEqual([3, 3]);
    expect(all.predictions).toEqual(three.predictions);
  });

  it('predicts the mean where no response varies, or no feature does', async () => {
    const { x, target } = predictivityData(wide);
    const flat = { ...target, y: new Float64Array(target.y.length).fill(0.1) };
    const constant = await plsPredict(await gramOf(wide, x), flat, wide.splits);
    expect(constant.iterations).toEqual([[], []]);
    expect(constant.predictions[0].every((v) => v === 0.1)).toBe(true);
    const dead = await plsPredict(await gramOf(wide, new Float32Array(x.length).fill(7)), target, wide.splits);
    expect(dead.iterations).toEqual([[], []]);
    // Alive in the held-out images alone: nothing can be learnt from it.
    const heldOut = x.map((v, at) => (wide.splits[0].test.includes(Math.floor(at / wide.f)) ? v : 0.1));
    const unseen = await plsPredict(await gramOf(wide, heldOut), target, [wide.splits[0]]);
    expect(unseen.iterations).toEqual([[]]);
    expect(unseen.predictions[0]).toEqual(dead.predictions[0]);
    expect(dead.predictions[0].slice(0, wide.m)).toEqual(dead.predictions[0].slice(wide.m, 2 * wide.m));
  });

  it('names the neuroid, image or feature that is not a number', async () => {
    const { x, target } = predictivityData(wide);
    const gram = await gramOf(wide, x);
    const y = target.y.slice();
    y[3 * wide.m + 2] = Number.NaN;
    await expect(plsPredict(gram, { ...target, y }, wide.splits)).rejects.toThrow('neuroid 2 to image 3 is NaN');
    x[5 * wide.f + 7] = Number.POSITIVE_INFINITY;
    await expect(gramOf(wide, x)).rejects.toMatchObject({
      code: 'metric_undefined',
      field: 'features',
      message: expect.stringContaining('Feature 7 of image 5 is Infinity'),
    });
  });

  it('refuses more components than the data have, and splits that are none', async () => {
    const { x, target } = predictivityData(wide);
    const gram = await gramOf(wide, x);
    const predict = (train: number[], test: number[]) =>
      plsPredict(gram, target, [{ train: Int32Array.from(train), test: Int32Array.from(test) }], 2);
    await expect(plsPredict(gram, target, wide.splits, 49)).rejects.toThrow('there are 48 at most');
    await expect(plsPredict(gram, target, wide.splits, 0)).rejects.toThrow(RangeError);
    await expect(predict([0], [1])).rejects.toThrow('Split 0 has 1 training and 1 test images');
    await expect(predict([0, 1, 2], [])).rejects.toThrow('0 test images');
    await expect(predict([0, 1, 2], [2])).rejects.toThrow('row 2 twice');
    await expect(predict([0, 1, 60], [2])).rejects.toThrow('no row 60 of 60');
    await expect(plsPredict(gram, target, [])).rejects.toThrow(RangeError);
  });
});
