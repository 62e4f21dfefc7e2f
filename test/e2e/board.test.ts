import { readFileSync } from 'node:fs';
import { loadBenchmark } from '@corescore/benchmarks';
import type { ImageResults, Leaderboard, LeaderboardRow, Score, Series } from '@corescore/contracts';
import { concordance, matchedCells, matchedConcordance } from '@corescore/metrics';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { call, root, until } from '../support/serve.js';

/**
 * The seeded board of a running service against `reference_ost.json`: scikit-learn 1.2.1, after METRICS.md 2-6, by an
 * implementation that shares no code with ours (its README is beside the fixture). Everything is read over REST.
 */
interface Subject {
  summary: Record<string, number | null>;
  ost: (number | null)[] | string;
  i1: (number | null)[][] | (number | null)[];
  correct: [number, number][][];
}
const reference = JSON.parse(readFileSync(`${root}packages/benchmarks/test/fixtures/reference_ost.json`, 'utf8')) as {
  images: { stimulus_id: string[]; tau: number[] };
  subjects: Record<string, Subject>;
};
const live = inject('live');

const SUBJECT_OF: Record<string, string> = {
  'bl-64': 'bl-64',
  'simulated-it': 'draw1',
  'null-threshold-only': 'threshold-only',
  'null-feed-forward-ramp': 'ff-ramp',
  'null-difficulty-look-up': 'difficulty-look-up',
  'ff-64': 'ff-64',
  'ffdeep-64': 'ffdeep-64',
};
const ROWS = Object.keys(SUBJECT_OF);

let rows: Map<string, LeaderboardRow>;
const row = (name: string): LeaderboardRow => rows.get(name)!;
const score = (name: string, metric: string, subset = 'all'): Score =>
  row(name).scores.find((s) => s.metric === metric && s.subset === subset)!;
const images = (name: string) => call<ImageResults>(live, `/v1/runs/${row(name).runId}/images`);
const seriesOf = async (name: string) =>
  (await call<{ series: Series[] }>(live, `/v1/runs/${row(name).runId}/series`)).series;

beforeAll(async () => {
  rows = await until('a filled board', 1_000, async () => {
    const board = await call<Leaderboard>(live, '/v1/leaderboard?benchmark=core-objects-ost');
    const failed = board.rows.find((r) => r.status === 'failed');
    if (failed) throw new Error(`${failed.name} failed: ${JSON.stringify(failed.failure)}`);
    const scored = new Map(board.rows.filter((r) => r.status === 'scored').map((r) => [r.name, r]));
    return ROWS.every((name) => scored.has(name)) && scored;
  });
}, 1_020_000);

