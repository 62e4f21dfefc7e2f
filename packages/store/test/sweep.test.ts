import { MAX_INFRASTRUCTURE_RETRIES } from '@corescore/contracts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LEASE_SECONDS, openTestStore, queueRun, type TestStore, toScoring } from './support/store.js';

let t: TestStore;
beforeEach(async () => {
  t = await openTestStore();
});
afterEach(() => t.close());

const sweep = () => t.store.runs.sweep({ leaseSeconds: LEASE_SECONDS });
/** As if so many seconds had passed without a word from anybody. */
const passSeconds = (seconds: number) =>
  t.sql(
    `UPDATE runs SET lease_expires_at = lease_expires_at - make_interval(secs => $1),
       offered_at = offered_at - make_interval(secs => $1)`,
    [seconds],
  );

test('runs that are held, or were offered just now, are left alone', async () => {
  const held = await queueRun(t.store);
  await t.store.runs.claim(held.id, 'extracting', 'w', LEASE_SECONDS);
  await queueRun(t.store);
  expect(await sweep()).toEqual([]);
});

test('a lost worker costs an attempt; extracting starts again, scoring keeps its activations', async () => {
  const [a, b] = [await queueRun(t.store), await queueRun(t.store)];
  await t.store.runs.claim(a.id, 'extracting', 'dead', LEASE_SECONDS);
  await toScoring(t.store, b.id, 'dead');
  await passSeconds(LEASE_SECONDS + 1);
  expect(await sweep()).toEqual([
    { runId: a.id, stage: 'extract', attempt: 2 },
    { runId: b.id, stage: 'score', attempt: 2 },
  ]);
  expect(await t.store.runs.view(a.id)).toMatchObject({ status: 'queued', attempt: 2, worker: 'dead' });
  expect(await t.store.runs.view(b.id)).toMatchObject({ status: 'scoring', attempt: 2 });
  expect(await t.store.runs.heartbeat(a.id, 'dead', LEASE_SECONDS), 'it has lost the run').toBe(false);
  expect(await sweep(), 'offered once').toEqual([]);
});

test('two sweepers share the work', async () => {
  const ids = new Set<string>();
  for (let k = 0; k < 6; k++) {
    const { id } = await queueRun(t.store);
    await t.store.runs.claim(id, 'extracting', 'dead', LEASE_SECONDS);
    ids.add(id);
  }
  await passSeconds(LEASE_SECONDS + 1);
  const swept = (await Promise.all([sweep(), sweep(), sweep()])).flat();
  expect(swept).toHaveLength(6);
  expect(new Set(swept.map((d) => d.runId))).toEqual(ids);
  expect(swept.every((d) => d.attempt === 2)).toBe(true);
});

test('a run whose workers are lost again and again fails as infrastructure', async () => {
  const { id } = await queueRun(t.store);
  for (let k = 0; k <= MAX_INFRASTRUCTURE_RETRIES; k++) {
    expect(await t.store.runs.claim(id, 'extracting', `dead${k}`, LEASE_SECONDS)).not.toBeNull();
    await passSeconds(LEASE_SECONDS + 1);
    const due = await sweep();
    expect(due).toHaveLength(k < MAX_INFRASTRUCTURE_RETRIES ? 1 : 0);
  }
  expect(await t.store.runs.view(id)).toMatchObject({
    status: 'failed',
    attempt: 1 + MAX_INFRASTRUCTURE_RETRIES,
    failure: { kind: 'infrastructure', remedy: expect.any(String) },
  });
  expect((await t.store.runs.failureCounts()).infrastructure).toBe(1);
});

test('a run whose job was lost is offered again, at the same attempt, oldest first', async () => {
  const [a, b] = [await queueRun(t.store), await queueRun(t.store)];
  await toScoring(t.store, b.id, 'w');
  await t.sql('UPDATE runs SET lease_holder = NULL, lease_expires_at = NULL WHERE id = $1', [b.id]);
  await passSeconds(LEASE_SECONDS + 1);
  expect(await sweep()).toEqual([
    { runId: a.id, stage: 'extract', attempt: 1 },
    { runId: b.id, stage: 'score', attempt: 1 },
  ]);
  expect(await sweep()).toEqual([]);
  expect(
    await t.store.runs.sweep({ leaseSeconds: LEASE_SECONDS, now: new Date(Date.now() + (LEASE_SECONDS + 30) * 1000) }),
  ).toHaveLength(2);
});

test('a worker that shuts down hands its runs back, and the next sweep offers them', async () => {
  const [a, b] = [await queueRun(t.store), await queueRun(t.store)];
  await t.store.runs.claim(a.id, 'extracting', 'w', LEASE_SECONDS);
  await toScoring(t.store, b.id, 'w');
  expect(await t.store.runs.release(a.id, 'w')).toBe(true);
  expect(await t.store.runs.release(b.id, 'w')).toBe(true);
  expect(await t.store.runs.release(b.id, 'w'), 'only once').toBe(false);
  expect(await sweep()).toEqual([
    { runId: a.id, stage: 'extract', attempt: 1 },
    { runId: b.id, stage: 'score', attempt: 1 },
  ]);
});

test('the injected clock is used for every time stamp', async () => {
  const at = new Date('2030-01-02T03:04:05.678Z');
  const store = await t.second({ now: () => at });
  const run = await queueRun(store);
  expect(run.createdAt).toBe(at.toISOString());
  await store.runs.claim(run.id, 'extracting', 'w', LEASE_SECONDS);
  expect((await store.runs.view(run.id))!.extractingAt).toBe(at.toISOString());
  expect((await store.events.list(run.id)).map((e) => e.at)).toEqual([at.toISOString(), at.toISOString()]);
});
