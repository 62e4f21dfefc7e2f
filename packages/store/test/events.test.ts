import { afterAll, beforeAll, expect, test } from 'vitest';
import { LEASE_SECONDS, openTestStore, queueRun, type TestStore } from './support/store.js';

let t: TestStore;
const lost = counter();
beforeAll(async () => {
  t = await openTestStore({ onError: lost.call });
});
afterAll(() => t.close());

/** Resolves at the next call; counts them. */
function counter() {
  let calls = 0;
  let wake: (() => void) | undefined;
  return {
    call: () => {
      calls++;
      wake?.();
    },
    calls: () => calls,
    async reaches(n: number): Promise<void> {
      while (calls < n) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

test('subscribers hear of events that any process writes, each of its own run', async () => {
  const [a, b] = [await queueRun(t.store), await queueRun(t.store)];
  const worker = await t.second();
  const [ofA, alsoOfA, ofB] = [counter(), counter(), counter()];
  const unsubscribe = await t.store.events.subscribe(a.id, ofA.call);
  await t.store.events.subscribe(a.id, alsoOfA.call);
  await t.store.events.subscribe(b.id, ofB.call);
  await worker.runs.claim(a.id, 'extracting', 'w', LEASE_SECONDS);
  await Promise.all([ofA.reaches(1), alsoOfA.reaches(1)]);
  await unsubscribe();
  await worker.runs.progress(a.id, 'w', { done: 1, total: 2, unit: 'images' });
  await alsoOfA.reaches(2);
  await worker.events.log(b.id, 'a line');
  await ofB.reaches(1);
  expect([ofA.calls(), alsoOfA.calls(), ofB.calls()]).toEqual([1, 2, 1]);
  expect((await t.store.events.list(b.id)).at(-1)).toMatchObject({ type: 'log', status: 'queued', message: 'a line' });
});

test('a lost connection comes back by itself, and everybody is called once to look', async () => {
  const run = await queueRun(t.store);
  const heard = counter();
  await t.store.events.subscribe(run.id, heard.call);
  await t.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'corescore listener' AND datname = current_database()`);
  await lost.reaches(1);
  const before = heard.calls();
  await heard.reaches(before + 1);
  await t.store.runs.cancel(run.id);
  await heard.reaches(before + 2);
});

test('event ids grow in the order in which a reader sees them, whoever writes', async () => {
  const run = await queueRun(t.store);
  const other = await t.second();
  await t.store.runs.claim(run.id, 'extracting', 'w', LEASE_SECONDS);
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      i % 2 === 0
        ? t.store.events.log(run.id, `line ${i}`)
        : other.runs.progress(run.id, 'w', { done: i, total: 20, unit: 'images' }),
    ),
  );
  const events = await t.store.events.list(run.id);
  expect(events).toHaveLength(22);
  const at = events.map((e) => Date.parse(e.at));
  expect(at).toEqual(at.toSorted((a, b) => a - b));
});

test('lines, progress and states that nobody waits for are stored in the order of the calls', async () => {
  const run = await queueRun(t.store);
  const worker = await t.second();
  await worker.runs.claim(run.id, 'extracting', 'w', LEASE_SECONDS);
  const writes: Promise<unknown>[] = [];
  const expected: string[] = [];
  for (let k = 0; k < 40; k++) {
    writes.push(worker.events.log(run.id, `line ${k}`));
    writes.push(worker.runs.progress(run.id, 'w', { done: k, total: 40, unit: 'images' }));
    expected.push(`line ${k}`, String(k));
  }
  const extracted = { extractionKey: null, engine: 'e', provider: 'p' };
  writes.push(worker.runs.toScoring(run.id, 'w', extracted), worker.events.log(run.id, 'after'));
  await Promise.all(writes);
  const events = (await t.store.events.list(run.id)).slice(2);
  expect(events.map((e) => e.message ?? String(e.done ?? e.status))).toEqual([...expected, 'scoring', 'after']);
  expect(events.map((e) => e.at)).toEqual(events.map((e) => e.at).sort());
});

test('a line that could not be stored keeps back no later one, and is told', async () => {
  const run = await queueRun(t.store);
  const failed = t.store.events.log(run.id, null as unknown as string);
  const stored = t.store.events.log(run.id, 'the next');
  await expect(failed).rejects.toThrow();
  await stored;
  expect((await t.store.events.list(run.id)).map((e) => e.message)).toContain('the next');
});
