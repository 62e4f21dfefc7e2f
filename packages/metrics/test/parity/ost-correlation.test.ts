import { createLoops, referenceKernels } from '@corescore/linalg';
import { describe, expect, it } from 'vitest';
import {
  BRAIN_SCORE_LAMBDA,
  type Decoder,
  type OstCorrelationInput,
  objectSolutionTimes,
  ostCorrelation,
  ostOverInitialisations,
  ostSplits,
  SoftmaxAdamDecoder,
  studentTQuantile,
  variesOverTime,
} from '../../src/index.js';
import { overSplits } from '../../src/parity/over-splits.js';
import { brainScore, brainScoreData, orNaN } from '../behaviour/brainscore-data.js';
import { maxDifference } from '../fixtures.js';

const { ost } = brainScore;
const { input, bins } = brainScoreData();
const { n, f, labels, thresholds } = input;
const CLASSES = input.classes;
const SPLITS = ost.splits.length;
const kernels = { ...referenceKernels, loops: createLoops() };

/** Brain-Score's probabilities, bin by bin and split by split; refuses any other training rows than its own. */
function replayed(): Decoder {
  let calls = 0;
  return {
    name: 'replayed',
    async fit(x) {
      const [bin, split] = [Math.floor(calls / SPLITS), calls % SPLITS];
      calls++;
      const test = new Set(ost.splits[split].test);
      const rows = [...labels.keys()].filter((i) => !test.has(i));
      const train = rows.flatMap((i) => [...bins[bin].subarray(i * f, (i + 1) * f)]);
      if (maxDifference(x, train) !== 0) throw new Error(`other training rows in bin ${bin} of split ${split}`);
      const probability = () => Float64Array.from(Float32Array.from(ost.splits[split].probabilities[bin]));
      return {
        convergence: { converged: true, measure: 'gradient norm', value: 0, iterations: 0 },
        decision: probability,
        probability,
      };
    },
  };
}

/** Always certain of the first object; counts its fits. */
function certain(): Decoder & { fits: number } {
  const row = Float64Array.from({ length: CLASSES }, (_, c) => (c === 0 ? 0.96 : 0.01));
  const decoder = {
    name: 'certain',
    fits: 0,
    async fit() {
      decoder.fits++;
      const probability = (_: Float32Array, rows: number) =>
        Float64Array.from({ length: rows * CLASSES }, (_, at) => row[at % CLASSES]);
      return {
        convergence: { converged: true, measure: 'gradient norm' as const, value: 0, iterations: 0 },
        decision: probability,
        probability,
      };
    },
  };
  return decoder;
}

describe('against Brain-Score’s OSTCorrelation, from its probabilities', () => {
  const fromItsProbabilities = ostCorrelation(input, replayed(), kernels);

  it('test images of each split are index-identical, and all others train', () => {
    const splits = ostSplits(n);
    expect(splits.map(({ test }) => [...test])).toEqual(ost.splits.map(({ test }) => test));
    for (const { train, test } of splits) {
      expect([...train, ...test].sort((a, b) => a - b)).toEqual([...labels.keys()]);
    }
  });

  it('i1 of each image, bin and split (1e-12 of at most 5: one formula, two normal quantiles)', async () => {
    const { splits } = await fromItsProbabilities;
    splits.forEach((split, s) => {
      expect(split.i1.length).toBe(ost.splits[s].i1.length);
      split.i1.forEach((curve, bin) => {
        expect(maxDifference(curve, ost.splits[s].i1[bin])).toBeLessThan(1e-12);
      });
    });
  });

  it('OST of each image (1.5e-8 of it: the stop rule of Brain-Score’s root finder), the same images unsolved', async () => {
    const { splits } = await fromItsProbabilities;
    splits.forEach((split, s) => {
      const relative = split.osts.map((t, at) => t / (ost.splits[s].osts[at] ?? Number.NaN));
      const ones = orNaN(ost.splits[s].osts).map((t) => t / t);
      expect(maxDifference(relative, ones)).toBeLessThan(1.5e-8);
    });
  });

  it('rho of each split, their mean, error, ceiled score and its unscaled error (1e-12)', async () => {
    const score = await fromItsProbabilities;
    expect(
      maxDifference(
        score.splits.map(({ rho }) => rho!) as number[],
        ost.splits.map(({ rho }) => rho!),
      ),
    ).toBeLessThan(1e-12);
    expect(Math.abs(score.value! - ost.value)).toBeLessThan(1e-12);
    expect(Math.abs(score.error! - ost.error)).toBeLessThan(1e-12);
    expect(Math.abs(score.ceiled! - ost.ceiled)).toBeLessThan(1e-12);
    expect(Math.abs(score.error! - ost.ceiledError)).toBeLessThan(1e-12);
    expect(score.ceiling).toBe(0.79);
  });

  it('says how many images entered, and which share of the test images was solved (counted from Brain-Score’s OSTs)', async () => {
    const score = await fromItsProbabilities;
    const entered = ost.splits.map(({ test, osts }) =>
      test.filter((row, at) => osts[at] !== null && !Number.isNaN(input.targetMs[row])),
    );
    const solved = ost.splits.flatMap(({ osts }) => osts);
    expect(score.splits.map((split) => split.n)).toEqual(entered.map((rows) => rows.length));
    expect([score.n, score.nTotal]).toEqual([
      new Set(entered.flat()).size,
      new Set(ost.splits.flatMap(({ test }) => test)).size,
    ]);
    expect(score.solved).toBe(solved.filter((t) => t !== null).length / solved.length);
    expect(score.splits.every(({ objects }) => objects === CLASSES)).toBe(true);
  });

  it('the fixture tells the bracket rules apart: `previous` moves OSTs by more than 1 ms', () => {
    const moved = ost.splits.map(({ test, i1, osts }) => {
      const of = Float64Array.from(test, (row) => thresholds[row]);
      const curves = i1.map((curve) => Float64Array.from(curve));
      return maxDifference(objectSolutionTimes(curves, input.startsMs, of, 'previous'), orNaN(osts));
    });
    expect(Math.max(...moved)).toBeGreaterThan(1);
  });
});

