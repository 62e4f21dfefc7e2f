import { CorescoreError, MAX_INFRASTRUCTURE_RETRIES, type RunFailure } from '@corescore/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LEASE_SECONDS, openTestStore, queueRun, receipt, report, type TestStore, toScoring } from './support/store.js';

let t: TestStore;
beforeAll(async () => {
  t = await openTestStore();
});
afterAll(() => t.close());

const MODEL_ERROR: RunFailure = {
  kind: 'model_error',
  code: 'model_crashed',
  detail: 'It crashed.',
  remedy: 'Fix it.',
};
const INFRASTRUCTURE: RunFailure = { kind: 'infrastructure', code: 'infrastructure', detail: 'The disk is full.' };

/** As if the holder had been silent for longer than its lease. */
const letLeaseRunOut = (id: string) =>
  t.sql(`UPDATE runs SET lease_expires_at = lease_expires_at - interval '1 hour' WHERE id = $1`, [id]);
const statusEvents = async (id: string) =>
  (await t.store.events.list(id)).filter((e) => e.type === 'status').map((e) => e.status);

test('a run goes queued, extracting, scoring, scored, and its events say so', async () => {
  const { store } = t;
  const { id } = await queueRun(store);
  expect(await store.runs.view(id)).toMatchObject({ status: 'queued', attempt: 1, worker: null, scores: [] });
  const claimed = await store.runs.claim(id, 'extracting', 'w1', LEASE_SECONDS);
  expect(claimed).toMatchObject({
    id,
    attempt: 1,
    benchmark: 'tiny@0',
    model: { owner: 'ada', name: 'net', manifest: { kind: 'onnx' }, parameters: 40_000_000_000 },
    extraction: null,
  });
  expect(await store.runs.progress(id, 'w1', { done: 3, total: 4, unit: 'images' })).toBe(true);
  expect(await store.runs.view(id)).toMatchObject({
    status: 'extracting',
    worker: 'w1',
    progress: { done: 3, total: 4, unit: 'images' },
    queuePosition: null,
  });
  const where = { extractionKey: null, engine: 'e', provider: 'cpu' };
  expect(await store.runs.toScoring(id, 'w1', where)).toBe(true);
  expect(await store.runs.toScoring(id, 'w1', where), 'the lease was handed back').toBe(false);
  expect(await store.runs.claim(id, 'scoring', 'w2', LEASE_SECONDS)).not.toBeNull();
  expect(await store.runs.finish(id, 'w2', { report: report(), receipt: receipt(id) })).toBe(true);
  const run = await store.runs.view(id);
  expect(run).toMatchObject({ status: 'scored', provider: 'cpu', progress: null, notes: report().notes });
  expect(run!.scores).toEqual(report().scores);
  const events = await store.events.list(id);
  expect(events.map((e) => e.type)).toEqual(['status', 'status', 'progress', 'status', 'status']);
  expect(await statusEvents(id)).toEqual(['queued', 'extracting', 'scoring', 'scored']);
  expect(events[2]).toMatchObject({ done: 3, total: 4, unit: 'images', status: 'extracting' });
  expect(await store.events.list(id, { afterId: events[2]!.id })).toEqual(events.slice(3));
  expect(await store.events.list(id, { limit: 2 })).toEqual(events.slice(0, 2));
});

test.each(['extracting', 'scoring'] as const)('of many that claim %s at once, one gets it', async (stage) => {
  const { store } = t;
  const other = await t.second();
  const { id } = await queueRun(store);
  if (stage === 'scoring') {
    await toScoring(store, id, 'before');
    await store.runs.release(id, 'before');
  }
  const claims = await Promise.all(
    Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? store : other).runs.claim(id, stage, `w${i}`, LEASE_SECONDS)),
  );
  expect(claims.filter((c) => c !== null)).toHaveLength(1);
  expect((await store.runs.view(id))!.worker).toBe(`w${claims.findIndex((c) => c !== null)}`);
});

test('a claim of a run that is unknown, or has moved on, is null', async () => {
  const { store } = t;
  expect(await store.runs.claim('nonsense', 'extracting', 'w', 1)).toBeNull();
  expect(await store.runs.claim('01890000-0000-7000-8000-000000000000', 'extracting', 'w', 1)).toBeNull();
  const { id } = await queueRun(store);
  expect(await store.runs.claim(id, 'scoring', 'w', 1), 'not extracted yet').toBeNull();
});

test('finish writes once: of two at the same time one wins, and a later one changes nothing', async () => {
  const { store } = t;
  const { id } = await queueRun(store);
  await toScoring(store, id, 'w');
  const result = { report: report(), receipt: receipt(id) };
  const both = await Promise.all([store.runs.finish(id, 'w', result), store.runs.finish(id, 'w', result)]);
  expect(both.toSorted()).toEqual([false, true]);
  expect(await store.runs.finish(id, 'w', { ...result, report: report(0.9) })).toBe(false);
  expect(await store.results.report(id)).toEqual(report());
  expect(await statusEvents(id)).toEqual(['queued', 'extracting', 'scoring', 'scored']);
});

test('finish writes nothing for a stranger, nor a report of another benchmark, nor half a report', async () => {
  const { store } = t;
  const { id } = await queueRun(store);
  await toScoring(store, id, 'w');
  const result = { report: report(), receipt: receipt(id) };
  expect(await store.runs.finish(id, 'stranger', result)).toBe(false);
  const wrong = { ...result, report: { ...report(), benchmarkDigest: 'other' } };
  await expect(store.runs.finish(id, 'w', wrong)).rejects.toThrow('the report is of');
  const absent = report();
  absent.scores[1] = { ...absent.scores[1]!, value: null };
  await expect(store.runs.finish(id, 'w', { ...result, report: absent }), 'absent without a reason').rejects.toThrow();
  expect(await store.runs.view(id)).toMatchObject({ status: 'scoring', scores: [] });
  expect(await store.results.images(id)).toBeNull();
  expect(await store.runs.finish(id, 'w', result), 'still ours').toBe(true);
});

