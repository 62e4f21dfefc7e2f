import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { testDatabase } from '@corescore/store/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
let database: Awaited<ReturnType<typeof testDatabase>>;
let home: string;
beforeAll(async () => {
  database = await testDatabase();
  home = mkdtempSync(join(tmpdir(), 'corescore-main-'));
  mkdirSync(join(home, 'staging'));
});
afterAll(async () => {
  await database.drop();
  rmSync(home, { recursive: true });
});

interface Process {
  child: ChildProcess;
  output(): string;
  errors(): string;
}

function start(env: Record<string, string>): Process {
  const child = fork(MAIN, [], {
    env: { PATH: process.env['PATH'], CORESCORE_HOME: home, CORESCORE_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  let errors = '';
  child.stdout!.on('data', (chunk) => (output += chunk));
  child.stderr!.on('data', (chunk) => (errors += chunk));
  return { child, output: () => output, errors: () => errors };
}

async function ended({ child }: Process): Promise<number | null> {
  // Not 'close': a process whose channel its parent has cut never has one.
  if (child.exitCode === null) await once(child, 'exit');
  await finished(child.stderr!);
  return child.exitCode;
}

async function listening(service: Process): Promise<string> {
  for (;;) {
    const address = /^listening (http:\/\/\S+)\n$/.exec(service.output())?.[1];
    if (address !== undefined) return address;
    if (service.child.exitCode !== null) throw new Error(service.errors());
    await Promise.race([once(service.child.stdout!, 'data'), once(service.child, 'exit')]);
  }
}

test('without a database it says what to set, and ends with the code of a configuration error', async () => {
  const service = start({});
  expect(await ended(service)).toBe(10);
  expect(service.errors()).toContain('DATABASE_URL');
  expect(service.errors()).not.toMatch(/\n\s+at /);
});

test('a setting that there is not is refused', async () => {
  const service = start({ CORESCORE_PROT: '1' });
  expect(await ended(service)).toBe(10);
  expect(service.errors()).toContain('CORESCORE_PROT');
});

test('it listens, makes the local token, and ends in order on SIGTERM', async () => {
  const service = start({ DATABASE_URL: database.databaseUrl });
  const address = await listening(service);
  expect((await fetch(`${address}/healthz`)).status).toBe(200);
  expect(statSync(join(home, 'token')).mode & 0o777).toBe(0o600);
  service.child.kill('SIGTERM');
  expect(await ended(service), service.errors()).toBe(0);
  await expect(fetch(`${address}/healthz`)).rejects.toThrow();
});

test('an upload that does not end does not keep it from ending', async () => {
  const service = start({ DATABASE_URL: database.databaseUrl });
  const { hostname, port } = new URL(await listening(service));
  const token = readFileSync(join(home, 'token'), 'utf8').trim();
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(
    'POST /v1/models/local/x/versions HTTP/1.1\r\nhost: test\r\ncontent-length: 1000\r\n' +
      `authorization: Bearer ${token}\r\ncontent-type: multipart/form-data; boundary=b\r\n\r\n--b\r\n`,
  );
  while (readdirSync(join(home, 'staging')).length === 0) await sleep(20);
  service.child.kill('SIGTERM');
  expect(await ended(service), service.errors()).toBe(0);
  expect(readdirSync(join(home, 'staging'))).toEqual([]);
});

test('it does not outlive its parent', async () => {
  const service = start({ DATABASE_URL: database.databaseUrl });
  await listening(service);
  service.child.disconnect();
  expect(await ended(service), service.errors()).toBe(0);
});
