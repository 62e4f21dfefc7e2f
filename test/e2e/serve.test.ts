import { execFileSync } from 'node:child_process';
import type { Leaderboard, RunView } from '@corescore/contracts';
import { expect, test } from 'vitest';
import { call, newHome, removeHome, startServe, until } from '../support/serve.js';
import { submitBundled } from '../support/submit.js';

const running = (home: string): string =>
  execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(home) && !line.startsWith('ps'))
    .join('\n');

test('Ctrl-C stops everything; a second start finds its data', async () => {
  const home = newHome();
  try {
    const options = { home, args: ['--no-seed'], env: { CORESCORE_BESIDE: 'no' } };
    const first = await startServe(options);
    const runId = await submitBundled(first, 'ff-64', 'serve-test');
    await until('scored', 120, async () => (await call<RunView>(first, `/v1/runs/${runId}`)).status === 'scored');
    const before = await call<RunView>(first, `/v1/runs/${runId}`);
    expect(await first.stop('SIGINT')).toBe(0);
    expect(running(home)).toBe('');

    const second = await startServe(options);
    try {
      expect(await call<RunView>(second, `/v1/runs/${runId}`)).toEqual(before);
      const board = await call<Leaderboard>(second, '/v1/leaderboard?benchmark=core-objects-ost');
      expect(board.rows.map((r) => r.name)).toContain('ff-64');
      expect(second.token).toBe(first.token);
    } finally {
      await second.stop('SIGTERM');
    }
    expect(running(home)).toBe('');
  } finally {
    removeHome(home);
  }
}, 240_000);
