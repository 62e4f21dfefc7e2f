import { canMove, isTerminal, MAX_INFRASTRUCTURE_RETRIES, RUN_STATUSES, type RunStatus } from '@corescore/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LEASE_SECONDS, openTestStore, queueRun, receipt, report, type TestStore, toScoring } from './support/store.js';

let t: TestStore;
beforeAll(async () => {
  t = await openTestStore();
});
afterAll(() => t.close());

const INFRASTRUCTURE = { kind: 'infrastructure', code: 'infrastructure', detail: 'The disk is full.' } as const;
const MODEL_ERROR = { kind: 'model_error', code: 'model_crashed', detail: 'It crashed.' } as const;
const DAMAGED = { kind: 'infrastructure', code: 'stored_file_damaged', detail: 'model.onnx is gone.' } as const;
const GONE = { damaged: false, reason: 'The activations were deleted; they are made anew.' };

const row = async (id: string) => {
  const [found] = await t.sql<{ status: RunStatus; attempt: number; retries: number; lease_holder: string | null }>(
    'SELECT status, attempt, retries, lease_holder, extraction_key FROM runs WHERE id = $1',
    [id],
  );
  return found!;
};

/** What may happen to a run, by whom it is allowed: `h` holds it, `x` does not. */
const STEPS: Record<string, (id: string) => Promise<unknown>> = {
  extract: (id) => t.store.runs.claim(id, 'extracting', 'h', LEASE_SECONDS),
  toScoring: (id) => t.store.runs.toScoring(id, 'h', { extractionKey: null, engine: 'e', provider: 'cpu' }),
  score: (id) => t.store.runs.claim(id, 'scoring', 'h', LEASE_SECONDS),
  finish: (id) => t.store.runs.finish(id, 'h', { report: report(), receipt: receipt(id) }),
  release: (id) => t.store.runs.release(id, 'h'),
  deleted: (id) => t.store.runs.extractAgain(id, 'h', GONE),
  'deleted, says a stranger': (id) => t.store.runs.extractAgain(id, 'x', GONE),
  damaged: (id) => t.store.runs.extractAgain(id, 'h', { ...GONE, damaged: true }),
  'host fails': (id) => t.store.runs.fail(id, 'h', INFRASTRUCTURE),
  'model fails': (id) => t.store.runs.fail(id, 'h', MODEL_ERROR),
  'fails, whoever holds it': (id) => t.store.runs.fail(id, null, MODEL_ERROR),
  'file damaged': (id) => t.store.runs.fail(id, 'h', DAMAGED),
  'files uploaded again': () => t.store.runs.retryRepaired(['f'.repeat(64)]),
  cancel: (id) => t.store.runs.cancel(id).catch(() => null),
  retry: (id) => t.store.runs.retry(id).catch(() => null),
  'worker lost': async (id) => {
    await t.sql(`UPDATE runs SET lease_expires_at = now() - interval '1 hour' WHERE id = $1 AND lease_holder = 'h'`, [
      id,
    ]);
    await t.store.runs.sweep({ leaseSeconds: LEASE_SECONDS });
  },
};

/** What takes a run on, by its status. */
const ON: Partial<Record<RunStatus, string>> = { queued: 'extract', extracting: 'toScoring', scoring: 'score' };

