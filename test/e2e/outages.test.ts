import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { RunView } from '@corescore/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { manifest } from '../../packages/runtime/test/models.js';
import { onnxFile } from '../../packages/runtime/test/onnx-writer.js';
import { call, newHome, removeHome, type Served, startServe, until } from '../support/serve.js';
import { slow } from '../support/slow-model.js';
import { submitModel } from '../support/submit.js';
import { backendPid, isReady, postmasterPid, processes, supervisorPid } from '../support/victims.js';

/** What befalls the house around the services: its database killed, its terminal gone, a signal to npm alone. */
const home = newHome();
let served: Served;
beforeAll(async () => {
  served = await startServe({ home, npm: true, args: ['--no-seed'], env: { CORESCORE_LEASE_SECONDS: '2' } });
}, 240_000);
afterAll(async () => {
  await served?.stop();
  removeHome(home);
});

const viewed = (id: string) => call<RunView>(served, `/v1/runs/${id}`);

test('Postgres killed, and a backend of it, while a run works: the service comes back, the run goes on unharmed', async () => {
  const id = await submitModel(served, manifest({ name: 'slow' }), onnxFile(slow(1_000_000)), 'outage');
  for (const victim of [postmasterPid, backendPid, postmasterPid]) {
    const before = await until('progress', 120, async () => (await viewed(id)).progress);
    process.kill(victim(home), 'SIGKILL');
    await until('ready', 60, () => isReady(served));
    const run = await until('more progress', 120, async () => {
      const now = await viewed(id).catch(() => null);
      if (now !== null && now.status !== 'extracting')
        throw new Error(`the run is ${now.status}: ${now.failure?.detail}`);
      return now !== null && now.progress !== null && now.progress.done > before.done && now;
    });
    expect(run).toMatchObject({ status: 'extracting', attempt: 1 });
  }
  await call(served, `/v1/runs/${id}/cancel`, { method: 'POST' });
}, 400_000);

test('SIGHUP begins the log anew and stops nothing', async () => {
  const log = join(home, 'logs/corescore.log');
  renameSync(log, `${log}.moved`);
  process.kill(supervisorPid(home), 'SIGHUP');
  process.kill(postmasterPid(home), 'SIGKILL');
  await until('a new file', 60, async () => existsSync(log));
  await until('ready', 60, () => isReady(served));
  for (const path of [log, `${log}.moved`]) {
    for (const line of readFileSync(path, 'utf8').trimEnd().split('\n')) {
      expect(JSON.parse(line), line).toMatchObject({
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        level: expect.any(String),
        service: expect.stringMatching(/^(api|worker|postgres|supervisor)$/),
        msg: expect.any(String),
      });
    }
  }
}, 200_000);

test('kill -TERM of npm start stops the whole service, in order', async () => {
  expect(processes(home)).not.toEqual([]);
  served.process.kill('SIGTERM');
  await until('the end', 60, async () => processes(home).length === 0);
  expect(served.output()).toContain('Stopped.');
  const left = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  expect(left).not.toContain(home);
}, 120_000);
