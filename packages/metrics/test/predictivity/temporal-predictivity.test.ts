import { referenceKernels } from '@corescore/linalg';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  bootstrap,
  chooseSteps,
  MINIMUM_SUBSET_IMAGES,
  type PooledGram,
  percentileInterval,
  plsPredict,
  pooledGram,
  predictivity,
  predictivityDraws,
  predictivityElsewhere,
  RandomState,
  subsetPredictivity,
} from '../../src/index.js';
import { maxDifference } from '../fixtures.js';
import { resampled, temporal, temporalData } from './temporal-predictivity-data.js';

const { steps, target, splits } = temporalData();
const { n, m, f, components } = temporal;
const isChallenge = Uint8Array.from({ length: n }, (_, i) => i % 2);
let grams: PooledGram[];
/** [step][split] */
const predictions: Float64Array[][] = [];
beforeAll(async () => {
  grams = await Promise.all(steps.map((x) => pooledGram(x, n, f, referenceKernels)));
  for (const gram of grams) predictions.push((await plsPredict(gram, target, splits, components)).predictions);
});

const gaussian = (random: RandomState): number =>
  Math.sqrt(-2 * Math.log(1 - random.rand())) * Math.cos(2 * Math.PI * random.rand());
const noise = (seed: number, length: number): Float64Array => {
  const random = new RandomState(seed);
  return Float64Array.from({ length }, () => gaussian(random));
};

describe('predictivity within a subset', () => {
  it('is NumPy’s median r over the subset’s held-out images, under the mapping of all (1e-7)', async () => {
    const control = isChallenge.map((c) => 1 - c);
    const found = [control, isChallenge].map((member) => subsetPredictivity(target, splits, predictions[0], member)!);
    const { subsets } = temporal;
    expect(
      maxDifference(
        found[0].perSplit.map((s) => s.median!),
        subsets.control,
      ),
    ).toBeLessThan(1e-7);
    expect(
      maxDifference(
        found[1].perSplit.map((s) => s.median!),
        subsets.challenge,
      ),
    ).toBeLessThan(1e-7);
  });

  it(`is undefined below ${MINIMUM_SUBSET_IMAGES} images in any split`, async () => {
    const few = new Uint8Array(n);
    for (const { test } of splits) for (const i of test.subarray(0, MINIMUM_SUBSET_IMAGES)) few[i] = 1;
    expect(subsetPredictivity(target, splits, predictions[0], few)).not.toBeNull();
    // Exactly one too few in the first split.
    const one = new Uint8Array(n).fill(1);
    for (const i of splits[0].test.subarray(MINIMUM_SUBSET_IMAGES - 1)) one[i] = 0;
    expect(subsetPredictivity(target, splits, predictions[0], one)).toBeNull();
  });
});

describe('predictivity in bootstrap draws', () => {
  it('each draw is predictivity over its images, written out, within each group and over all (1e-10)', async () => {
    const draws = 12;
    const found = await predictivityDraws(
      target,
      splits,
      predictions[1],
      { draws, seed: 5 },
      referenceKernels,
      isChallenge,
      2,
    );
    let draw = 0;
    bootstrap(n, draws, 5, (rows) => {
      for (const [g, keep] of [(i: number) => i % 2 === 0, (i: number) => i % 2 === 1, () => true].entries()) {
        const medians = splits.map((split, s) => {
          const part = resampled(split, predictions[1][s], rows.filter(keep), target);
          const whole = { y: part.responses, n: part.images, m };
          // Its own split of two rows more, so that `predictivity` itself can be asked.
          const padded = { y: Float64Array.from([...whole.y, ...whole.y.subarray(0, 2 * m)]), n: part.images + 2, m };
          const test = Int32Array.from({ length: part.images }, (_, i) => i);
          const train = Int32Array.of(part.images, part.images + 1);
          return predictivity(padded, [{ train, test }], [part.predicted]).value!;
        });
        expect(Math.abs(found[g][draw] - medians.reduce((a, b) => a + b) / splits.length)).toBeLessThan(1e-10);
      }
      draw++;
      return 0;
    });
    expect(draw).toBe(draws);
  });

  it('the interval holds the value and is as wide as the spread of independent samples (within a third)', async () => {
    // r of one neuroid between a response and an independent "prediction" with planted rho, 300 images in one split.
    const images = 300;
    const rho = 0.6;
    const sample = (seed: number) => {
      const z = noise(seed, 2 * images);
      const y = z.subarray(0, images);
      const p = Float64Array.from(y, (v, i) => rho * v + Math.sqrt(1 - rho * rho) * z[images + i]);
      // Two more images to train on: the prediction is given, nothing is fitted.
      const of = { y: Float64Array.from([...y, 0, 1]), n: images + 2, m: 1 };
      const split = {
        train: Int32Array.of(images, images + 1),
        test: Int32Array.from({ length: images }, (_, i) => i),
      };
      return { of, split, p };
    };
    const { of, split, p } = sample(3);
    const value = predictivity(of, [split], [p]).value!;
    const [draws] = await predictivityDraws(of, [split], [p], { draws: 2000, seed: 1 }, referenceKernels);
    const interval = percentileInterval(draws)!;
    expect(interval.low).toBeLessThan(value);
    expect(interval.high).toBeGreaterThan(value);
    // Fisher: sd of r is (1 - rho^2) / sqrt(n); a width's own Monte-Carlo and sampling error is about a tenth.
    const expected = (2 * 1.96 * (1 - rho * rho)) / Math.sqrt(images);
    expect(Math.abs((interval.high - interval.low) / expected - 1)).toBeLessThan(1 / 3);
  });

  it('a neuroid that does not vary is left out, and without any other the draw is undefined', async () => {
    const flat = { y: Float64Array.from({ length: n }, () => 3), n, m: 1 };
    const constant = splits.map((s) => Float64Array.from(s.test, (i) => i));
    const [draws] = await predictivityDraws(flat, splits, constant, { draws: 5, seed: 1 }, referenceKernels);
    expect([...draws].every(Number.isNaN)).toBe(true);
    expect(percentileInterval(draws)).toBeNull();
  });
});