describe('against Brain-Score’s OSTCorrelation, decoder included', () => {
  it('from TensorFlow’s first weights: probabilities (1e-5: it computes in f32), OSTs (0.01 ms, a thousandth of a bin), the score and its error (1e-12: the OSTs are in the same order)', async () => {
    const adam = new SoftmaxAdamDecoder({
      lambda: BRAIN_SCORE_LAMBDA,
      initialWeights: () => Float64Array.from(brainScore.firstWeights),
    });
    const seen: Float64Array[] = [];
    const decoder: Decoder = {
      name: adam.name,
      async fit(...images) {
        const fitted = await adam.fit(...images);
        const probability = (x: Float32Array, rows: number) => {
          seen.push(fitted.probability(x, rows));
          return seen[seen.length - 1];
        };
        return { ...fitted, probability };
      },
    };
    const score = await ostCorrelation(input, decoder, kernels);
    expect(seen.length).toBe(SPLITS * bins.length);
    seen.forEach((p, call) => {
      const expected = ost.splits[call % SPLITS].probabilities[Math.floor(call / SPLITS)];
      expect(maxDifference(p, expected)).toBeLessThan(1e-5);
    });
    score.splits.forEach((split, s) => {
      expect(maxDifference(split.osts, orNaN(ost.splits[s].osts))).toBeLessThan(0.01);
    });
    expect(Math.abs(score.value! - ost.value)).toBeLessThan(1e-12);
    expect(Math.abs(score.error! - ost.error)).toBeLessThan(1e-12);
  });

  it('from ten first weights of our own: its number lies within the 99 % prediction interval of an eleventh, and its mean over eleven within three standard errors of ours', async () => {
    const spread = await ostOverInitialisations(input, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], kernels);
    const [mean, deviation] = [spread.mean!, spread.deviation!];
    expect(spread.values.length).toBe(10);
    expect(Math.abs(ost.value - mean)).toBeLessThan(studentTQuantile(0.995, 9) * deviation * Math.sqrt(1 + 1 / 10));
    const theirs = [ost.value, ...brainScore.otherSeeds];
    expect(theirs.length).toBe(11);
    const theirMean = theirs.reduce((sum, v) => sum + v, 0) / 11;
    const theirVariance = theirs.reduce((sum, v) => sum + (v - theirMean) ** 2, 0) / 10;
    expect(Math.abs(theirMean - mean)).toBeLessThan(3 * Math.sqrt(deviation ** 2 / 10 + theirVariance / 11));
  }, 300_000);
});

