import type { RunFailure } from '@corescore/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digest, LEASE_SECONDS, openTestStore, queueRun, type TestStore } from './support/store.js';

let t: TestStore;
beforeAll(async () => {
  t = await openTestStore();
});
afterAll(() => t.close());

const RESULT = {
  engine: 'onnxruntime-node 1.30.0',
  provider: 'cpu',
  regions: { IT: { path: '/x/IT.npy', steps: 5, stimuli: 4, features: 8, temporal: true } },
  stats: { batchSize: 16, wallMs: 12.5 },
};
const MODEL_ERROR: RunFailure = { kind: 'model_error', code: 'model_crashed', detail: 'It crashed.' };
const claim = (key: string, holder: string, since?: string) =>
  t.store.extractions.claim(key, holder, LEASE_SECONDS, since);
const letLeaseRunOut = (key: string) =>
  t.sql(`UPDATE extractions SET lease_expires_at = now() - interval '1 second' WHERE key = $1`, [key]);

test('of many that need the same activations one computes them, and all find them afterwards', async () => {
  const key = digest('1');
  const other = await t.second();
  const claims = await Promise.all(
    Array.from({ length: 6 }, (_, i) => (i % 2 === 0 ? t.store : other).extractions.claim(key, `w${i}`, LEASE_SECONDS)),
  );
  const winner = claims.findIndex((c) => c.state === 'claimed');
  expect(claims.filter((c) => c.state === 'running' && c.holder === `w${winner}`)).toHaveLength(5);
  expect(await t.store.extractions.get(key), 'not there yet').toBeNull();
  expect(await t.store.extractions.done(key, 'stranger', RESULT)).toBeNull();
  expect(await t.store.extractions.done(key, `w${winner}`, RESULT)).toEqual([]);
  expect(await claim(key, 'later')).toEqual({ state: 'done', extraction: { key, ...RESULT } });
  expect(await t.store.extractions.get(key)).toEqual({ key, ...RESULT });
});

test('runs wait for an extraction that lives, are woken when it is done, and are offered when it dies', async () => {
  const { runs, extractions } = t.store;
  const key = digest('2');
  const [first, second] = [await queueRun(t.store), await queueRun(t.store)];
  await runs.claim(first.id, 'extracting', 'a', LEASE_SECONDS);
  await claim(key, 'a');
  const wait = async () => {
    await runs.claim(second.id, 'extracting', 'b', LEASE_SECONDS);
    expect(await runs.release(second.id, 'b', { waitingFor: key })).toBe(true);
    await t.sql(`UPDATE runs SET offered_at = now() - interval '1 hour' WHERE id = $1`, [second.id]);
  };
  const sweep = () => runs.sweep({ leaseSeconds: LEASE_SECONDS });
  await wait();
  expect(await runs.view(second.id)).toMatchObject({ status: 'queued', attempt: 1 });
  expect(await sweep(), 'it waits').toEqual([]);
  await letLeaseRunOut(key);
  const due = { runId: second.id, stage: 'extract', attempt: 1 };
  expect(await sweep()).toEqual([due]);
  expect(await claim(key, 'b'), 'the dead holder’s place is free').toEqual({ state: 'claimed' });
  expect(await extractions.heartbeat(key, 'a', LEASE_SECONDS)).toBe(false);
  expect(await extractions.heartbeat(key, 'b', LEASE_SECONDS)).toBe(true);
  await wait();
  expect(await extractions.done(key, 'b', RESULT)).toEqual([due]);
  expect(await sweep(), 'it was offered just now').toEqual([]);
});

test('a scoring run brings the extraction with it', async () => {
  const key = digest('3');
  const run = await queueRun(t.store);
  await t.store.runs.claim(run.id, 'extracting', 'w', LEASE_SECONDS);
  await claim(key, 'w');
  await t.store.extractions.done(key, 'w', RESULT);
  await t.store.runs.toScoring(run.id, 'w', { extractionKey: key, engine: RESULT.engine, provider: RESULT.provider });
  expect((await t.store.runs.claim(run.id, 'scoring', 'w', LEASE_SECONDS))!.extraction).toEqual({ key, ...RESULT });
});

test('a model’s failure is that of the runs that were queued before it, and not of a later retry', async () => {
  const key = digest('4');
  const before = new Date(Date.now() - 60_000).toISOString();
  await claim(key, 'a');
  expect(await t.store.extractions.failed(key, 'a', MODEL_ERROR)).toEqual([]);
  expect(await claim(key, 'b', before)).toEqual({ state: 'failed', failure: MODEL_ERROR });
  expect(await claim(key, 'b', new Date(Date.now() + 60_000).toISOString())).toEqual({ state: 'claimed' });
});

test('an infrastructure failure, giving up, and files that are gone leave the place free', async () => {
  const key = digest('5');
  const before = new Date(Date.now() - 60_000).toISOString();
  await claim(key, 'a');
  await t.store.extractions.failed(key, 'a', { ...MODEL_ERROR, kind: 'infrastructure' });
  expect(await claim(key, 'b', before)).toEqual({ state: 'claimed' });
  await t.store.extractions.failed(key, 'b', null);
  expect(await claim(key, 'c', before)).toEqual({ state: 'claimed' });
  await t.store.extractions.done(key, 'c', RESULT);
  await t.store.extractions.discard(key);
  expect(await t.store.extractions.get(key)).toBeNull();
  expect(await claim(key, 'd', before)).toEqual({ state: 'claimed' });
});