test('a valid result after the lease ran out counts, as long as nobody took the run', async () => {
  const { store } = t;
  const { id } = await queueRun(store);
  await toScoring(store, id, 'w');
  await letLeaseRunOut(id);
  expect(await store.runs.finish(id, 'w', { report: report(), receipt: receipt(id) })).toBe(true);
});

test('a heartbeat holds the run; after a cancel, it tells the worker to stop', async () => {
  const { store } = t;
  const { id } = await queueRun(store);
  await store.runs.claim(id, 'extracting', 'w', LEASE_SECONDS);
  await letLeaseRunOut(id);
  expect(await store.runs.heartbeat(id, 'w', LEASE_SECONDS)).toBe(true);
  expect((await store.runs.sweep({ leaseSeconds: LEASE_SECONDS })).map((d) => d.runId)).not.toContain(id);
  expect(await store.runs.cancel(id)).toMatchObject({ status: 'cancelled', progress: null });
  expect(await store.runs.heartbeat(id, 'w', LEASE_SECONDS)).toBe(false);
  expect(await store.runs.progress(id, 'w', { done: 1, total: 2, unit: 'images' })).toBe(false);
  expect(await store.runs.fail(id, 'w', MODEL_ERROR)).toEqual({ outcome: 'lost' });
  expect(await store.runs.cancel(id), 'twice is once').toMatchObject({ status: 'cancelled' });
  expect(await statusEvents(id)).toEqual(['queued', 'extracting', 'cancelled']);
});

test('a model’s failure ends the run; the user may run it again', async () => {
  const { store } = t;
  const { id } = await queueRun(store);
  await store.runs.claim(id, 'extracting', 'w', LEASE_SECONDS);
  const crashed = { ...MODEL_ERROR, detail: 'It said "\0".' };
  expect(await store.runs.fail(id, 'w', crashed)).toEqual({ outcome: 'failed' });
  expect(await store.runs.view(id)).toMatchObject({
    status: 'failed',
    failure: { ...MODEL_ERROR, detail: 'It said "".' },
  });
  expect((await store.events.list(id)).at(-1)).toMatchObject({ status: 'failed', message: 'It said "".' });
  await expect(store.runs.cancel(id)).rejects.toMatchObject({ code: 'state_conflict' });
  const again = await store.runs.retry(id);
  expect(again).toMatchObject({ status: 'queued', attempt: 2, failure: null, endedAt: null, extractingAt: null });
  await expect(store.runs.retry(id)).rejects.toMatchObject({ code: 'state_conflict', field: 'path/id' });
  await expect(store.runs.retry('nonsense')).rejects.toBeInstanceOf(CorescoreError);
  await expect(store.runs.cancel('01890000-0000-7000-8000-000000000000')).rejects.toMatchObject({ code: 'not_found' });
});

test('an infrastructure failure is retried where it happened, and fails the run when it does not stop', async () => {
  const { store } = t;
  const { id } = await queueRun(store);
  await toScoring(store, id, 'w0');
  for (let k = 0; k < MAX_INFRASTRUCTURE_RETRIES; k++) {
    expect(await store.runs.fail(id, `w${k}`, INFRASTRUCTURE)).toEqual({
      outcome: 'requeued',
      due: { runId: id, stage: 'score', attempt: k + 2 },
    });
    expect(await store.runs.claim(id, 'scoring', `w${k + 1}`, LEASE_SECONDS)).toMatchObject({ attempt: k + 2 });
  }
  expect(await store.runs.fail(id, 'w3', INFRASTRUCTURE)).toEqual({ outcome: 'failed' });
  expect(await store.runs.view(id)).toMatchObject({ status: 'failed', failure: { kind: 'infrastructure' } });
  await store.runs.retry(id);
  await store.runs.claim(id, 'extracting', 'w', LEASE_SECONDS);
  expect(await store.runs.fail(id, null, INFRASTRUCTURE), 'a user’s retry counts anew').toMatchObject({
    outcome: 'requeued',
    due: { stage: 'extract', attempt: 6 },
  });
});

test('queue positions count the queued runs ahead', async () => {
  const { store } = t;
  await t.sql(`UPDATE runs SET status = 'cancelled', ended_at = now(), lease_holder = NULL, lease_expires_at = NULL
    WHERE ended_at IS NULL`);
  const [first, second, third] = [await queueRun(store), await queueRun(store), await queueRun(store)];
  const position = async (id: string) => (await store.runs.view(id))!.queuePosition;
  expect([await position(first.id), await position(second.id), await position(third.id)]).toEqual([0, 1, 2]);
  await store.runs.claim(first.id, 'extracting', 'w', LEASE_SECONDS);
  expect([await position(first.id), await position(third.id)]).toEqual([null, 1]);
  expect((await store.runs.counts()).queued).toBe(2);
});

test('runs are listed newest first, in pages', async () => {
  const { store } = t;
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.runs.list({ limit: 3, owner: 'ada', ...(cursor === undefined ? {} : { cursor }) });
    ids.push(...page.items.map((run) => run.id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  const all = await t.sql<{ id: string }>('SELECT id FROM runs ORDER BY id DESC');
  expect(ids).toEqual(all.map((row) => row.id));
  await expect(store.runs.list({ limit: 3, cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_request' });
});
