import { referenceKernels } from '@corescore/linalg';
import { describe, expect, it } from 'vitest';
import { argmaxCorrect, decode, decodeCumulative, RandomState, stratifiedKFold } from '../../src/index.js';
import { maxDifference } from '../fixtures.js';

const [n, f, classes] = [120, 8, 3];
const labels = Int32Array.from({ length: n }, (_, i) => i % classes);
const fold = stratifiedKFold(Array.from(labels, String), 5, 1);
const random = new RandomState(2);
/** Weak evidence for the class in `features` of the step, on scales that differ by step; one feature is constant. */
const step = (features: readonly number[], scale: number): Float32Array =>
  Float32Array.from({ length: n * f }, (_, at) => {
    const signal = at % f === features[labels[Math.floor(at / f)]] ? 0.5 : 0;
    return at % f === f - 1 ? 3 : scale * (signal + random.rand());
  });
const steps = [step([0, 1, 2], 1), step([3, 4, 5], 100), step([1, 5, 0], 0.01)];
const input = { n, f, labels, classes, fold, c: 0.05 };

/** The features of the first `count` steps side by side. */
function concatenated(count: number): Float32Array {
  const out = new Float32Array(n * f * count);
  for (let i = 0; i < n; i++) {
    for (let s = 0; s < count; s++) out.set(steps[s].subarray(i * f, (i + 1) * f), (i * count + s) * f);
  }
  return out;
}

describe('evidence cumulative', () => {
  it('is `decode` on the concatenated features at every step (decisions to 1e-6)', async () => {
    const results = await decodeCumulative({ ...input, steps }, referenceKernels);
    expect(results).toHaveLength(steps.length);
    for (const [t, { decisions, maxGap }] of results.entries()) {
      const x = concatenated(t + 1);
      const one = await decode({ x, n, f: f * (t + 1), labels, classes, folds: [fold], c: input.c }, referenceKernels);
      expect(maxDifference(decisions[0], one.decisions[0])).toBeLessThan(1e-6);
      expect(maxGap).toBeLessThanOrEqual(1e-8);
    }
    const right = results.map(({ decisions }) =>
      argmaxCorrect(decisions[0], labels, classes).reduce((a, b) => a + b, 0),
    );
    expect(right[2]).toBeGreaterThan(right[0]);
  });

  it('takes the steps one at a time', async () => {
    let taken = 0;
    let decoded = 0;
    const kernels = {
      ...referenceKernels,
      gram: (...args: Parameters<typeof referenceKernels.gram>) => {
        decoded++;
        return referenceKernels.gram(...args);
      },
    };
    async function* fromDisk() {
      for (const x of steps) {
        // All five folds of the steps before are done when the next one is asked for.
        expect(decoded).toBe(5 * taken++);
        yield x;
      }
    }
    await decodeCumulative({ ...input, steps: fromDisk() }, kernels);
    expect(taken).toBe(3);
  });

  it('refuses what `decode` refuses: a class missing in a fold, NaN, another size; stops when aborted', async () => {
    const run = (change: object, signal?: AbortSignal) =>
      decodeCumulative({ ...input, steps, ...change }, referenceKernels, signal);
    await expect(run({ fold: labels })).rejects.toMatchObject({ code: 'metric_undefined', field: 'folds' });
    const broken = steps[1].slice();
    broken[5] = Number.NaN;
    await expect(run({ steps: [steps[0], broken] })).rejects.toMatchObject({
      code: 'metric_undefined',
      field: 'features',
    });
    await expect(run({ steps: [new Float32Array(4)] })).rejects.toThrow(RangeError);
    await expect(run({}, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
