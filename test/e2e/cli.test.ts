import type { Score, SubmissionView } from '@corescore/contracts';
import { describe, expect, inject, test } from 'vitest';
import { corescore as onCommandLine } from '../support/corescore.js';
import { newHome, removeHome, root } from '../support/serve.js';

const live = inject('live');
const bare = inject('bare');
const models = `${root}packages/benchmarks/data/models/`;

const corescore = (args: string[], env: Record<string, string> = {}) => onCommandLine(live, args, env);

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

  test('ff-64: submit --wait and run --local give the same numbers, digit for digit', async () => {
    const remote = await onCommandLine(bare, ['submit', ...argsOf('ff-64'), '--wait', '--timeout', '500']);
    expect(remote.stderr).toMatch(/scored/);
    expect(remote.code).toBe(0);
    const run = (JSON.parse(remote.stdout) as SubmissionView).runs[0];
    const home = newHome();
    const env = { CORESCORE_HOME: home, CORESCORE_BESIDE: 'no' };
    const local = await corescore(['run', '--local', ...argsOf('ff-64')], env);
    removeHome(home);
    expect(local.code, local.stderr).toBe(0);
    expect(scoresOf((JSON.parse(local.stdout) as { scores: Score[] }).scores)).toEqual(scoresOf(run.scores));
  }, 600_000);

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
