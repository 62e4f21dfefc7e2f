import { CorescoreError, SCORING_VERSION } from '@corescore/contracts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BENCHMARK } from './support/benchmark.js';
import { digest, LEASE_SECONDS, openTestStore, queueRun, receipt, report, type TestStore } from './support/store.js';

let t: TestStore;
let since: Date;
beforeEach(async () => {
  t = await openTestStore();
  since = await t.store.rescores.reconsider();
});
afterEach(() => t.close());

const KEY = digest('9');

/** A run that was scored from stored activations, by an older version unless told otherwise. */
async function scored(name: string, character: string, rho: number, version = 1): Promise<string> {
  const { id } = await queueRun(t.store, { name, digest: digest(character) });
  const { store } = t;
  await store.runs.claim(id, 'extracting', 'w', LEASE_SECONDS);
  if ((await store.extractions.claim(KEY, 'w', LEASE_SECONDS)).state === 'claimed') {
    const region = { path: '/IT.npy', steps: 1, stimuli: 4, features: 2, temporal: false };
    await store.extractions.done(KEY, 'w', { engine: 'e', provider: 'p', regions: { IT: region }, stats: {} });
  }
  await store.runs.toScoring(id, 'w', { extractionKey: KEY, engine: 'e', provider: 'p' });
  await finish(id, rho, version);
  return id;
}

async function finish(id: string, rho: number, version = SCORING_VERSION): Promise<void> {
  await t.store.runs.claim(id, 'scoring', 'w', LEASE_SECONDS);
  const result = { report: { ...report(rho), scoringVersion: version }, receipt: receipt(id) };
  expect(await t.store.runs.finish(id, 'w', result)).toBe(true);
}

const outdated = async (atOnce = 10) => (await t.store.rescores.outdated({ atOnce, since })).map((run) => run.id);
const board = async () =>
  (await t.store.results.leaderboard(BENCHMARK.ref)).map((row) => [row.rank, row.runId, row.struckReason]);

test('an outdated run stands struck through until the run that scores it again is scored, and takes its place', async () => {
  const old = await scored('old', '1', 0.9);
  const current = await scored('current', '2', 0.1, SCORING_VERSION);
  expect(await board()).toEqual([
    [1, current, null],
    [null, old, 'scored by version 1; waits to be scored again'],
  ]);
  const due = (await t.store.rescores.begin(old))!;
  expect(due).toMatchObject({ stage: 'score', attempt: 1, background: true });
  expect(await board()).toContainEqual([null, old, 'scored by version 1; being scored again']);
  expect(await t.store.runs.view(due.runId)).toMatchObject({
    status: 'scoring',
    supersedes: old,
    scoringVersion: null,
    struckReason: null,
    provider: 'p',
  });
  expect((await t.store.events.list(due.runId)).map((e) => e.message)).toContain(
    `Scores run ${old} again, by version ${SCORING_VERSION}.`,
  );

  await finish(due.runId, 0.8);
  expect(await board()).toEqual([
    [1, due.runId, null],
    [2, current, null],
  ]);
  expect(await t.store.runs.view(old)).toMatchObject({
    status: 'scored',
    scoringVersion: 1,
    supersededBy: due.runId,
    struckReason: 'scored by version 1; superseded',
  });
  expect((await t.store.results.latestOf(old))!.id).toBe(due.runId);
  const { submissionId, submittedAt } = (await t.store.runs.view(old))!;
  expect((await t.store.runs.view(due.runId))!.submittedAt).toBe(submittedAt);
  expect((await t.store.submissions.view(submissionId))!.runs.map((run) => run.id)).toEqual([due.runId]);
});

test('both sets of scores, and their receipts, say by which version they are', async () => {
  const old = await scored('old', '1', 0.9);
  const { runId } = (await t.store.rescores.begin(old))!;
  await finish(runId, 0.8);
  expect((await t.store.results.report(old))!.scoringVersion).toBe(1);
  expect((await t.store.results.receipt(old))!.scoringVersion).toBe(1);
  expect((await t.store.results.report(runId))!.scoringVersion).toBe(SCORING_VERSION);
  expect((await t.store.results.receipt(runId))!.scoringVersion).toBe(SCORING_VERSION);
});