describe('the best-matching step', () => {
  it('predictivity elsewhere and the choice of each split are NumPy’s (1e-7)', async () => {
    const elsewhere = predictions.map((of) => predictivityElsewhere(target, splits, of));
    elsewhere.forEach((row, k) => {
      expect(maxDifference(row as number[], temporal.elsewhere[k])).toBeLessThan(1e-7);
    });
    expect(chooseSteps(elsewhere)).toEqual(temporal.chosen);
  });

  it('does not look at the images that the split tests: with other predictions of them it is the same (1e-9)', async () => {
    const other = predictions[0].map((p, s) => {
      const copy = p.slice();
      splits[s].test.forEach((image, t) => {
        if (s !== 1 && splits[1].test.includes(image)) copy.fill(9 * t, t * m, (t + 1) * m);
      });
      return s === 1 ? copy.fill(-7) : copy;
    });
    const before = predictivityElsewhere(target, splits, predictions[0]);
    const after = predictivityElsewhere(target, splits, other);
    expect(Math.abs(after[1]! - before[1]!)).toBeLessThan(1e-9);
    expect(Math.abs(after[0]! - before[0]!)).toBeGreaterThan(0.01);
  });

  it('takes the earliest of equals, passes over steps without a value, and says where there is none', async () => {
    expect(
      chooseSteps([
        [0.5, null, null],
        [0.5, 0.1, null],
        [0.4, 0.2, null],
      ]),
    ).toEqual([0, 2, -1]);
  });

  it('is null where another split keeps fewer than ten images', async () => {
    const same = [splits[0], splits[0]];
    expect(predictivityElsewhere(target, same, [predictions[0][0], predictions[0][0]])).toEqual([null, null]);
  });

  it('of steps that say nothing the chosen one stays at 0 (3 s.e.) where the largest does not', async () => {
    // 40 runs of 12 unrelated steps: what a choice gains by the noise of what it is shown on.
    const images = 120;
    const random = new RandomState(17);
    const gains = Array.from({ length: 40 }, () => {
      const y = Float64Array.from({ length: images }, () => gaussian(random));
      const drawn = Array.from({ length: 6 }, () => {
        const order = random.permutation(images);
        return { train: order.slice(30), test: order.slice(0, 30) };
      });
      // One value an image and step: held-out predictions whose noise is shared by the splits, as a fixed model's is.
      const ofSteps = Array.from({ length: 12 }, () => Float64Array.from({ length: images }, () => gaussian(random)));
      const of = { y, n: images, m: 1 };
      const scored = ofSteps.map((p) => {
        const predicted = drawn.map(({ test }) => Float64Array.from(test, (i) => p[i]));
        return {
          elsewhere: predictivityElsewhere(of, drawn, predicted),
          perSplit: predictivity(of, drawn, predicted).perSplit.map((s) => s.median!),
        };
      });
      const mean = (x: number[]) => x.reduce((a, b) => a + b) / x.length;
      const chosen = chooseSteps(scored.map((s) => s.elsewhere));
      return {
        honest: mean(chosen.map((k, s) => scored[k].perSplit[s])),
        naive: Math.max(...scored.map((s) => mean(s.perSplit))),
      };
    });
    const mean = (of: 'honest' | 'naive') => gains.reduce((a, g) => a + g[of], 0) / gains.length;
    const error = (of: 'honest' | 'naive') =>
      Math.sqrt(gains.reduce((a, g) => a + (g[of] - mean(of)) ** 2, 0) / (gains.length * (gains.length - 1)));
    expect(Math.abs(mean('honest'))).toBeLessThan(3 * error('honest'));
    expect(mean('naive')).toBeGreaterThan(10 * error('naive'));
  });
});
