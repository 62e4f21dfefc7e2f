import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openTestStore, type TestStore } from './support/store.js';

let t: TestStore;
let worker: ChildProcess | undefined;
beforeAll(async () => {
  // Time stands still: no row grows old, so that only the death of the process can tell.
  const now = new Date();
  t = await openTestStore({ now: () => now });
});
afterEach(() => {
  worker?.kill('SIGKILL');
});
afterAll(() => t.close());

/** A process of its own, from the built code, that takes the jobs of both queues. */
async function startWorker(): Promise<ChildProcess> {
  const code = `
    const { openStore } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
    const store = await openStore(${JSON.stringify({ databaseUrl: t.databaseUrl, home: t.home })});
    for (const queue of ['extract', 'score']) await store.queues.worker(queue, { concurrency: 1, handler: async () => {} });
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');
  return child;
}

const idle = async () => (await t.store.queues.health()).filter((h) => h.workers === 0).map((h) => h.queue);

async function until(queues: string[]): Promise<void> {
  while ((await idle()).join() !== queues.join()) await sleep(20);
}

test('a queue is not consumed on the row of a worker whose process was killed', async () => {
  worker = await startWorker();
  expect(await idle()).toEqual([]);
  worker.kill('SIGKILL');
  await until(['extract', 'score']);
  expect(await t.sql('SELECT FROM queue_workers'), 'its rows are there still').toHaveLength(2);
  worker = await startWorker();
  expect(await idle()).toEqual([]);
});

test('a worker that lost its connection to Postgres is seen again', async () => {
  const connections = () =>
    t.sql<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'corescore presence' AND datname = current_database()`,
    );
  worker = await startWorker();
  const [before] = await connections();
  await t.sql('SELECT pg_terminate_backend($1)', [before!.pid]);
  while (!(await connections()).some(({ pid }) => pid !== before!.pid)) await sleep(20);
  await until([]);
});
