import { execFile } from 'node:child_process';
import type { Leaderboard, Score, SubmissionView } from '@corescore/contracts';
import { describe, expect, inject, test } from 'vitest';
import { bin, call, cleanEnv, newHome, removeHome, root, until } from '../support/serve.js';

const live = inject('live');
const models = `${root}packages/benchmarks/data/models/`;

function corescore(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const settings = { CORESCORE_URL: live.url, CORESCORE_TOKEN: live.token, ...env };
    execFile(
      process.execPath,
      [bin, ...args],
      { cwd: root, env: cleanEnv(settings), maxBuffer: 64 * 1024 ** 2 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}

const scoresOf = (scores: Score[]) =>
  Object.fromEntries(scores.map((s) => [`${s.metric}|${s.subset}`, [s.value, s.low, s.high, s.n]]));

describe('corescore against the live service', () => {
  const argsOf = (name: string) => [
    `${models}${name}.onnx`,
    '--manifest',
    `${models}${name}.json`,
    '--benchmark',
    'core-objects-ost',
    '--format',
    'json',
  ];

  async function scoredHere(name: string, env: Record<string, string> = {}): Promise<Score[]> {
    const home = newHome();
    const local = await corescore(['run', '--local', ...argsOf(name)], { CORESCORE_HOME: home, ...env });
    removeHome(home);
    expect(local.code, local.stderr).toBe(0);
    return (JSON.parse(local.stdout) as { scores: Score[] }).scores;
  }

  test('ff-64: submit --wait and run --local give the same numbers, digit for digit', async () => {
    const remote = await corescore(['submit', ...argsOf('ff-64'), '--wait', '--timeout', '500']);
    expect(remote.stderr).toMatch(/scored/);
    expect(remote.code).toBe(0);
    const run = (JSON.parse(remote.stdout) as SubmissionView).runs[0];
    expect(scoresOf(await scoredHere('ff-64'))).toEqual(scoresOf(run.scores));
  }, 600_000);

  test('bl-64: run --local without what stands beside the scores gives those of the seeded board, digit for digit', async () => {
    const row = await until('bl-64 on the board', 1_000, async () => {
      const board = await call<Leaderboard>(live, '/v1/leaderboard?benchmark=core-objects-ost');
      return board.rows.find((r) => r.name === 'bl-64' && r.status === 'scored');
    });
    const here = (await scoredHere('bl-64', { CORESCORE_BESIDE: 'no' })).filter((s) => s.reason !== 'not_run');
    expect(here.length).toBeGreaterThan(25);
    const keys = new Set(Object.keys(scoresOf(here)));
    const onBoard = row.scores.filter((s) => keys.has(`${s.metric}|${s.subset}`));
    expect(scoresOf(here)).toEqual(scoresOf(onBoard));
  }, 1_200_000);

  test('a model that breaks the contract ends with 11, an unknown benchmark with 10, a wrong token with 12', async () => {
    const good = [`${models}ff-64.onnx`, '--manifest', `${models}ff-64.json`];
    const contract = await corescore([
      'submit',
      `${models}ff-64.onnx`,
      '--manifest',
      `${models}bl-64.json`,
      '--benchmark',
      'core-objects-ost',
    ]);
    expect(contract.code, contract.stderr).toBe(11);
    expect(contract.stderr).toContain('v4_t0');
    expect((await corescore(['submit', ...good, '--benchmark', 'no-such-benchmark'])).code).toBe(10);
    expect(
      (await corescore(['submit', ...good, '--benchmark', 'core-objects-ost'], { CORESCORE_TOKEN: 'cs_wrong' })).code,
    ).toBe(12);
    expect((await corescore(['status', 'nothing'], { CORESCORE_URL: 'http://127.0.0.1:9' })).code).toBe(20);
  });

  test('the leaderboard prints as a table and as JSON', async () => {
    const human = await corescore(['leaderboard']);
    expect(human.code).toBe(0);
    const json = await corescore(['leaderboard', '--format', 'json']);
    expect((JSON.parse(json.stdout) as { benchmark: string }).benchmark).toBe('core-objects-ost@0');
  });

  test('tokens are made, listed and revoked', async () => {
    const made = await corescore([
      'token',
      'create',
      '--name',
      'ci',
      '--owner',
      'lab',
      '--scope',
      'submit',
      '--format',
      'json',
    ]);
    expect(made.code, made.stderr).toBe(0);
    const { id, secret } = JSON.parse(made.stdout) as { id: string; secret: string };
    const refused = await corescore(['token', 'list'], { CORESCORE_TOKEN: secret });
    expect(refused.code).toBe(12);
    expect((await corescore(['token', 'revoke', id])).code).toBe(0);
    const after = await corescore(
      [
        'submit',
        `${models}ff-64.onnx`,
        '--manifest',
        `${models}ff-64.json`,
        '--owner',
        'lab',
        '--benchmark',
        'core-objects-ost',
      ],
      { CORESCORE_TOKEN: secret },
    );
    expect(after.code).toBe(12);
  });
});
