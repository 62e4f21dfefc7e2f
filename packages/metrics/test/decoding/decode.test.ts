import { createOrtKernels, type Kernels, referenceKernels } from '@corescore/linalg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldGram, standardisePool } from '../../src/decoding/fold-gram.js';
import { crossFitProbabilities } from '../../src/decoding/probabilities.js';
import { SvmSolver } from '../../src/decoding/svm-solver.js';
import {
  argmaxCorrect,
  type DecodeInput,
  decode,
  decodeStep,
  i1,
  RandomState,
  stratifiedKFold,
} from '../../src/index.js';
import { fixture, maxDifference } from '../fixtures.js';

interface SvmCase {
  name: string;
  n: number;
  f: number;
  classes: number;
  c: number;
  x: number[];
  labels: number[];
  fold: number[];
  decisions: number[];
  primal: number[][];
}
const CASES = fixture('svm').cases as SvmCase[];

const inputOf = (svm: SvmCase): DecodeInput => ({
  x: Float32Array.from(svm.x),
  n: svm.n,
  f: svm.f,
  labels: Int32Array.from(svm.labels),
  classes: svm.classes,
  folds: [Int32Array.from(svm.fold)],
  c: svm.c,
});

/** Three classes, features that tell them apart by `signal` standard deviations. */
function made(n: number, f: number, signal: number, seed = 1): DecodeInput {
  const random = new RandomState(seed);
  const labels = Int32Array.from({ length: n }, (_, i) => i % 3);
  const x = new Float32Array(n * f);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < f; j++) x[i * f + j] = random.rand() * 3.46 + (j % 3 === labels[i] ? signal : 0);
  }
  return { x, n, f, labels, classes: 3, folds: [stratifiedKFold(Array.from(labels, String), 5, 1)], c: 1e-2 };
}

const accuracy = async (input: DecodeInput, kernels: Kernels): Promise<number> => {
  const { decisions } = await decode(input, kernels);
  return argmaxCorrect(decisions[0], input.labels, input.classes).reduce((a, b) => a + b, 0) / input.n;
};

let ort: Awaited<ReturnType<typeof createOrtKernels>>;
beforeAll(async () => {
  ort = await createOrtKernels({ threads: 1 });
});
afterAll(() => ort.dispose());

describe.each<[string, () => Kernels]>([
  ['typescript', () => referenceKernels],
  ['onnxruntime', () => ort],
])('decode with the %s kernels', (_, kernels) => {
  it.each(CASES)('$name: LIBLINEAR’s decisions (1e-5), the same argmax, gap within 1e-8', async (svm) => {
    const { decisions, maxGap } = await decode(inputOf(svm), kernels());
    expect(maxDifference(decisions[0], svm.decisions)).toBeLessThan(1e-5);
    const labels = Int32Array.from(svm.labels);
    expect(argmaxCorrect(decisions[0], labels, svm.classes)).toEqual(
      argmaxCorrect(Float64Array.from(svm.decisions), labels, svm.classes),
    );
    expect(maxGap).toBeLessThanOrEqual(1e-8);
  });

  it.each([
    [30, 60],
    [90, 12],
  ])('separable classes, %i images and %i features: every image right', async (n, f) => {
    expect(await accuracy(made(n, f, 12), kernels())).toBe(1);
  });

  it('features without information: no better than chance allows (0.15 to 0.52 of 90)', async () => {
    const found = await accuracy(made(90, 12, 0), kernels());
    expect(found).toBeGreaterThan(0.15);
    expect(found).toBeLessThan(0.52);
  });
});