test('a run is scored again once, also by workers that start at the same time', async () => {
  const old = await scored('old', '1', 0.9);
  const stores = [t.store, await t.second(), await t.second()];
  const due = await Promise.all(stores.map((store) => store.rescores.begin(old)));
  expect(due.filter((job) => job !== null)).toHaveLength(1);
  expect(await outdated()).toEqual([]);
  await finish(due.find((job) => job !== null)!.runId, 0.8);
  expect(await outdated()).toEqual([]);
  expect(await t.store.rescores.begin(old)).toBeNull();
});

test('the newest come first, so many at a time; the newest version of a model stays the one on the board', async () => {
  const first = await scored('net', '1', 0.1);
  const second = await scored('net', '2', 0.2);
  expect(await outdated(1)).toEqual([second]);
  const newer = (await t.store.rescores.begin(second))!.runId;
  expect(await outdated(1)).toEqual([]);
  expect(await outdated(2)).toEqual([first]);
  await finish(newer, 0.2);
  const older = (await t.store.rescores.begin(first))!.runId;
  await finish(older, 0.1);
  expect(await board()).toEqual([[1, newer, null]]);
  expect((await t.store.results.latestScored(BENCHMARK.ref, 'ada', 'net'))!.id).toBe(newer);
});

test('a run that is left says why, until a worker starts anew', async () => {
  const old = await scored('old', '1', 0.9);
  await t.store.rescores.leave(old, 'its activations are gone');
  expect(await board()).toEqual([[null, old, 'scored by version 1; its activations are gone']]);
  expect(await outdated()).toEqual([]);
  expect(await t.store.rescores.pending(old, since)).toBe(false);
  await t.store.rescores.reconsider();
  expect(await outdated()).toEqual([old]);
  expect(await t.store.rescores.pending(old, since)).toBe(true);
});

const fail = async (id: string, kind: 'infrastructure' | 'contract_violation') => {
  for (let k = 0; k < 4; k++) {
    await t.store.runs.claim(id, 'scoring', 'w', LEASE_SECONDS);
    await t.store.runs.fail(id, 'w', { kind, code: 'infrastructure', detail: 'x' });
  }
  expect((await t.store.runs.view(id))!.status).toBe('failed');
};

test('scoring again that failed for want of infrastructure comes again at the next start, another failure does not', async () => {
  const [a, b] = [await scored('a', '1', 0.9), await scored('b', '2', 0.8)];
  await fail((await t.store.rescores.begin(a))!.runId, 'infrastructure');
  await fail((await t.store.rescores.begin(b))!.runId, 'contract_violation');
  expect(await outdated()).toEqual([]);
  expect(await board()).toContainEqual([null, a, 'scored by version 1; scoring it again failed']);
  since = await t.store.rescores.reconsider();
  expect(await outdated()).toEqual([a]);
  const again = (await t.store.rescores.begin(a))!.runId;
  // The run that failed is not needed any more: one is under way.
  const [failed] = await t.sql<{ id: string }>(`SELECT id FROM runs WHERE supersedes = $1 AND status = 'failed'`, [a]);
  await expect(t.store.runs.retry(failed!.id)).rejects.toThrow(CorescoreError);
  await finish(again, 0.7);
  expect(await board()).toContainEqual([1, again, null]);
});

test('a cancelled one is not made again; the swept job of one that was lost stays behind the others', async () => {
  const [a, b] = [await scored('a', '1', 0.9), await scored('b', '2', 0.8)];
  await t.store.runs.cancel((await t.store.rescores.begin(a))!.runId);
  expect(await board()).toContainEqual([null, a, 'scored by version 1; scoring it again was cancelled']);
  since = await t.store.rescores.reconsider();
  expect(await outdated()).toEqual([b]);
  const { runId } = (await t.store.rescores.begin(b))!;
  const now = new Date(Date.now() + 3_600_000);
  expect(await t.store.runs.sweep({ leaseSeconds: LEASE_SECONDS, now })).toEqual([
    { runId, stage: 'score', attempt: 1, background: true },
  ]);
});

test('a job in the background waits for all that are not', async () => {
  const { queues } = t.store;
  for (const runId of ['again-1', 'again-2']) await queues.enqueue('score', { runId, attempt: 1, background: true });
  await queues.enqueue('score', { runId: 'first', attempt: 1 });
  expect((await queues.counts()).score.waiting).toBe(3);
  const taken: string[] = [];
  await new Promise<void>((resolve) => {
    void queues.worker('score', {
      concurrency: 1,
      handler: async ({ runId }) => void (taken.push(runId) === 3 && resolve()),
    });
  });
  expect(taken).toEqual(['first', 'again-1', 'again-2']);
});
