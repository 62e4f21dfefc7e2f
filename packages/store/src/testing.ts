import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres, stopAbandoned } from './embedded/start.js';

/**
 * Databases for tests: one real server a test run, one fresh database a test file. A global setup calls
 * `startTestServer`, a test file `testDatabase`.
 */
const SERVER_VARIABLE = 'TEST_POSTGRES_URL';
const HOME_PREFIX = 'corescore-test-postgres-';

/**
 * Starts the server and tells the test processes through the environment. `DATABASE_URL` names one that is there
 * instead; its user needs the right to create databases.
 * @returns stops the server and removes its data
 */
export async function startTestServer(): Promise<() => Promise<void>> {
  const given = process.env['DATABASE_URL'];
  if (given !== undefined && given !== '') {
    process.env[SERVER_VARIABLE] = given;
    return async () => undefined;
  }
  await removeAbandoned();
  const home = await mkdtemp(join(tmpdir(), HOME_PREFIX));
  const server = await startEmbeddedPostgres({ home });
  process.env[SERVER_VARIABLE] = server.databaseUrl;
  return async () => {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  };
}

/** What test runs that were killed have left. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(HOME_PREFIX)) continue;
    const home = join(tmpdir(), name);
    if (await stopAbandoned(home)) await rm(home, { recursive: true, force: true });
  }
}

export interface TestDatabase {
  databaseUrl: string;
  /** The service's default schema: a process that knows the address alone finds the same tables. */
  schema: string;
  /** Ends the connections that are still open, too. */
  drop(): Promise<void>;
}

/** A fresh, empty database on the test server; `store.migrate()` fills it. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = process.env[SERVER_VARIABLE];
  if (server === undefined) throw new Error(`${SERVER_VARIABLE} is not set: the global setup did not run`);
  const name = `test_${randomBytes(8).toString('hex')}`;
  await execute(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    databaseUrl: url.href,
    schema: 'corescore',
    drop: () => execute(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** One statement on the side. */
export async function execute(databaseUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
