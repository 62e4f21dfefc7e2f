import { afterAll, beforeAll, expect, test } from 'vitest';
import type { QueueJob } from '../src/types.js';
import { openTestStore, type TestStore } from './support/store.js';

let t: TestStore;
const errors: Error[] = [];
beforeAll(async () => {
  t = await openTestStore({ onError: (error) => errors.push(error) });
});
afterAll(() => t.close());

/** A handler that records, and can be held. */
function recorder() {
  const jobs: QueueJob[] = [];
  const waiters: (() => void)[] = [];
  let gate: Promise<void> | undefined;
  return {
    jobs,
    handler: async (job: QueueJob) => {
      jobs.push(job);
      for (const wake of waiters.splice(0)) wake();
      await gate;
    },
    hold(): () => void {
      let open!: () => void;
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return () => {
        gate = undefined;
        open();
      };
    },
    async has(n: number): Promise<void> {
      while (jobs.length < n) await new Promise<void>((resolve) => waiters.push(resolve));
    },
  };
}
/** Until a job has been taken out of the queue for good, which is shortly after its handler has ended. */
async function empty(): Promise<void> {
  for (;;) {
    const { extract, score } = await t.store.queues.counts();
    if (extract.active + extract.waiting + score.active + score.waiting === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('jobs arrive with ids only, from another process too, each queue at its own worker', async () => {
  const [extract, score] = [recorder(), recorder()];
  const other = await t.second();
  const workers = [
    await t.store.queues.worker('extract', { concurrency: 1, handler: extract.handler }),
    await t.store.queues.worker('score', { concurrency: 2, handler: score.handler }),
  ];
  await other.queues.enqueue('extract', { runId: 'r1', attempt: 1 });
  await t.store.queues.enqueue('score', { runId: 'r2', attempt: 3 });
  await Promise.all([extract.has(1), score.has(1)]);
  expect(extract.jobs).toEqual([{ runId: 'r1', attempt: 1 }]);
  expect(score.jobs).toEqual([{ runId: 'r2', attempt: 3 }]);
  await empty();
  await Promise.all(workers.map((w) => w.close()));
});

test('a job that waits or runs is not added twice; one that has ended may come again', async () => {
  const { queues } = t.store;
  const job = { runId: 'again', attempt: 1 };
  const recorded = recorder();
  await queues.enqueue('extract', job);
  await queues.enqueue('extract', job);
  expect((await queues.counts()).extract).toEqual({ waiting: 1, active: 0 });
  const open = recorded.hold();
  const worker = await queues.worker('extract', { concurrency: 4, handler: recorded.handler });
  await recorded.has(1);
  await queues.enqueue('extract', job);
  expect((await queues.counts()).extract).toEqual({ waiting: 0, active: 1 });
  open();
  await empty();
  expect(recorded.jobs).toHaveLength(1);
  await queues.enqueue('extract', job);
  await recorded.has(2);
  await queues.enqueue('extract', { ...job, attempt: 2 });
  await recorded.has(3);
  await empty();
  await worker.close();
});

test('a handler that throws is told of, its job is not repeated, and the worker goes on', async () => {
  const { queues } = t.store;
  const recorded = recorder();
  errors.length = 0;
  const worker = await queues.worker('score', {
    concurrency: 1,
    handler: async (job) => {
      await recorded.handler(job);
      if (job.runId === 'bad') throw new Error('a bug in the handler');
    },
  });
  await queues.enqueue('score', { runId: 'bad', attempt: 1 });
  await queues.enqueue('score', { runId: 'good', attempt: 1 });
  await recorded.has(2);
  await empty();
  expect(recorded.jobs.map((j) => j.runId)).toEqual(['bad', 'good']);
  expect(errors.map((e) => e.message)).toEqual(['a bug in the handler']);
  await worker.close();
});

test('closing a worker waits for the handler that runs, and leaves the rest in the queue', async () => {
  const { queues } = t.store;
  const recorded = recorder();
  const open = recorded.hold();
  const worker = await queues.worker('extract', { concurrency: 1, handler: recorded.handler });
  await queues.enqueue('extract', { runId: 'first', attempt: 1 });
  await recorded.has(1);
  await queues.enqueue('extract', { runId: 'second', attempt: 1 });
  let closed = false;
  const closing = worker.close().then(() => {
    closed = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(closed).toBe(false);
  open();
  await closing;
  expect(recorded.jobs).toEqual([{ runId: 'first', attempt: 1 }]);
  expect((await queues.counts()).extract).toEqual({ waiting: 1, active: 0 });
  const next = await queues.worker('extract', { concurrency: 1, handler: recorded.handler });
  await recorded.has(2);
  await empty();
  await next.close();
});

const idle = async () => (await t.store.queues.health()).filter((h) => h.workers === 0).map((h) => h.queue);

test('health: a queue is consumed while a worker says so, and not by one that fell silent', async () => {
  const { queues } = t.store;
  expect(await idle()).toEqual(['extract', 'score']);
  const worker = await queues.worker('extract', { concurrency: 1, handler: recorder().handler });
  expect(await idle()).toEqual(['score']);
  const second = await queues.worker('score', { concurrency: 1, handler: recorder().handler });
  expect(await idle()).toEqual([]);
  await t.sql(`UPDATE queue_workers SET seen_at = seen_at - interval '31 seconds' WHERE queue = 'extract'`);
  expect((await queues.health()).map((h) => [h.queue, h.workers])).toEqual([
    ['extract', 0],
    ['score', 1],
  ]);
  await worker.close();
  await second.close();
  expect(await t.sql('SELECT FROM queue_workers')).toEqual([]);
});