describe('against the independent reference', () => {
  test.each(['bl-64', 'simulated-it', 'null-feed-forward-ramp', 'null-threshold-only', 'ff-64', 'ffdeep-64'])(
    '%s: i1 of every image and bin to .001',
    async (name) => {
      const ours = await images(name);
      expect(ours.stimulusIds).toEqual(reference.images.stimulus_id);
      const raw = reference.subjects[SUBJECT_OF[name]].i1;
      const theirs = (
        Array.isArray(raw[0])
          ? raw
          : name === 'null-threshold-only'
            ? (raw as number[]).map((v) => ours.stimulusIds.map(() => v))
            : [raw]
      ) as number[][];
      expect(ours.i1.length).toBe(theirs.length);
      let worst = 0;
      theirs.forEach((curve, bin) => {
        curve.forEach((v, i) => {
          worst = Math.max(worst, Math.abs(v - ours.i1[bin][i]!));
        });
      });
      expect(worst).toBeLessThanOrEqual(0.001);
    },
  );

  test.each(['bl-64', 'simulated-it', 'null-feed-forward-ramp', 'null-threshold-only', 'null-difficulty-look-up'])(
    '%s: OST to .1 ms for 99 %% of the images, never-solved alike',
    async (name) => {
      const ours = (await images(name)).ostMs;
      const theirs = reference.subjects[SUBJECT_OF[name]].ost as (number | null)[];
      const agree = theirs.filter((t, i) =>
        t === null ? ours[i] === null : ours[i] !== null && Math.abs(t - ours[i]!) <= 0.1,
      ).length;
      expect(agree / theirs.length).toBeGreaterThanOrEqual(0.99);
    },
  );

  test.each(['bl-64', 'simulated-it', 'null-feed-forward-ramp', 'null-threshold-only', 'null-difficulty-look-up'])(
    '%s: counts exactly, rho to .001, delay to .1 ms',
    (name) => {
      const theirs = reference.subjects[SUBJECT_OF[name]].summary;
      const close = (metric: string, expected: number | null, tolerance: number) => {
        const found = score(name, metric);
        if (expected === null) {
          expect(found).toMatchObject({ value: null, reason: 'undefined' });
          return;
        }
        expect(Math.abs(found.value! - expected), `${metric} ${found.value} against ${expected}`).toBeLessThanOrEqual(
          tolerance,
        );
      };
      close('ost_rho', theirs['spearmanTau'], 0.001);
      close('ost_rho_partial', theirs['partialThetaLoad'], 0.001);
      close('ost_rho_partial_object', theirs['partialThetaLoadObject'], 0.001);
      close('ost_delay_mean', theirs['delayMeanMs'], 0.1);
      close('ost_delay_median', theirs['delayMedianMs'], 0.1);
      expect(score(name, 'ost_solved').value).toBe(theirs['solved']);
      expect(score(name, 'ost_solved', 'control').value).toBe(theirs['solvedControl']);
      expect(score(name, 'ost_solved', 'challenge').value).toBe(theirs['solvedChallenge']);
      expect(score(name, 'ost_solved_first').value).toBe(theirs['solvedFirst']);
      expect(score(name, 'ost_never_solved').value).toBe(theirs['neverSolved']);
    },
  );

  test.each(['bl-64', 'simulated-it', 'null-feed-forward-ramp', 'null-threshold-only', 'null-difficulty-look-up'])(
    '%s: concordances are those of the reference’s times to .001, over all images',
    async (name) => {
      const theirs = (reference.subjects[SUBJECT_OF[name]].ost as (number | null)[]).map((t) => t ?? Number.NaN);
      const { tau } = reference.images;
      const { difficulty, thresholds } = await loadBenchmark('core-objects-ost', live.home);
      const expected = {
        ost_concordance: concordance(theirs, tau).value!,
        ost_concordance_matched: matchedConcordance(theirs, tau, matchedCells(difficulty, thresholds))!,
      };
      for (const [metric, value] of Object.entries(expected)) {
        const found = score(name, metric);
        expect(Math.abs(found.value! - value)).toBeLessThanOrEqual(0.001);
        expect(found).toMatchObject({ n: 660, nTotal: 660 });
        expect(found.low!).toBeLessThan(found.value!);
        expect(found.high!).toBeGreaterThan(found.value!);
      }
    },
  );

  test('bl-64 in its own steps: solved exactly, partial rho to .001, delay to .1 ms of its declared 36 ms a step', () => {
    const theirs = reference.subjects['bl-64-native'].summary;
    expect(score('bl-64', 'ost_native_solved').value).toBe(theirs['solved']);
    const rho = score('bl-64', 'ost_native_rho_partial').value!;
    expect(Math.abs(rho - theirs['partialThetaLoad']!)).toBeLessThanOrEqual(0.001);
    const delayMs = score('bl-64', 'ost_native_delay_mean').value! * 36;
    expect(Math.abs(delayMs - theirs['delayMeanMs']!)).toBeLessThanOrEqual(0.1);
  });

  test.each(['bl-64', 'simulated-it', 'null-feed-forward-ramp', 'ff-64', 'ffdeep-64'])(
    '%s: images right, within one per bin, repetition and band',
    async (name) => {
      const all = await seriesOf(name);
      const theirs = reference.subjects[SUBJECT_OF[name]].correct;
      (['control', 'challenge'] as const).forEach((subset, band) => {
        const ours = all.find((s) => s.name === 'correct' && s.subset === subset)!.values;
        theirs.flat().forEach((counts, k) => {
          expect(Math.abs(ours[k]! - counts[band])).toBeLessThanOrEqual(1);
        });
      });
    },
  );
});

describe('planted truth', () => {
  test('the simulated IT recovers the planted times: Spearman >= .97, bias and delay within 2 ms', async () => {
    const { ostMs } = await images('simulated-it');
    const errors = ostMs.flatMap((t, i) => (t === null ? [] : [t - reference.images.tau[i]]));
    expect(score('simulated-it', 'ost_rho').value).toBeGreaterThanOrEqual(0.97);
    expect(Math.abs(errors.reduce((a, b) => a + b, 0) / errors.length)).toBeLessThanOrEqual(2);
    const planted = reference.subjects['draw1'].summary['plantedDelayMeanMsSameImages']!;
    expect(Math.abs(score('simulated-it', 'ost_delay_mean').value! - planted)).toBeLessThanOrEqual(2);
  });
});

