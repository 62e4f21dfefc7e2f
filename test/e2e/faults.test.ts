import { execFileSync } from 'node:child_process';
import type { Leaderboard, RunView } from '@corescore/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endless, manifest } from '../../packages/runtime/test/models.js';
import { type Graph, INT64, onnxFile } from '../../packages/runtime/test/onnx-writer.js';
import { call, newHome, removeHome, type Served, startServe, until } from '../support/serve.js';
import { submitBundled, submitModel } from '../support/submit.js';

/**
 * What may befall a service: `kill -9` of the worker, found by its command line below the supervisor, which starts
 * another; Ctrl-C and a second start.
 */
const home = newHome();
const start = () =>
  startServe({ home, args: ['--no-seed'], env: { CORESCORE_BESIDE: 'no', CORESCORE_LEASE_SECONDS: '6' } });
let served: Served;
beforeAll(async () => {
  served = await start();
});
afterAll(async () => {
  await served?.stop();
  removeHome(home);
});

/** Children of the supervisor that run the worker service. */
function workerPid(): number | null {
  const children = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  const line = children
    .map((l) => l.trim().split(/\s+/))
    .find(([, ppid, ...args]) => Number(ppid) === served.process.pid && args.join(' ').includes('services/worker/'));
  return line === undefined ? null : Number(line[0]);
}

async function killWorkerWhile(status: RunView['status'], runId: string): Promise<void> {
  await until(`status ${status}`, 120, async () => {
    const run = await call<RunView>(served, `/v1/runs/${runId}`);
    if (run.status === 'scored') throw new Error('scored before the worker could be killed');
    // A run waits for its scoring under that status: with progress it has begun, and has something to lose.
    return run.status === status && (status === 'extracting' || run.progress !== null);
  });
  process.kill(workerPid()!, 'SIGKILL');
}

const scored = (runId: string) =>
  until('scored', 300, async () => {
    const run = await call<RunView>(served, `/v1/runs/${runId}`);
    if (run.status === 'failed') throw new Error(JSON.stringify(run.failure));
    return run.status === 'scored' && run;
  });

/** The endless model with a count of rounds: some seconds over the images, so that the kill falls within them. */
const slow: Graph = {
  ...endless,
  nodes: endless.nodes.map((node) => (node.op === 'Loop' ? { ...node, in: ['rounds', ...node.in.slice(1)] } : node)),
  constants: [...(endless.constants ?? []), { name: 'rounds', dims: [], values: [30_000], type: INT64 }],
};

const CASES: ['extracting' | 'scoring', () => Promise<string>][] = [
  ['extracting', () => submitModel(served, manifest({ name: 'slow' }), onnxFile(slow), 'fault-extracting')],
  ['scoring', () => submitBundled(served, 'ff-64', 'fault-scoring')],
];

test.each(CASES)(
  'kill -9 of the worker while %s: the run ends scored, once',
  async (stage, submit) => {
    const runId = await submit();
    await killWorkerWhile(stage, runId);
    const run = await scored(runId);
    expect(run.attempt).toBeGreaterThanOrEqual(2);
    expect(run.scores.length).toBeGreaterThan(10);
    const keys = run.scores.map((s) => `${s.metric}|${s.subset}|${s.region}`);
    expect(new Set(keys).size).toBe(keys.length);
    const events = await fetch(`${served.url}/v1/runs/${runId}/events`).then((r) => r.text());
    expect(events.match(/"status":"scored"/g)).toHaveLength(1);
  },
  400_000,
);

const running = (): string =>
  execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(home) && !line.startsWith('ps'))
    .join('\n');

test('Ctrl-C stops everything; a second start finds its data', async () => {
  const rowsOf = async () => (await call<Leaderboard>(served, '/v1/leaderboard?benchmark=core-objects-ost')).rows;
  const rows = await rowsOf();
  expect(rows.map(({ name, status }) => [name, status])).toContainEqual(['ff-64', 'scored']);
  const { token } = served;
  const runs = () => Promise.all(rows.map(({ runId }) => call<RunView>(served, `/v1/runs/${runId}`)));
  const before = await runs();
  expect(await served.stop('SIGINT')).toBe(0);
  expect(running()).toBe('');

  served = await start();
  expect(await rowsOf()).toEqual(rows);
  expect(await runs()).toEqual(before);
  expect(served.token).toBe(token);
  await served.stop('SIGTERM');
  expect(running()).toBe('');
}, 900_000);
