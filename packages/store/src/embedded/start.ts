import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CorescoreError } from '@corescore/contracts';
import pg from 'pg';
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from '../types.js';
import { findBinaries } from './binaries.js';
import { clearLeftovers, DATABASE_USER, ensureData, ensurePassword } from './data-folder.js';
import { takeOwnership } from './owner-lock.js';
import { programRunner, type RunProgram } from './run-as.js';

const DATABASE = 'corescore';
const HOST = '127.0.0.1';
const TRIES = 5;
/** For a small host; durability stays as Postgres has it. */
const SETTINGS = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  max_connections: '50',
  shared_buffers: '128MB',
  log_min_messages: 'warning',
};

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, failed) => server.once('error', failed).listen(0, HOST, done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

/** Starts the server on a free port; pg_ctl detaches it, so that a terminal's Ctrl-C does not reach it. */
async function startServer(run: RunProgram, pgCtl: string, dataFolder: string): Promise<number> {
  const log = join(dataFolder, 'server.log');
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    const settings = Object.entries({ ...SETTINGS, port: String(port) }).map(
      ([name, value]) => `-c ${name}='${value}'`,
    );
    try {
      await run(pgCtl, ['start', '-D', dataFolder, '-l', log, '-w', '-t', '60', '-o', settings.join(' ')]);
      return port;
    } catch (error) {
      // The port was taken in between, or processes of a server that was killed are still on their way out.
      if (tries < TRIES) {
        await sleep(500 * tries);
        continue;
      }
      const tail = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').slice(-3).join(' ');
      throw new CorescoreError('configuration', `Postgres does not start. ${tail}`, {
        field: 'CORESCORE_HOME',
        remedy: `Read ${log}, or set DATABASE_URL to a Postgres of your own.`,
        cause: error,
      });
    }
  }
}

/** Address of the service's database on the server at `port`. */
export const embeddedUrl = (password: string, port: number): string =>
  `postgres://${DATABASE_USER}:${password}@${HOST}:${port}/${DATABASE}`;

async function ensureDatabase(serverUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${serverUrl}/postgres` });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

/**
 * Stops the server of a supervisor that was killed, so that its folder can be removed. False where the supervisor
 * lives, or has only just made the folder: nothing is touched then.
 */
export async function stopAbandoned(home: string): Promise<boolean> {
  const dataFolder = join(home, 'postgres');
  const owner = join(home, 'postgres.owner');
  if ((await readFile(owner, 'utf8').catch(() => null)) === null) return false;
  let giveBack: () => Promise<void>;
  try {
    giveBack = await takeOwnership(owner, home);
  } catch (error) {
    if (error instanceof CorescoreError) return false;
    throw error;
  }
  await clearLeftovers(dataFolder, await findBinaries(), await programRunner(dataFolder));
  await giveBack();
  return true;
}

/**
 * Starts the Postgres that comes with npm, with its data in `home/postgres`, and makes the database. A server that a
 * killed supervisor left is stopped first; a second supervisor on the same home is refused.
 * @throws CorescoreError `configuration`, with what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log = () => undefined } = options;
  const home = resolve(options.home);
  const dataFolder = join(home, 'postgres');
  const passwordFile = join(home, 'postgres.password');
  await mkdir(home, { recursive: true });
  const giveBack = await takeOwnership(join(home, 'postgres.owner'), home);
  try {
    const binaries = await findBinaries();
    const run = await programRunner(dataFolder);
    const password = await ensurePassword(passwordFile, dataFolder);
    log('Preparing the database ...');
    await ensureData(dataFolder, passwordFile, binaries, run);
    await clearLeftovers(dataFolder, binaries, run);
    const port = await startServer(run, binaries.pg_ctl, dataFolder);
    const serverUrl = `postgres://${DATABASE_USER}:${password}@${HOST}:${port}`;
    const halt = async (): Promise<void> => {
      // A server that was killed needs no stopping; its pid file says whether it runs.
      await clearLeftovers(dataFolder, binaries, run);
      await giveBack();
    };
    let stopping: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      stopping ??= halt();
      return stopping;
    };
    try {
      await ensureDatabase(serverUrl);
    } catch (error) {
      await stop();
      throw error;
    }
    log(`Postgres listens on ${HOST}:${port}`);
    return { databaseUrl: embeddedUrl(password, port), stop };
  } catch (error) {
    await giveBack();
    throw error;
  }
}