describe('a model without time', () => {
  test.each(['ff-64', 'ffdeep-64'])('%s is not temporal and is scored on the rest', (name) => {
    expect(score(name, 'ost_rho_partial')).toMatchObject({ value: null, reason: 'not_temporal' });
    expect(score(name, 'ost_delay_mean')).toMatchObject({ value: null, reason: 'not_temporal' });
    expect(score(name, 'accuracy', 'control').value).toBeGreaterThan(score(name, 'accuracy', 'challenge').value!);
  });
});

describe('controls', () => {
  test.each(['bl-64', 'ff-64'])(
    '%s: shuffled labels are at chance: the mean of several shuffles (.025) with their spread around it, n given',
    (name) => {
      const found = score(name, 'accuracy_shuffled');
      expect(Math.abs(found.value! - 0.1)).toBeLessThan(0.025);
      expect(found).toMatchObject({ n: 660, nTotal: 660 });
      expect(found.note).toMatch(/mean of 5 shuffles of the labels, standard deviation 0\.\d+, from/);
      expect(found.low!).toBeLessThan(0.1);
      expect(found.high!).toBeGreaterThan(0.1);
    },
  );

  test('the untrained twin is above chance and far below its model; supplied activations have no controls here', () => {
    for (const name of ['bl-64', 'ff-64']) {
      expect(score(name, 'accuracy_twin').low!).toBeGreaterThan(0.1);
      expect(score(name, 'accuracy_twin').high!).toBeLessThan(score(name, 'accuracy').low! - 0.2);
    }
    for (const metric of ['accuracy_twin', 'ost_solved_twin']) expect(score('simulated-it', metric)).toBeUndefined();
  });

  test('a temporal model has its strip with intervals and its temporal generalisation, a null row has none', async () => {
    const all = await seriesOf('bl-64');
    const strip = all.find((s) => s.name === 'ost_strip')!;
    expect(strip.axes[0].values).toHaveLength(9);
    expect(strip.values.every((v) => v !== null)).toBe(true);
    expect(strip.low!.every((v, at) => v! <= strip.values[at]!)).toBe(true);
    const square = all.find((s) => s.name === 'temporal_generalisation')!;
    expect(square.values).toHaveLength(18 * 18);
    const names = (await seriesOf('null-feed-forward-ramp')).map((s) => s.name);
    expect(names).not.toContain('ost_strip');
    expect(score('null-feed-forward-ramp', 'accuracy_shuffled')).toBeUndefined();
  });
});

describe('neural predictivity', () => {
  test.each(['bl-64', 'ff-64', 'simulated-it'])(
    '%s: early and late IT, with error over splits, ceiling and n',
    (name) => {
      for (const metric of ['predictivity_early', 'predictivity_late']) {
        const found = score(name, metric);
        expect(found.value).toBeGreaterThan(0);
        // Nothing predicts the mean of the recordings better than their reliability lets it.
        expect(found.value! ** 2).toBeLessThan(found.ceiling!);
        expect(found.error).toBeGreaterThan(0);
        expect(found).toMatchObject({ n: 429, nTotal: 660 });
        expect(found.ceiled).toBeCloseTo(found.value! ** 2 / found.ceiling!, 12);
        expect(found.low).toBeLessThan(found.value!);
        expect(found.high).toBeGreaterThan(found.value!);
        expect(score(name, metric, 'control')).toMatchObject({ n: 221, nTotal: 330, value: expect.any(Number) });
        expect(score(name, metric, 'challenge')).toMatchObject({ n: 208, nTotal: 330, value: expect.any(Number) });
      }
    },
  );

  test('late steps add to the first where there are any; a model without time says why not, a null row has no controls', () => {
    const added = score('bl-64', 'predictivity_added_late');
    expect(added.low).toBeGreaterThan(0);
    const [, first, both] = added.note!.match(/R² ([\d.]+) from step 0 alone, ([\d.]+) with/)!.map(Number);
    expect(Math.abs(both - first - added.value!)).toBeLessThanOrEqual(0.001 + 1e-9);
    expect(added.ceiled!).toBeLessThanOrEqual(both / added.ceiling! + 0.001);
    expect(score('ff-64', 'predictivity_added_late')).toMatchObject({ value: null, reason: 'not_temporal' });
    expect(score('null-feed-forward-ramp', 'predictivity_added_late')).toBeUndefined();
  });

  test('on its own clock the matrix is the course, value for value', async () => {
    const all = await seriesOf('bl-64');
    const find = (name: string) => all.find((s) => s.name === name && s.subset === 'all')!.values;
    const [matrix, weights, own] = [find('predictivity_matrix'), find('time_mapping'), find('predictivity')];
    const cells = [...weights.keys()].filter((at) => weights[at] === 1);
    expect(cells.length).toBeGreaterThan(10);
    for (const at of cells) expect(matrix[at]).toBe(own[at % own.length]);
  });

  test('another draw of the population predicts late IT better than any network', () => {
    const late = (name: string) => score(name, 'predictivity_late').value!;
    for (const name of ['bl-64', 'ff-64', 'ffdeep-64']) expect(late('simulated-it')).toBeGreaterThan(late(name));
    expect(score('null-threshold-only', 'predictivity_late')).toMatchObject({ value: null, reason: 'not_run' });
  });
});

