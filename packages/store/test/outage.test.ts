import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore, startEmbeddedPostgres } from '../src/index.js';
import { PooledDatabase } from '../src/postgres/database.js';
import type { EmbeddedPostgres, Store } from '../src/types.js';
import { LEASE_SECONDS, openTestStore, queueRun, type TestStore, toScoring } from './support/store.js';

/** What the store does while Postgres is away, and once it is back. */
let t: TestStore;
beforeAll(async () => {
  t = await openTestStore();
});
afterAll(() => t.close());

/** As if Postgres had been started again: every connection of the store is gone. */
async function loseConnections(): Promise<void> {
  await t.sql(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  // On whichever connection it comes, this finds out.
  await t.store.ping().catch(() => undefined);
}
const passSeconds = (seconds: number) =>
  t.sql('UPDATE runs SET lease_expires_at = lease_expires_at - make_interval(secs => $1)', [seconds]);

test('a transaction whose connection ends between two statements is told as unavailable and harms nobody else', async () => {
  const database = new PooledDatabase(t.databaseUrl, 'corescore', 2, undefined, () => undefined);
  expect(database.steadySeconds()).toBe(Number.POSITIVE_INFINITY);
  const lost = database.transaction(async (sql) => {
    const [{ pid }] = await sql.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await t.sql('SELECT pg_terminate_backend($1)', [pid]);
    // Nothing is asked while the connection ends: its error has no statement to go to.
    await sleep(200);
    await sql.query('SELECT 1');
  });
  await expect(lost).rejects.toMatchObject({ code: 'unavailable' });
  expect(database.steadySeconds()).toBeLessThan(60);
  expect(await database.query('SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
  await database.close();
});

test('a full disk of the database is told by name', async () => {
  const lost = t.store.runs.view('00000000-0000-7000-8000-000000000000');
  expect(await lost).toBeNull();
  const database = new PooledDatabase(t.databaseUrl, 'corescore', 1, undefined, () => undefined);
  const full = database.query(`DO $$ BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$`);
  await expect(full).rejects.toMatchObject({ code: 'disk_full', remedy: expect.stringContaining('frees space') });
  await database.close();
});

test('leases that ran out while the database was away are left to those who live', async () => {
  const [extracting, scoring] = [await queueRun(t.store), await queueRun(t.store)];
  await t.store.runs.claim(extracting.id, 'extracting', 'alive', LEASE_SECONDS);
  await toScoring(t.store, scoring.id, 'alive');
  expect((await t.store.extractions.claim('k', 'alive', LEASE_SECONDS)).state).toBe('claimed');
  await loseConnections();
  await passSeconds(LEASE_SECONDS + 1);
  await t.sql('UPDATE extractions SET lease_expires_at = lease_expires_at - make_interval(secs => $1)', [
    LEASE_SECONDS + 1,
  ]);
  expect(await t.store.runs.sweep({ leaseSeconds: LEASE_SECONDS })).toEqual([]);
  expect((await t.store.extractions.claim('k', 'other', LEASE_SECONDS)).state).toBe('running');
  for (const { id } of [extracting, scoring]) {
    expect(await t.store.runs.heartbeat(id, 'alive', LEASE_SECONDS)).toBe(true);
    expect(await t.store.runs.view(id)).toMatchObject({ attempt: 1 });
  }
  // Another process has seen no outage, and a dead worker's run is taken as ever.
  const other = await t.second();
  await passSeconds(LEASE_SECONDS + 1);
  expect((await other.runs.sweep({ leaseSeconds: LEASE_SECONDS })).map((due) => due.attempt)).toEqual([2, 2]);
});

test('a claim whose answer was lost can be asked for again by its holder, and by nobody else', async () => {
  const run = await queueRun(t.store);
  const claim = (holder: string, stage: 'extracting' | 'scoring') =>
    t.store.runs.claim(run.id, stage, holder, LEASE_SECONDS);
  expect(await claim('a', 'extracting')).not.toBeNull();
  expect(await claim('a', 'extracting')).not.toBeNull();
  expect(await claim('b', 'extracting')).toBeNull();
  await toScoring(t.store, run.id, 'a');
  expect(await claim('a', 'scoring')).not.toBeNull();
  expect(await claim('b', 'scoring')).toBeNull();
  expect((await t.store.extractions.claim('mine', 'a', LEASE_SECONDS)).state).toBe('claimed');
  expect((await t.store.extractions.claim('mine', 'a', LEASE_SECONDS)).state).toBe('claimed');
  expect((await t.store.extractions.claim('mine', 'b', LEASE_SECONDS)).state).toBe('running');
});

test('a run that pauses is not offered before its time, keeps its attempt, and says why', async () => {
  const run = await queueRun(t.store);
  await t.store.runs.claim(run.id, 'extracting', 'w', LEASE_SECONDS);
  await t.store.runs.release(run.id, 'w', { pauseSeconds: 60, because: 'no room' });
  const later = (seconds: number) =>
    t.sql('UPDATE runs SET offered_at = offered_at - make_interval(secs => $2) WHERE id = $1', [run.id, seconds]);
  const offered = async () =>
    (await t.store.runs.sweep({ leaseSeconds: LEASE_SECONDS })).filter((due) => due.runId === run.id);
  await later(60);
  expect(await offered()).toEqual([]);
  await later(LEASE_SECONDS + 1);
  expect(await offered()).toEqual([{ runId: run.id, stage: 'extract', attempt: 1 }]);
  expect((await t.store.events.list(run.id)).at(-1)).toMatchObject({ type: 'status', message: 'no room' });
});

/** A server of our own, to be killed. */
const home = mkdtempSync(join(tmpdir(), 'corescore-outage-'));
let server: EmbeddedPostgres;
let store: Store;
beforeAll(async () => {
  server = await startEmbeddedPostgres({ home }, { pause: () => 500 });
  store = await openStore({ databaseUrl: server.databaseUrl, home });
  await store.migrate();
});
afterAll(async () => {
  await store.close();
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

test('queues that were first used while Postgres was away, and workers that waited, go on when it is back', async () => {
  const jobs: string[] = [];
  const worker = await store.queues.worker('score', {
    concurrency: 1,
    handler: async ({ runId }) => void jobs.push(runId),
  });
  for (const name of ['first', 'second']) {
    process.kill(Number(readFileSync(join(home, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]), 'SIGKILL');
    const refused = await until(() => store.queues.enqueue('score', { runId: `${name} lost`, attempt: 1 }));
    expect(refused).toMatchObject({ code: 'unavailable' });
    await server.whenUp();
    while ((await until(() => store.queues.enqueue('score', { runId: name, attempt: 1 }), 1)) !== null) await sleep(50);
    while (!jobs.includes(name)) await sleep(20);
  }
  // The worker says that it is there on a connection of its own, which comes back a moment later.
  const workers = async () => (await store.queues.health()).find(({ queue }) => queue === 'score')?.workers;
  while ((await workers()) !== 1) await sleep(20);
  await worker.close();
});

/** The error of a call, tried until there is one; null where there is none in so many tries. */
async function until(call: () => Promise<unknown>, tries = 2_000): Promise<unknown> {
  for (let n = 0; n < tries; n++) {
    try {
      await call();
    } catch (error) {
      return error;
    }
  }
  return null;
}
