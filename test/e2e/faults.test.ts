import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Leaderboard, RunView } from '@corescore/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { manifest } from '../../packages/runtime/test/models.js';
import { onnxFile } from '../../packages/runtime/test/onnx-writer.js';
import { startEmbeddedPostgres } from '../../packages/store/src/index.js';
import { execute } from '../../packages/store/src/testing.js';
import { cancelRuns } from '../support/cancel-runs.js';
import { call, newHome, removeHome, type Served, startServe, until } from '../support/serve.js';
import { slow } from '../support/slow-model.js';
import { submitBundled, submitModel } from '../support/submit.js';
import { servicePid } from '../support/victims.js';

/**
 * What may befall a service: `kill -9` of the worker, after which the supervisor starts another; runs that are cancelled
 * while they are scored; Ctrl-C and a second start.
 */
const home = newHome();
/** The services' own temporary folder, so that what a killed worker leaves can be seen. */
const temporary = join(home, 'tmp');
mkdirSync(temporary);
const start = () =>
  startServe({
    home,
    args: ['--no-seed'],
    env: { CORESCORE_BESIDE: 'no', CORESCORE_LEASE_SECONDS: '6', TMPDIR: temporary },
  });
let served: Served;
beforeAll(async () => {
  served = await start();
});
afterAll(async () => {
  await served?.stop();
  removeHome(home);
});

async function killWorkerWhile(status: RunView['status'], runId: string): Promise<void> {
  await until(`status ${status}`, 120, async () => {
    const run = await call<RunView>(served, `/v1/runs/${runId}`);
    if (run.status === 'scored') throw new Error('scored before the worker could be killed');
    // A run waits for its scoring under that status: with progress it has begun, and has something to lose.
    return run.status === status && (status === 'extracting' || run.progress !== null);
  });
  process.kill(servicePid(home, 'worker')!, 'SIGKILL');
}

const scored = (runId: string) =>
  until('scored', 300, async () => {
    const run = await call<RunView>(served, `/v1/runs/${runId}`);
    if (run.status === 'failed') throw new Error(JSON.stringify(run.failure));
    return run.status === 'scored' && run;
  });

const CASES: ['extracting' | 'scoring', () => Promise<string>][] = [
  ['extracting', () => submitModel(served, manifest({ name: 'slow' }), onnxFile(slow(30_000)), 'fault-extracting')],
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
    expect(readdirSync(temporary), 'the killed worker’s folders').toEqual([]);
  },
  400_000,
);

test('runs cancelled at random moments of scoring, and a SIGTERM within, abort no worker and cost no attempt', async () => {
  const submit = (key: string) => submitBundled(served, 'ff-64', key);
  const outcome = await cancelRuns(served, { submit, cancels: 6, terms: 1, longestSeconds: 2, seed: 1 });
  expect(outcome).toMatchObject({ aborts: 0, lost: 0 });
  expect(outcome.withinScoring).toBeGreaterThan(3);
}, 400_000);

const running = (): string =>
  execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(home) && !line.startsWith('ps'))
    .join('\n');

/** As a version of the scoring before this one would have left it. */
async function ageScores(runId: string): Promise<void> {
  const { databaseUrl, stop } = await startEmbeddedPostgres({ home });
  try {
    await execute(databaseUrl, `UPDATE corescore.runs SET scoring_version = 1 WHERE id = '${runId}'`);
  } finally {
    await stop();
  }
}

test('a start scores runs of an older scoring version again: struck through until then, superseded after', async () => {
  const rowOf = async () =>
    (await call<Leaderboard>(served, '/v1/leaderboard?benchmark=core-objects-ost')).rows.find(
      (row) => row.name === 'ff-64',
    )!;
  const before = await rowOf();
  await served.stop('SIGINT');
  await ageScores(before.runId);
  served = await start();
  const struck = await rowOf();
  // It may be quick, but no row is ever of an older version and not struck through.
  if (struck.runId === before.runId) {
    expect(struck).toMatchObject({ rank: null, scoringVersion: 1, scores: before.scores });
    expect(struck.struckReason).toMatch(/^scored by version 1; (waits to be|being) scored again$/);
  }
  const again = await until('scored again', 300, async () => {
    const row = await rowOf();
    return row.runId !== before.runId && row;
  });
  expect(again).toEqual({ ...before, runId: again.runId, scoredAt: again.scoredAt });
  const [old, run] = await Promise.all(
    [before.runId, again.runId].map((id) => call<RunView>(served, `/v1/runs/${id}`)),
  );
  expect(old).toMatchObject({
    status: 'scored',
    supersededBy: run.id,
    struckReason: 'scored by version 1; superseded',
  });
  expect(run).toMatchObject({ supersedes: old.id, struckReason: null, submissionId: old.submissionId, attempt: 1 });
}, 400_000);

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