describe('the board', () => {
  test('is sorted by the partial correlation; IT and the null rows are marked and have no rank', async () => {
    const board = await call<Leaderboard>(live, '/v1/leaderboard?benchmark=core-objects-ost');
    expect(board.sortMetric).toBe('ost_rho_partial');
    const partial = (r: LeaderboardRow) => r.scores.find((s) => s.metric === 'ost_rho_partial')!.value;
    const ranked = board.rows.filter((r) => r.rank !== null);
    expect(ranked.length).toBeGreaterThanOrEqual(1);
    expect(ranked.every((r) => r.role === 'model' && partial(r) !== null)).toBe(true);
    expect([...ranked].sort((a, b) => partial(b)! - partial(a)!).map((r) => r.name)).toEqual(ranked.map((r) => r.name));
    expect(row('simulated-it').role).toBe('it');
    expect(row('simulated-it').activationsSupplied).toBe(true);
    for (const name of ROWS.filter((n) => n.startsWith('null-')))
      expect(row(name)).toMatchObject({ role: 'null', rank: null });
  });

  test('an interval that does not contain its value is said, in the score’s note or, of a series, in the run’s notes', async () => {
    const isOutside = (value: number | null | undefined, low: number | null = null, high: number | null = null) =>
      value != null &&
      low !== null &&
      high !== null &&
      Math.max(low - value, value - high) > 1e-12 * Math.max(1, value);
    for (const name of ROWS) {
      for (const { value, low, high, note, metric } of row(name).scores) {
        expect([name, metric, note?.includes('does not contain the value') ?? false]).toEqual([
          name,
          metric,
          isOutside(value, low, high),
        ]);
      }
      const { notes } = await call<{ notes: string[] }>(live, `/v1/runs/${row(name).runId}`);
      const said = notes.find((note) => note.startsWith('Intervals that do not contain their value')) ?? '';
      for (const { name: series, subset, values, low, high } of await seriesOf(name)) {
        const outside = values.some((v, at) => isOutside(v, low?.[at], high?.[at]));
        expect([name, series, said.includes(`${series} (${subset}) at `)]).toEqual([name, series, outside]);
      }
    }
  });

  test('rho and delay are over the solved images and say so; the mean delay has its bound at the end of the target’s time', async () => {
    const found = score('bl-64', 'ost_delay_mean');
    expect(found).toMatchObject({ n: 492, nTotal: 660, note: 'over 492 solved images' });
    const bound = score('bl-64', 'ost_delay_mean_bound');
    expect(bound).toMatchObject({ n: 660, note: '168 never-solved images count as 250 ms' });
    expect(Math.abs(bound.value! - 65.8)).toBeLessThan(0.1);
    expect(score('bl-64', 'ost_solved_first').note).toBe('first covered bin, 70-80 ms');
    expect(score('bl-64', 'accuracy').note).toBe('last covered bin, 240-250 ms');
  });

  test('every score has an n and either a value or a reason', () => {
    for (const { scores } of rows.values()) {
      for (const s of scores) {
        expect(s.nTotal).toBeGreaterThan(0);
        expect(s.value === null).toBe(s.reason !== undefined);
      }
    }
  });
});
