import { referenceKernels } from '@corescore/linalg';
import { describe, expect, it } from 'vitest';
import { internalConsistency, normaliseByCeiling, plsScore, pooledGram, splitHalfCeiling } from '../../src/index.js';
import { brainScore, brainScoreData, meanTarget, orNaN } from '../behaviour/brainscore-data.js';
import { maxDifference } from '../fixtures.js';

const { input, objects, bins, repetitions } = brainScoreData();
const { n, f } = input;
const { sites } = brainScore.data;
const SILENT = 3;
const gram = pooledGram(bins[bins.length - 1], n, f, referenceKernels);

describe.each(brainScore.pls)('against Brain-Score, $repetitions repetitions', (expected) => {
  const used = repetitions.slice(0, expected.repetitions);
  const target = meanTarget(used, n, sites);

  it('`pls`: r of each neuroid and split (1e-6: NIPALS stops on a tolerance), their median’s mean over splits and its error (1e-6)', async () => {
    const score = await plsScore(await gram, target, objects, {
      ceiling: expected.ceiling,
      rule: 'v2',
    });
    score.perSplit.forEach(({ r }, split) => {
      expect(maxDifference(r, orNaN(expected.r[split]))).toBeLessThan(1e-6);
    });
    expect(Math.abs(score.value! - expected.value)).toBeLessThan(1e-6);
    expect(Math.abs(score.error! - expected.error)).toBeLessThan(1e-6);
    expect([score.n, score.nTotal]).toEqual([sites - 1, sites]);
  });

  it('its ceiled score is rule v2, its error unscaled (1e-6); v1 is another number', async () => {
    const score = await plsScore(await gram, target, objects, {
      ceiling: expected.ceiling,
      rule: 'v2',
    });
    expect(Math.abs(score.ceiled! - expected.ceiled)).toBeLessThan(1e-6);
    expect(Math.abs(score.error! - expected.ceiledError)).toBeLessThan(1e-6);
    const old = await plsScore(await gram, target, objects, {
      ceiling: expected.ceiling,
      rule: 'v1',
    });
    expect(old.ceiled).toBe(normaliseByCeiling(old.value, expected.ceiling, 'v1'));
    expect(Math.abs(old.ceiled! - expected.ceiled)).toBeGreaterThan(0.05);
    expect((await plsScore(await gram, target, objects, { ceiling: null, rule: 'v2' })).ceiled).toBeNull();
  });

  it('`internal_consistency`: median of each halving, their mean and error (1e-12)', () => {
    const ceiling = internalConsistency(used, n, sites);
    const medians = expected.halvings.map((values) => {
      const defined = values.filter((v) => v !== null).sort((a, b) => a - b);
      expect(defined.length).toBe(sites - 1);
      return defined[(defined.length - 1) / 2];
    });
    expect(maxDifference(ceiling.perHalving as number[], medians)).toBeLessThan(1e-12);
    expect(Math.abs(ceiling.value! - expected.ceiling)).toBeLessThan(1e-12);
    expect(Math.abs(ceiling.error! - expected.ceilingError)).toBeLessThan(1e-12);
  });

  it('corescore’s split-half ceiling from the same seed is the same number where both halves are equally large (1e-12)', () => {
    const difference = Math.abs(splitHalfCeiling(used, n, sites, 1).value! - expected.ceiling);
    if (expected.repetitions % 2 === 0) expect(difference).toBeLessThan(1e-12);
    else expect(difference).toBeGreaterThan(1e-3);
  });
});

describe('at the edges', () => {
  it('a silent neuroid has no r in any split, for Brain-Score neither', () => {
    for (const { r } of brainScore.pls) expect(r.every((row) => row[SILENT] === null)).toBe(true);
  });

  it('nothing but silent neuroids: no value, no ceiled score', async () => {
    const y = new Float64Array(n).fill(2);
    expect(await plsScore(await gram, { y, n, m: 1 }, objects, { ceiling: 0.8, rule: 'v2' })).toMatchObject({
      value: null,
      error: null,
      ceiled: null,
      n: 0,
      nTotal: 1,
    });
    expect(internalConsistency([y, y], n, 1)).toMatchObject({ value: null, error: null, reason: 'undefined' });
  });

  it('one repetition has no ceiling; none, one image, NaN and an object with one image are refused', async () => {
    const [y] = repetitions;
    expect(internalConsistency([y], n, sites)).toEqual({
      value: null,
      error: null,
      perHalving: [],
      reason: 'no_ceiling',
    });
    expect(() => internalConsistency([], n, sites)).toThrow(expect.objectContaining({ field: 'target' }));
    expect(() => internalConsistency([Float64Array.of(1), Float64Array.of(2)], 1, 1)).toThrow(
      'No ceiling over 1 images',
    );
    expect(() => internalConsistency([y, y.with(0, Number.NaN)], n, sites)).toThrow('neuroid 0 to image 0 is NaN');
    const target = meanTarget(repetitions, n, sites);
    const lonely = ['once', ...objects.slice(1)];
    const options = { ceiling: 0.8, rule: 'v2' } as const;
    await expect(plsScore(await gram, target, lonely, options)).rejects.toMatchObject({
      field: 'splits',
    });
  });
});