describe('decode', () => {
  it.each(CASES)('$name: primal objective not above LIBLINEAR’s (1e-7 relative: f32 features)', async (svm) => {
    const input = inputOf(svm);
    const pool = standardisePool(input.x, svm.n, svm.f);
    for (let k = 0; k < 3; k++) {
      const rows = Int32Array.from(input.labels.keys());
      const train = rows.filter((i) => svm.fold[i] !== k);
      const gram = await foldGram(
        pool,
        train,
        rows.filter((i) => svm.fold[i] === k),
        referenceKernels,
      );
      const solver = new SvmSolver(gram.train, train.length, svm.c, referenceKernels.loops);
      for (let label = 0; label < svm.classes; label++) {
        const y = Float64Array.from(train, (i) => (svm.labels[i] === label ? 1 : -1));
        solver.solve(y);
        const primal = solver.f.reduce(
          (sum, f, i) => sum + (solver.b[i] * f) / 2 + svm.c * Math.max(0, 1 - y[i] * f),
          0,
        );
        expect(primal).toBeLessThanOrEqual(svm.primal[k][label] * (1 + 1e-7));
      }
    }
  });

  it('does not depend on the order of the images (1e-6)', async () => {
    const input = made(60, 9, 1);
    const order = new RandomState(3).permutation(60);
    const take = (a: Int32Array) => Int32Array.from(order, (i) => a[i]);
    const x = new Float32Array(60 * 9);
    order.forEach((from, to) => {
      x.set(input.x.subarray(from * 9, (from + 1) * 9), to * 9);
    });
    const shuffled = { ...input, x, labels: take(input.labels), folds: [take(input.folds[0])] };
    const [a] = (await decode(input, referenceKernels)).decisions;
    const [b] = (await decode(shuffled, referenceKernels)).decisions;
    const back = new Float64Array(60 * 3);
    order.forEach((from, to) => {
      back.set(b.subarray(to * 3, to * 3 + 3), from * 3);
    });
    expect(maxDifference(a, back)).toBeLessThan(1e-6);
  });

  it('does not depend on the unit or the offset of a feature (1e-4: f32 features)', async () => {
    const input = made(60, 9, 1);
    const x = input.x.map((v, at) => v * 10 ** ((at % 9) - 4) + (at % 9));
    const [a] = (await decode(input, referenceKernels)).decisions;
    const [b] = (await decode({ ...input, x }, referenceKernels)).decisions;
    expect(maxDifference(a, b)).toBeLessThan(1e-4);
  });

  it('a constant feature changes nothing (1e-9)', async () => {
    const input = made(60, 9, 1);
    const x = new Float32Array(60 * 10).fill(0.1);
    for (let i = 0; i < 60; i++) x.set(input.x.subarray(i * 9, (i + 1) * 9), i * 10);
    const [a] = (await decode(input, referenceKernels)).decisions;
    const [b] = (await decode({ ...input, x, f: 10 }, referenceKernels)).decisions;
    expect(maxDifference(a, b)).toBeLessThan(1e-9);
  });

  it('the decision is linear in a test row’s feature, also far outside of what training saw (1e-6 relative)', async () => {
    const input = made(45, 6, 1);
    const row = input.folds[0].indexOf(0);
    const at = async (value: number): Promise<Float64Array> => {
      const x = input.x.slice();
      x[row * 6] = value;
      return (await decode({ ...input, x }, referenceKernels)).decisions[0].subarray(row * 3, row * 3 + 3);
    };
    const [zero, two] = [await at(0), await at(2)];
    // So far out that the feature varies by 1e-6 of the pool's deviation in the training rows.
    const far = 2 ** 22;
    const expected = zero.map((d, c) => d + ((two[c] - d) / 2) * far);
    const scale = Math.max(...expected.map(Math.abs));
    expect(maxDifference(await at(far), expected) / scale).toBeLessThan(1e-6);
  });

  it('duplicated rows on both sides of a fold get the decisions of the row they repeat (1e-6)', async () => {
    const input = made(30, 5, 1);
    const x = new Float32Array(60 * 5);
    x.set(input.x);
    x.set(input.x, 150);
    const twice = {
      ...input,
      n: 60,
      x,
      labels: Int32Array.of(...input.labels, ...input.labels),
      folds: [Int32Array.of(...input.folds[0], ...input.folds[0])],
    };
    const [held] = (await decode(twice, referenceKernels)).decisions;
    expect(maxDifference(held.subarray(0, 90), held.subarray(90))).toBeLessThan(1e-6);
  });

  it('unbalanced classes are decoded to the gap (1e-8)', async () => {
    const input = made(90, 12, 2);
    const labels = input.labels.map((label, i) => (label === 2 && i > 30 ? 0 : label));
    const folds = [stratifiedKFold(Array.from(labels, String), 5, 2)];
    expect((await decode({ ...input, labels, folds }, referenceKernels)).maxGap).toBeLessThanOrEqual(1e-8);
  });

  it('names the class and the fold when a class has no training image', async () => {
    const input = made(30, 4, 1);
    const fold = input.labels.map((label) => (label === 2 ? 4 : 0));
    await expect(
      decode({ ...input, folds: [fold.map((k, i) => (k === 4 ? 4 : i % 4))] }, referenceKernels),
    ).rejects.toThrow(
      expect.objectContaining({ code: 'metric_undefined', message: expect.stringContaining('Class 2') }),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('names the image and the feature that is %s', async (value) => {
    const input = made(30, 4, 1);
    input.x[7 * 4 + 2] = value;
    await expect(decode(input, referenceKernels)).rejects.toThrow(
      expect.objectContaining({
        code: 'metric_undefined',
        message: `Feature 2 of image 7 is ${value}: it cannot be decoded.`,
      }),
    );
  });

  it('refuses arrays that do not fit each other', async () => {
    const input = made(30, 4, 1);
    await expect(decode({ ...input, f: 5 }, referenceKernels)).rejects.toThrow('not 30 x 5');
    await expect(decode({ ...input, folds: [] }, referenceKernels)).rejects.toThrow('folds');
    await expect(decode({ ...input, c: 0 }, referenceKernels)).rejects.toThrow('c is positive');
    await expect(decode({ ...input, classes: 2 }, referenceKernels)).rejects.toThrow('labels run from 0 to 1');
  });

  it('leaves its input as it was and stops between folds when it is aborted', async () => {
    const input = made(30, 4, 1);
    const kept = input.x.slice();
    const controller = new AbortController();
    let folds = 0;
    const counting: Kernels = {
      ...referenceKernels,
      gram: (...of) => {
        folds += 1;
        if (folds === 2) controller.abort(new Error('stop'));
        return referenceKernels.gram(...of);
      },
    };
    await expect(decode(input, counting, controller.signal)).rejects.toThrow('stop');
    expect(folds).toBe(2);
    expect(input.x).toEqual(kept);
  });
});

describe('decodeStep', () => {
  it('is the mean i1 over repetitions of cross-fit probabilities, and the argmax of each (1e-12)', async () => {
    const input = made(60, 9, 1);
    const folds = [1, 2].map((seed) => stratifiedKFold(Array.from(input.labels, String), 5, seed));
    const step = await decodeStep({ ...input, folds }, referenceKernels);
    const { decisions } = await decode({ ...input, folds }, referenceKernels);
    const curves = decisions.map((d, r) => i1(crossFitProbabilities(d, input.labels, 3, folds[r]), input.labels, 3));
    expect(
      maxDifference(
        step.i1,
        curves[0].map((v, i) => (v + curves[1][i]) / 2),
      ),
    ).toBeLessThan(1e-12);
    expect(step.correct).toEqual(decisions.map((d) => argmaxCorrect(d, input.labels, 3)));
    expect(step.maxGap).toBeLessThanOrEqual(1e-8);
  });

  it('gives the same numbers every time (exact)', async () => {
    const input = made(45, 9, 1);
    expect(await decodeStep(input, ort)).toEqual(await decodeStep(input, ort));
  });
});
