import { parseEnv } from '@corescore/contracts/env';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LEASE_SECONDS, openTestStore, queueRun, type TestStore } from '../../../packages/store/test/support/store.js';
import type { Context } from '../src/context.js';
import { conduct } from '../src/jobs/conduct.js';
import { Pauses } from '../src/jobs/pauses.js';

let t: TestStore;
let context: Context;
const ending = new AbortController();
beforeAll(async () => {
  t = await openTestStore();
  const env = { ...parseEnv({}, t.home), leaseSeconds: 3600 };
  const startedAt = new Date();
  context = {
    ...{ store: t.store, env, benchmarks: new Map(), shutdown: ending.signal, startedAt },
    pauses: new Pauses(),
    log: () => undefined,
  };
});
afterAll(() => t.close());

/** A run in its extraction, held by `w`. */
async function held() {
  const { id } = await queueRun(t.store);
  return (await t.store.runs.claim(id, 'extracting', 'w', LEASE_SECONDS))!;
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

test('a run that is cancelled is given up at once, long before its next heartbeat, and loses nothing', async () => {
  const run = await held();
  await conduct(context, { run, holder: 'w' }, async ({ signal }) => {
    const ended = aborted(signal);
    await t.store.runs.cancel(run.id);
    await ended;
  });
  expect(await t.store.runs.view(run.id)).toMatchObject({ status: 'cancelled', attempt: 1, failure: null });
});

test('a worker that ends hands its run back with the attempts it had', async () => {
  const run = await held();
  await conduct(context, { run, holder: 'w' }, async ({ signal }) => {
    const ended = aborted(signal);
    ending.abort();
    await ended;
  });
  expect(await t.store.runs.view(run.id)).toMatchObject({ status: 'queued', attempt: 1 });
});