describe('at the edges', () => {
  it('splits without a rho are skipped, but count in the error’s root, as Brain-Score’s (1e-12)', () => {
    const { value, error } = overSplits([null, null, null, null, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
    expect(Math.abs(value! - brainScore.edges.splitsWithoutRho.value)).toBeLessThan(1e-12);
    expect(Math.abs(error! - brainScore.edges.splitsWithoutRho.error)).toBeLessThan(1e-12);
    expect(overSplits([null, 0.5])).toEqual({ value: 0.5, error: null });
    expect(overSplits([null])).toEqual({ value: null, error: null });
  });

  it('equal times, one image or none have no rho, for Brain-Score neither: the score is undefined, with its counts', async () => {
    const { constantTimes, oneImage, noImage } = brainScore.edges;
    expect([constantTimes, oneImage, noImage]).toEqual([null, null, null]);
    // Nothing is certain but the first object: its images are solved at once, no other ever.
    const score = await ostCorrelation({ ...input, thresholds: new Float64Array(n) }, certain(), kernels);
    expect(score).toMatchObject({ value: null, reason: 'undefined', error: null, ceiled: null, n: 0 });
    expect(score.splits.map(({ rho }) => rho)).toEqual(new Array(SPLITS).fill(null));
    expect(score.solved).toBeGreaterThan(0);
    expect(score.solved).toBeLessThan(1);
  });

  it('an object that no test image shows is no distractor there, and the split says so; Brain-Score stops with a KeyError', async () => {
    expect(brainScore.edges.objectAbsentFromTest).toBe('KeyError');
    const hidden = new Set(ost.splits[0].test.filter((row) => labels[row] === 3));
    const relabelled = labels.map((label, i) => (hidden.has(i) ? 2 : label));
    const { splits } = await ostCorrelation({ ...input, labels: relabelled }, certain(), kernels);
    expect(splits[0].objects).toBe(CLASSES - 1);
    expect(splits[0].i1[0].every(Number.isFinite)).toBe(true);
  });

  it('a split is decoded until its images are solved, a step once, and a bin without a step not at all', async () => {
    const calls: number[] = [];
    const features = (step: number) => {
      calls.push(step);
      return bins[step];
    };
    const easy = certain();
    await ostCorrelation({ ...input, features, thresholds: new Float64Array(n).fill(-10) }, easy, kernels);
    expect([easy.fits, calls]).toEqual([SPLITS, [0]]);
    const hard = certain();
    const stepOfBin = [null, 2, 2, 5, null, 2, 5, 5, null];
    const out = await ostCorrelation(
      { ...input, features, stepOfBin, thresholds: new Float64Array(n).fill(10) },
      hard,
      kernels,
    );
    expect([hard.fits, calls]).toEqual([2 * SPLITS, [0, 2, 5]]);
    for (const { i1 } of out.splits) {
      expect(i1.map((curve) => curve.some(Number.isNaN))).toEqual(stepOfBin.map((step) => step === null));
    }
    expect(out.solved).toBe(0);
  });

  it('static recordings are told from varying ones on one image, as by Brain-Score', () => {
    expect(brainScore.edges.static).toBe(false);
    const image = (bin: number) => bins[bin].subarray(0, f);
    expect(variesOverTime([image(0), image(0), image(0)])).toBe(false);
    expect(variesOverTime([image(0), image(0), image(1)])).toBe(true);
  });

  it('refuses a threshold that is not finite, an object without training images, one image, arrays of another length', async () => {
    const run = (change: Partial<OstCorrelationInput>) => ostCorrelation({ ...input, ...change }, certain(), kernels);
    await expect(run({ thresholds: thresholds.with(7, Number.NaN) })).rejects.toMatchObject({
      code: 'metric_undefined',
      field: 'thresholds',
      message: 'The behavioural i1 of image 7 is NaN.',
    });
    const adam = new SoftmaxAdamDecoder({ lambda: 0, initialWeights: (rows, k) => new Float64Array(rows * k) });
    await expect(ostCorrelation({ ...input, classes: CLASSES + 1 }, adam, kernels)).rejects.toMatchObject({
      code: 'metric_undefined',
      field: 'labels',
    });
    const one = {
      labels: labels.slice(0, 1),
      thresholds: thresholds.slice(0, 1),
      targetMs: input.targetMs.slice(0, 1),
    };
    await expect(run({ ...one, n: 1 })).rejects.toMatchObject({ code: 'metric_undefined', field: 'splits' });
    await expect(run({ targetMs: new Float64Array(3) })).rejects.toThrow('3 targetMs for 180 images');
    await expect(run({ startsMs: [70] })).rejects.toThrow(RangeError);
    await expect(run({ features: () => new Float32Array(4) })).rejects.toThrow('a step has 4 values');
  });

  it('ends when it is aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(ostCorrelation(input, certain(), kernels, { signal })).rejects.toThrow('enough');
  });
});
