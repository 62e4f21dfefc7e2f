import { afterAll, beforeAll, expect, test } from 'vitest';
import { BENCHMARK, STIMULUS_IDS } from './support/benchmark.js';
import { digest, openTestStore, queueRun, receipt, report, type TestStore, toScoring } from './support/store.js';

let t: TestStore;
beforeAll(async () => {
  t = await openTestStore();
});
afterAll(() => t.close());

async function score(change: Parameters<typeof queueRun>[1], rho: number | null): Promise<string> {
  const { id } = await queueRun(t.store, change);
  await toScoring(t.store, id, 'w');
  await t.store.runs.finish(id, 'w', { report: report(rho), receipt: receipt(id) });
  return id;
}

test('a report comes back digit for digit, with its receipt', async () => {
  const numbers = [0.1 + 0.2, 1e-300, Number.MAX_SAFE_INTEGER, -5e-324, 1 / 3];
  const { id } = await queueRun(t.store, { name: 'digits', digest: digest('6') });
  await toScoring(t.store, id, 'w');
  const written = report();
  written.scores.push(
    ...numbers.map((value, i) => ({ ...written.scores[1]!, metric: `m${i}`, value, low: value, error: value })),
  );
  written.series[0]!.values = [...numbers, null];
  written.images.ostMs = [...numbers.slice(0, 3), null];
  await t.store.runs.finish(id, 'w', { report: written, receipt: receipt(id) });
  expect(await t.store.results.report(id)).toEqual(written);
  expect(await t.store.results.series(id)).toEqual(written.series);
  expect(await t.store.results.images(id)).toEqual(written.images);
  expect(await t.store.results.receipt(id)).toEqual(receipt(id));
});

test('a run that is not scored, or not there, has no results', async () => {
  const { id } = await queueRun(t.store);
  for (const run of [id, 'nonsense', '01890000-0000-7000-8000-000000000000']) {
    expect(await t.store.results.report(run)).toBeNull();
    expect(await t.store.results.series(run)).toBeNull();
    expect(await t.store.results.images(run)).toBeNull();
    expect(await t.store.results.receipt(run)).toBeNull();
  }
});

test('the board has one row a model: the newest scored run, or else the newest', async () => {
  await t.sql('DELETE FROM run_events; DELETE FROM scores; DELETE FROM series; DELETE FROM image_results');
  await t.sql('DELETE FROM receipts; DELETE FROM runs');
  await score({ name: 'a', digest: digest('1') }, 0.1);
  const newest = await score({ name: 'a', digest: digest('2') }, 0.3);
  await queueRun(t.store, { name: 'a', digest: digest('2') });
  const other = await score({ name: 'b', digest: digest('3') }, 0.2);
  const waiting = await queueRun(t.store, { name: 'c', digest: digest('4') });
  const rows = await t.store.results.leaderboard('tiny');
  expect(rows.map((r) => [r.rank, r.name, r.runId, r.status])).toEqual([
    [1, 'a', newest, 'scored'],
    [2, 'b', other, 'scored'],
    [null, 'c', waiting.id, 'queued'],
  ]);
  expect(rows[0]).toMatchObject({ digest: digest('2'), controlMs: 105.5, challengeMs: 131 });
  const { scores } = report(0.3);
  expect(rows[0]!.scores).toEqual([scores[0]]);
  expect(await t.store.results.scores([newest, waiting.id])).toEqual(new Map([[newest, scores]]));
  expect(await t.store.results.scoreKeys([newest, other])).toEqual(
    scores.map((score) => `${score.metric}/${score.subset}/${score.region}`),
  );
  expect(rows[0]!.scoredAt).toBe((await t.store.runs.view(newest))!.endedAt);
  expect(await t.store.results.leaderboard('unknown')).toEqual([]);
  expect((await t.store.results.latestScored(BENCHMARK.ref, 'ada', 'a'))!.id).toBe(newest);
  expect(await t.store.results.latestScored(BENCHMARK.ref, 'ada', 'c')).toBeNull();
});

test('the version of a board changes with what it shows, and with nothing else', async () => {
  const version = () => t.store.results.boardVersion(BENCHMARK.ref);
  const seen = new Set([await version()]);
  const change = async (what: string, act: () => Promise<unknown>): Promise<void> => {
    await act();
    expect(seen.size, what).toBe(seen.add(await version()).size - 1);
  };
  const first = await queueRun(t.store, { name: 'd', digest: digest('6') });
  await change('a run is there', async () => undefined);
  await change('it is extracted', () => t.store.runs.claim(first.id, 'extracting', 'w', 30));
  const before = await version();
  await t.store.runs.heartbeat(first.id, 'w', 30);
  await t.store.runs.progress(first.id, 'w', { done: 1, total: 2, unit: 'images' });
  expect(await version()).toBe(before);
  await change('it has failed', () =>
    t.store.runs.fail(first.id, 'w', { kind: 'model_error', code: 'model_crashed', detail: 'x' }),
  );
  await change('an ended run is written again', () =>
    t.sql('UPDATE runs SET control_ms = 1 WHERE id = $1', [first.id]),
  );
  await change('the benchmark is reworded', () =>
    t.store.benchmarks.register({ ...BENCHMARK, title: 'Other words' }, STIMULUS_IDS),
  );
});
