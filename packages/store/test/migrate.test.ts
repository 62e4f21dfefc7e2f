import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../src/index.js';
import { BENCHMARK } from './support/benchmark.js';
import { modelVersion, openTestStore, queueRun, type TestStore } from './support/store.js';

const FOLDER = fileURLToPath(new URL('../../../migrations/', import.meta.url));
const FILES = readdirSync(FOLDER).sort();
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

/** The database as the version before scoring versions left it: its one migration, and a run that it scored. */
async function fillAsBefore(schema: string): Promise<string> {
  const [name] = FILES;
  const sql = readFileSync(FOLDER + name, 'utf8');
  const id = '01890000-0000-7000-8000-000000000001';
  const values = `'${id}', '${id}', '${id}', '${id}', 'tiny@0'`;
  await t.sql(`CREATE SCHEMA ${schema}; SET search_path = ${schema}; ${sql};
    CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now());
    INSERT INTO schema_migrations (version, name, checksum)
      VALUES (1, '${name}', '${createHash('sha256').update(sql).digest('hex')}');
    INSERT INTO users VALUES ('ada', now());
    INSERT INTO models VALUES ('${id}', 'ada', 'net', now());
    INSERT INTO model_versions (id, model_id, digest, kind, manifest, temporal, files, created_at)
      VALUES ('${id}', '${id}', '${'a'.repeat(64)}', 'onnx', '{}', true, '[]', now());
    INSERT INTO stimulus_sets VALUES ('${BENCHMARK.stimulusSet.digest}', 'four', '{}', now());
    INSERT INTO benchmarks VALUES ('tiny@0', 'tiny', 0, '${BENCHMARK.digest}', '${BENCHMARK.stimulusSet.digest}',
      '${JSON.stringify(BENCHMARK)}', true, now());
    INSERT INTO submissions VALUES ('${id}', 'ada', NULL, 'key', '${'b'.repeat(64)}', '${id}', now());
    INSERT INTO runs (id, submission_id, model_version_id, model_id, benchmark_ref, status, offered_at, created_at,
      queued_at, ended_at) VALUES (${values}, 'scored', now(), now(), now(), now());
    INSERT INTO runs (id, submission_id, model_version_id, model_id, benchmark_ref, status, offered_at, created_at,
      queued_at) VALUES (${values.replace(id, id.replace(/1$/, '2'))}, 'queued', now(), now(), now());
    INSERT INTO scores (run_id, metric, subset, region, position, value, unit, n, n_total)
      VALUES ('${id}', 'ost_rho_partial', 'all', 'IT', 1, .5, 'rho', 4, 4);
    INSERT INTO image_results VALUES ('${id}', '{"ostMs": []}');
    INSERT INTO receipts VALUES ('${id}', '{"runId": "${id}"}');
    SET search_path = corescore`);
  return id;
}

test('a database of the version before is migrated: what it scored is of version 1, and due again', async () => {
  const id = await fillAsBefore('before');
  const store = await t.second({ schema: 'before' });
  await store.migrate();
  expect(await store.runs.view(id)).toMatchObject({ status: 'scored', scoringVersion: 1, attempt: 1 });
  expect((await store.runs.view(id.replace(/1$/, '2')))!.scoringVersion).toBeNull();
  expect((await store.results.receipt(id))!.scoringVersion).toBe(1);
  expect((await store.results.report(id))!.scoringVersion).toBe(1);
  const [row] = await store.results.leaderboard('tiny');
  expect(row).toMatchObject({ runId: id, rank: null, struckReason: expect.stringContaining('scored by version 1') });
  const since = await store.rescores.reconsider();
  expect((await store.rescores.outdated({ atOnce: 9, since })).map((run) => run.id)).toEqual([id]);
  await store.migrate();
});
