import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../../../packages/store/test/support/store.js';

let t: TestStore;
beforeAll(async () => {
  t = await openTestStore();
});
afterAll(() => t.close());

test('a SIGTERM that comes while a worker starts ends it in order, not by the signal', async () => {
  const env = { PATH: process.env['PATH'], DATABASE_URL: t.databaseUrl, CORESCORE_HOME: t.home, TMPDIR: t.home };
  const worker = spawn(process.execPath, [fileURLToPath(new URL('../dist/main.js', import.meta.url))], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(worker, 'exit');
  const others = `SELECT FROM pg_stat_activity WHERE application_name = 'corescore' AND datname = current_database()`;
  const before = (await t.sql(others)).length;
  while ((await t.sql(others)).length === before) await sleep(5);
  worker.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(await t.sql('SELECT FROM queue_workers')).toEqual([]);
});