/** A number of [0, n) after another: the walks are the same each time. */
function walk(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

test('the state machine: whatever happens, in whatever order, a run makes no move that is not allowed', async () => {
  const names = Object.keys(STEPS);
  const seen = new Set<string>();
  for (let seed = 1; seed <= 16; seed++) {
    const { id } = await queueRun(t.store);
    const draw = walk(seed);
    for (let step = 0; step < 40; step++) {
      const before = await row(id);
      // Two steps of five go on as a run does, or no walk would come far.
      const name = (draw(5) < 2 && ON[before.status]) || names[draw(names.length)]!;
      await STEPS[name]!(id);
      const after = await row(id);
      const told = `walk ${seed}, step ${step}: ${name}, ${before.status} -> ${after.status}`;
      if (before.status !== after.status) expect(canMove(before.status, after.status), told).toBe(true);
      expect(after.attempt, told).toBeGreaterThanOrEqual(before.attempt);
      expect(after.retries, told).toBeLessThanOrEqual(MAX_INFRASTRUCTURE_RETRIES);
      if (isTerminal(after.status) || after.status === 'queued') expect(after.lease_holder, told).toBeNull();
      if (name.startsWith('deleted')) expect(after.retries, told).toBe(before.retries);
      if (name.includes('stranger')) expect(after, told).toEqual(before);
      seen.add(`${before.status} ${after.status}`);
    }
    await t.sql(
      `UPDATE runs SET status = 'cancelled', ended_at = now(), failure = NULL, lease_holder = NULL,
      lease_expires_at = NULL WHERE id = $1 AND status <> 'scored'`,
      [id],
    );
  }
  const moves = RUN_STATUSES.flatMap((from) => RUN_STATUSES.filter((to) => canMove(from, to)).map((to) => [from, to]));
  const missed = moves.filter(([from, to]) => !seen.has(`${from} ${to}`)).map((move) => move.join(' -> '));
  // There is no way into scoring around the extraction.
  expect(missed).toEqual(['queued -> scoring']);
});

test('activations that are deleted again and again cost a run no retry, and never fail it', async () => {
  const { store } = t;
  const { id } = await queueRun(store);
  for (let k = 0; k < 3 * MAX_INFRASTRUCTURE_RETRIES; k++) {
    await toScoring(store, id, 'w');
    expect(await store.runs.extractAgain(id, 'w', GONE)).toEqual({
      outcome: 'requeued',
      due: { runId: id, stage: 'extract', attempt: k + 2 },
    });
    expect(await row(id)).toMatchObject({ status: 'queued', retries: 0, extraction_key: null });
  }
  const told = (await store.events.list(id)).filter((event) => event.message === GONE.reason);
  expect(told).toHaveLength(3 * MAX_INFRASTRUCTURE_RETRIES);
  expect(told[0]).toMatchObject({ type: 'status', status: 'queued' });
});

test('activations that are damaged again and again end as a failure of the host', async () => {
  const { store } = t;
  const { id } = await queueRun(store);
  for (let k = 0; k <= MAX_INFRASTRUCTURE_RETRIES; k++) {
    await toScoring(store, id, 'w');
    const { outcome } = await store.runs.extractAgain(id, 'w', { damaged: true, reason: 'IT.npy is damaged.' });
    expect(outcome).toBe(k < MAX_INFRASTRUCTURE_RETRIES ? 'requeued' : 'failed');
  }
  expect(await store.runs.view(id)).toMatchObject({
    status: 'failed',
    failure: { kind: 'infrastructure', detail: 'IT.npy is damaged.', remedy: expect.stringContaining('disk') },
  });
});

test('a damaged stored file fails its run at once: no attempt is burned, and the same upload queues it again', async () => {
  const { store } = t;
  const { id } = await queueRun(store);
  const other = await queueRun(store, { name: 'other', digest: 'c'.repeat(64), files: [] });
  for (const one of [id, other.id]) {
    await store.runs.claim(one, 'extracting', 'w', LEASE_SECONDS);
    expect(await store.runs.fail(one, 'w', DAMAGED)).toEqual({ outcome: 'failed' });
    expect(await store.runs.view(one)).toMatchObject({ status: 'failed', attempt: 1, failure: DAMAGED });
  }
  expect(await store.runs.retryRepaired(['e'.repeat(64)]), 'other bytes').toEqual([]);
  expect(await store.runs.retryRepaired(['e'.repeat(64), 'f'.repeat(64)])).toEqual([
    { runId: id, stage: 'extract', attempt: 2 },
  ]);
  expect(await store.runs.view(id)).toMatchObject({ status: 'queued', failure: null, attempt: 2 });
  expect(await store.runs.view(other.id), 'its own files are still damaged').toMatchObject({ status: 'failed' });
  expect(await store.runs.retryRepaired(['f'.repeat(64)]), 'once').toEqual([]);
});
