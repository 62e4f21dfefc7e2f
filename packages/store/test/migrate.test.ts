import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../src/index.js';
import { modelVersion, openTestStore, queueRun, type TestStore } from './support/store.js';

const FILES = readdirSync(fileURLToPath(new URL('../../../migrations/', import.meta.url))).sort();
let t: TestStore;
beforeEach(async () => {
  t = await openTestStore();
});
afterEach(() => t.close());

const applied = () => t.sql<{ name: string }>('SELECT name FROM schema_migrations ORDER BY version');

test('files are numbered without a gap', () => {
  expect(FILES.map((name) => Number(/^(\d{4})_[a-z_]+\.sql$/.exec(name)?.[1]))).toEqual(FILES.map((_, i) => i + 1));
});

test('migrating again changes nothing; services that start together do it once', async () => {
  const run = await queueRun(t.store);
  const stores = await Promise.all([t.second(), t.second(), t.second()]);
  await Promise.all(stores.map((store) => store.migrate()));
  expect((await applied()).map((row) => row.name)).toEqual(FILES);
  expect((await t.store.runs.view(run.id))!.status).toBe('queued');
});

test('a fresh schema that many migrate at once is whole', async () => {
  const stores = await Promise.all([1, 2, 3].map(() => t.second({ schema: 'together' })));
  await Promise.all(stores.map((store) => store.migrate()));
  expect((await stores[0]!.models.list({ limit: 1 })).items).toEqual([]);
  await stores[1]!.queues.enqueue('extract', { runId: 'r', attempt: 1 });
  expect((await stores[2]!.queues.counts()).extract.waiting).toBe(1);
  expect((await t.store.queues.counts()).extract.waiting, 'another schema’s queue').toBe(0);
});

test('a database that a newer version wrote is refused', async () => {
  await t.sql(`INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, '9999_future.sql', 'x')`);
  await expect(t.store.migrate()).rejects.toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('9999_future.sql'),
    remedy: expect.stringContaining('newer version'),
  });
});

test('a migration that was changed after it was applied is refused', async () => {
  await t.sql(`UPDATE schema_migrations SET checksum = 'other' WHERE version = 1`);
  await expect(t.store.migrate()).rejects.toMatchObject({ code: 'configuration' });
});

test('a database that does not answer is said to be away, without its password', async () => {
  const url = new URL(t.databaseUrl);
  url.port = '1';
  const opened = openStore({ databaseUrl: url.href, home: t.home });
  await expect(opened).rejects.toMatchObject({ code: 'unavailable', status: 503, remedy: expect.any(String) });
  await expect(opened).rejects.not.toThrow(new RegExp(url.password));
  await expect(openStore({ databaseUrl: t.databaseUrl, home: t.home, schema: 'a"; DROP' })).rejects.toMatchObject({
    code: 'configuration',
  });
});

test('a transaction that fails leaves nothing, and the pool goes on', async () => {
  const { store } = t;
  const bad = modelVersion({ owner: 'eve', digest: 'not a digest' });
  for (let k = 0; k < 10; k++) await expect(store.models.createVersion(bad)).rejects.toThrow();
  expect(await store.models.view('eve', 'net')).toBeNull();
  expect(await t.sql(`SELECT FROM users WHERE name = 'eve'`)).toEqual([]);
  await store.ping();
});
