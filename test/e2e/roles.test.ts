import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { QueueView, RunView } from '@corescore/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { manifest, plain } from '../../packages/runtime/test/models.js';
import { onnxFile } from '../../packages/runtime/test/onnx-writer.js';
import { startEmbeddedPostgres } from '../../packages/store/src/index.js';
import { corescore } from '../support/corescore.js';
import { bin, call, cleanEnv, endOf, newHome, removeHome, root, until } from '../support/serve.js';
import { slow } from '../support/slow-model.js';
import { submitModel } from '../support/submit.js';

/** What one started by itself: it finds the database by a file, as a container does. */
interface Role {
  child: ChildProcess;
  /** Standard output, then the log, as far as they have come. */
  output(): string;
  log(): string;
  stop(): Promise<number | null>;
}

const databaseHome = newHome();
const home = newHome();
const secret = join(databaseHome, 'database_url');
let postgres: Awaited<ReturnType<typeof startEmbeddedPostgres>>;
const roles: Role[] = [];

beforeAll(async () => {
  postgres = await startEmbeddedPostgres({ home: databaseHome });
  writeFileSync(secret, `${postgres.databaseUrl}\n`);
  chmodSync(secret, 0o400);
});
afterAll(async () => {
  await Promise.all(roles.map((role) => role.stop()));
  await postgres.stop();
  for (const folder of [databaseHome, home]) removeHome(folder);
});

function start(args: string[]): Role {
  const env = cleanEnv({
    DATABASE_URL_FILE: secret,
    CORESCORE_HOME: home,
    CORESCORE_BESIDE: 'no',
    CORESCORE_SANDBOX: 'warn',
    CORESCORE_POINTS_PER_MINUTE: '1000000',
  });
  const child = spawn(process.execPath, [bin, ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { output: '', log: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.log += chunk.toString()));
  const gone = once(child, 'close');
  const role: Role = {
    child,
    output: () => said.output,
    log: () => said.log,
    stop: async () => {
      child.kill('SIGTERM');
      await gone;
      return child.exitCode;
    },
  };
  roles.push(role);
  return role;
}

async function ready(role: Role, pattern: RegExp): Promise<string> {
  return until(`${pattern}`, 120, async () => {
    if (role.child.exitCode !== null) throw new Error(`ended with ${role.child.exitCode}:\n${role.log()}`);
    return pattern.exec(role.output())?.[0];
  });
}

test('API and workers of one queue each, started by themselves, score a model together and hand runs back', async () => {
  const api = start(['api', '--port', '0']);
  const url = (await ready(api, /http:\S+/)).trim();
  const service = { url, token: readFileSync(join(home, 'token'), 'utf8').trim() };
  // Of a process without a terminal it asks for a new log file, of which a role has none.
  api.child.kill('SIGHUP');
  const readyz = async () => (await (await fetch(`${url}/readyz`)).json()) as { detail?: string; status: unknown };
  expect((await readyz()).detail).toBe('No worker takes the jobs of: extract, score.');

  const extract = start(['worker', '--queue', 'extract', '--concurrency', '2']);
  await ready(extract, /^ready$/m);
  expect(extract.log()).toContain('takes the jobs of extract, 2 of each at once');
  expect((await readyz()).detail).toBe('No worker takes the jobs of: score.');
  expect((await corescore(service, ['queues', '--require', 'extract'])).code).toBe(0);
  const missing = await corescore(service, ['queues', '--require', 'extract,score']);
  expect(missing.code).toBe(4);
  expect(missing.stderr).toContain('corescore worker --queue score');

  // Two at once, where one at a time is the default; both go back where they were when the worker is asked to end.
  const view = (id: string) => call<RunView>(service, `/v1/runs/${id}`);
  const slowRuns: string[] = [];
  for (const n of [1, 2]) {
    const file = onnxFile(slow(1_000_000 + n));
    slowRuns.push(await submitModel(service, manifest({ name: `slow-${n}` }), file, `roles-slow-${n}`));
  }
  const both = (status: RunView['status']) =>
    until(`both ${status}`, 120, async () => (await Promise.all(slowRuns.map(view))).every((r) => r.status === status));
  await both('extracting');
  expect(await extract.stop()).toBe(0);
  await both('queued');
  for (const id of slowRuns) {
    expect((await view(id)).attempt).toBe(1);
    await call(service, `/v1/runs/${id}/cancel`, { method: 'POST' });
  }

  const again = start(['worker', '--queue', 'extract']);
  await ready(again, /^ready$/m);
  const run = await submitModel(service, manifest({ name: 'plain' }), onnxFile(plain), 'roles-plain');
  await until('extracted', 120, async () => (await view(run)).status === 'scoring');
  const waits = await corescore(service, ['status', run]);
  expect(waits.stderr).toContain('No worker takes the jobs of: score. The runs wait until there is one.');
  const { items } = await call<{ items: QueueView[] }>(service, '/v1/queues');
  expect(items.map(({ queue, workers }) => [queue, workers])).toEqual([
    ['extract', 1],
    ['score', 0],
  ]);

  const score = start(['worker', '--queue', 'score']);
  await ready(score, /^ready$/m);
  expect(await readyz()).toMatchObject({ status: 'ready' });
  const end = await endOf(service, run, 300);
  expect(end).toMatchObject({ status: 'scored', attempt: 1 });

  expect(await Promise.all(roles.map((role) => role.stop()))).toEqual([0, 0, 0, 0]);
}, 400_000);
