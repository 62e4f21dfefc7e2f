import { access, mkdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CorescoreError, formatBytes, type growingPauseMs } from '@corescore/contracts';
import pg from 'pg';
import { diskFull, freeBytes, isDiskFull } from '../disk-room.js';
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from '../types.js';
import { findBinaries } from './binaries.js';
import { clearLeftovers, DATABASE_USER, ensureData, ensurePassword } from './data-folder.js';
import { takeOwnership } from './owner-lock.js';
import { programRunner } from './run-as.js';
import { type Server, spawnServer } from './server.js';
import { Supervisor } from './supervise.js';

const DATABASE = 'corescore';
const HOST = '127.0.0.1';
const TRIES = 5;
const MIB = 1024 ** 2;
/** What a start writes: its log of changes at least, and at the first start the whole database. */
const START_BYTES = 32 * MIB;
const FIRST_START_BYTES = 96 * MIB;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, failed) => server.once('error', failed).listen(0, HOST, done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

/** The server on a free port: one that was free a moment ago may be taken by now. */
async function startServer(launch: (port: number) => Promise<Server>): Promise<{ server: Server; port: number }> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    try {
      return { server: await launch(port), port };
    } catch (error) {
      if (isDiskFull(error)) throw diskFull(`Postgres does not start: ${(error as Error).message}`, error);
      // The port was taken in between, or processes of a server that was killed are still on their way out.
      if (tries < TRIES) {
        await sleep(500 * tries);
        continue;
      }
      throw new CorescoreError('configuration', `Postgres does not start. ${(error as Error).message}`, {
        field: 'CORESCORE_HOME',
        remedy: 'Remove the cause, or set DATABASE_URL to a Postgres of your own.',
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
  client.on('error', () => undefined);
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
  await clearLeftovers(dataFolder, await findBinaries(), (await programRunner(dataFolder)).run);
  await giveBack();
  return true;
}

/**
 * Starts the Postgres that comes with npm, with its data in `home/postgres`, makes the database, and keeps the server
 * running until it is stopped. A server that a killed supervisor left is stopped first; a second supervisor on the same
 * home is refused.
 * @throws CorescoreError `configuration`, `disk_full`, with what to do
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
  { free = freeBytes, pause }: { free?: typeof freeBytes; pause?: typeof growingPauseMs } = {},
): Promise<EmbeddedPostgres> {
  const { log = ignore, onLine = ignore, onNotice = ignore, onGiveUp = ignore } = options;
  const home = resolve(options.home);
  const dataFolder = join(home, 'postgres');
  const passwordFile = join(home, 'postgres.password');
  await checkStartRoom(home, dataFolder, free);
  await mkdir(home, { recursive: true });
  const giveBack = await takeOwnership(join(home, 'postgres.owner'), home);
  let halt: () => Promise<void> = giveBack;
  try {
    const binaries = await findBinaries();
    const { run, server: prefix } = await programRunner(dataFolder);
    const password = await ensurePassword(passwordFile, dataFolder);
    log('Preparing the database ...');
    await ensureData(dataFolder, passwordFile, binaries, run);
    // Of versions that let the server write into a file of its own, which had no end.
    await rm(join(dataFolder, 'server.log'), { force: true });
    const urlAt = (port: number) => `postgres://${DATABASE_USER}:${password}@${HOST}:${port}`;
    const launch = async (port: number): Promise<Server> => {
      await clearLeftovers(dataFolder, binaries, run);
      const server = spawnServer(prefix, binaries.postgres, { dataFolder, port, onLine });
      try {
        await server.ready();
      } catch (error) {
        await server.stop();
        throw error;
      }
      return server;
    };
    const { server, port } = await startServer(launch);
    // The address stays: the services that use the database know no other.
    const supervisor = new Supervisor(server, { launch: () => launch(port), onNotice, onGiveUp, pause });
    halt = async () => {
      await supervisor.stop();
      await giveBack();
    };
    await ensureDatabase(urlAt(port));
    log(`Postgres listens on ${HOST}:${port}`);
    let stopping: Promise<void> | undefined;
    return {
      databaseUrl: embeddedUrl(password, port),
      whenUp: () => supervisor.whenUp(),
      stop: () => {
        stopping ??= halt();
        return stopping;
      },
    };
  } catch (error) {
    await halt();
    throw isDiskFull(error) && !(error instanceof CorescoreError)
      ? diskFull(`The database cannot be prepared: ${(error as Error).message}`, error)
      : error;
  }
}

const ignore = (): void => undefined;

/** A start on a full disk would end half-way in words of the server's. @throws CorescoreError `disk_full` */
async function checkStartRoom(home: string, dataFolder: string, freeOf: typeof freeBytes): Promise<void> {
  const isThere = await access(join(dataFolder, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  const needed = isThere ? START_BYTES : FIRST_START_BYTES;
  const free = await freeOf(home);
  if (free >= needed) return;
  throw diskFull(
    `The disk of ${home} has ${formatBytes(free)} free; the database needs ${formatBytes(needed)} to start.`,
  );
}
