import type { RunView } from '@corescore/contracts';
import { afterAll, beforeAll } from 'vitest';
import { call, newHome, removeHome, type Served, startServe, until } from './serve.js';

/** An empty service for one test file, which scores and no more: what stands beside the scores is the dear part. */
export function ownService(env: Record<string, string> = {}): { home: string; served: Served } {
  const own = { home: newHome() } as { home: string; served: Served };
  beforeAll(async () => {
    own.served = await startServe({ home: own.home, args: ['--no-seed'], env: { CORESCORE_BESIDE: 'no', ...env } });
  });
  afterAll(async () => {
    await own.served?.stop();
    removeHome(own.home);
  });
  return own;
}

/** A run once it has ended, however. */
export const endOf = (served: Served, runId: string, seconds: number): Promise<RunView> =>
  until('an end', seconds, async () => {
    const run = await call<RunView>(served, `/v1/runs/${runId}`);
    return run.endedAt !== null && run;
  });
