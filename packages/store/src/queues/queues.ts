import { QUEUES, type QueueName } from '@corescore/contracts';
import { v7 } from 'uuid';
import { type Database, databaseError } from '../postgres/database.js';
import { NOW } from '../repositories/rows.js';
import type { EnqueuedJob, QueueCounts, QueueHealth, QueueJob, Queues, QueueWorker } from '../types.js';
import type { JobQueue, QueueConnection } from './connection.js';
import { WORKER_BELIEVED_SECONDS, WORKER_SAYS_EVERY_MS } from './health.js';
import { IS_PRESENT, type Presence } from './presence.js';

const BACKGROUND_PRIORITY = 10;

/** One row says that a worker takes jobs, the same in front of Postgres and of Redis; `Presence` says that it lives. */
async function sayAlive(database: Database, id: string, queue: QueueName): Promise<void> {
  await database.query(
    `INSERT INTO queue_workers (id, queue, seen_at) VALUES ($2, $3, ${NOW})
     ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`,
    [database.clock(), id, queue],
  );
}

/** BullMQ, wrapped. Queues are opened when they are first used, which is after the migrations. */
export class BullQueues implements Queues {
  readonly #queues = new Map<QueueName, JobQueue>();
  readonly #workers = new Set<QueueWorker>();

  constructor(
    private readonly database: Database,
    private readonly connection: QueueConnection,
    private readonly presence: Presence,
    private readonly onError: (error: Error) => void,
  ) {}

  #queue(name: QueueName): JobQueue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = this.connection.queue(name);
      queue.on('error', this.onError);
      this.#queues.set(name, queue);
    }
    return queue;
  }

  /** A queue that failed to open stays so for ever (BullMQ keeps the answer): the next call opens another. */
  async #use<T>(name: QueueName, call: (queue: JobQueue) => Promise<T>): Promise<T> {
    const queue = this.#queue(name);
    try {
      return await call(queue);
    } catch (error) {
      if (this.#queues.get(name) === queue) {
        this.#queues.delete(name);
        queue.close().catch(this.onError);
      }
      throw databaseError(error);
    }
  }

  async enqueue(name: QueueName, { runId, attempt, background = false }: EnqueuedJob): Promise<void> {
    await this.#use(name, (queue) =>
      queue.add(
        'run',
        { runId, attempt },
        // The row decides about retries (DESIGN, decision 2); a job that has ended leaves nothing: its id is free.
        {
          jobId: `${runId}-${name}-${attempt}`,
          attempts: 1,
          removeOnComplete: true,
          removeOnFail: true,
          // Jobs without a priority come first.
          ...(background ? { priority: BACKGROUND_PRIORITY } : {}),
        },
      ),
    );
  }

  async worker(
    name: QueueName,
    { concurrency, handler }: { concurrency: number; handler: (job: QueueJob) => Promise<void> },
  ): Promise<QueueWorker> {
    const id = v7();
    const worker = this.connection.worker(name, handler, concurrency);
    worker.onError(this.onError);
    await worker.waitUntilReady();
    await this.database.query(`DELETE FROM queue_workers WHERE seen_at < ${NOW} - interval '1 day'`, [
      this.database.clock(),
    ]);
    await this.presence.announce(id);
    await sayAlive(this.database, id, name);
    const timer = setInterval(() => {
      if (worker.isRunning()) sayAlive(this.database, id, name).catch(this.onError);
    }, WORKER_SAYS_EVERY_MS);
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      clearInterval(timer);
      await worker.close();
      await this.database.query('DELETE FROM queue_workers WHERE id = $1', [id]).catch(this.onError);
      await this.presence.withdraw(id).catch(this.onError);
      this.#workers.delete(handle);
    };
    const handle: QueueWorker = {
      close: () => {
        closing ??= close();
        return closing;
      },
    };
    this.#workers.add(handle);
    return handle;
  }

  async counts(): Promise<Record<QueueName, QueueCounts>> {
    const counts = {} as Record<QueueName, QueueCounts>;
    for (const name of QUEUES) {
      const {
        waiting = 0,
        prioritized = 0,
        active = 0,
      } = await this.#use(name, (queue) => queue.getJobCounts('waiting', 'prioritized', 'active'));
      counts[name] = { waiting: waiting + prioritized, active };
    }
    return counts;
  }

  async health(): Promise<QueueHealth[]> {
    const rows = await this.database.query<{ queue: string; workers: number }>(
      `SELECT w.queue, count(*)::int AS workers FROM queue_workers w
       WHERE w.seen_at > ${NOW} - make_interval(secs => $2) AND ${IS_PRESENT} GROUP BY w.queue`,
      [this.database.clock(), WORKER_BELIEVED_SECONDS],
    );
    const counts = await this.counts();
    return QUEUES.map((queue) => ({
      queue,
      workers: rows.find((row) => row.queue === queue)?.workers ?? 0,
      ...counts[queue],
    }));
  }

  /** Workers first: no job is taken from a queue that is going away. */
  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.close()));
    for (const queue of this.#queues.values()) await queue.close();
    this.#queues.clear();
    await this.presence.close();
    await this.connection.close();
  }
}
