import { setTimeout as sleep } from 'node:timers/promises';
import { createPostgresBackend, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { QueueJob } from '../types.js';

/** What is used of BullMQ's `Queue`. */
export interface JobQueue {
  add(name: string, data: QueueJob, options: object): Promise<unknown>;
  getJobCounts(...types: ('waiting' | 'prioritized' | 'active')[]): Promise<Record<string, number>>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(): Promise<void>;
}

/** What is used of BullMQ's `Worker`. */
export interface JobWorker {
  waitUntilReady(): Promise<unknown>;
  isRunning(): boolean;
  onError(listener: (error: Error) => void): void;
  close(): Promise<void>;
}

type Handler = (job: QueueJob) => Promise<void>;

/** Makes BullMQ's queues and workers on one of its two backends; the code that uses them does not know which. */
export interface QueueConnection {
  queue(name: string): JobQueue;
  worker(name: string, handler: Handler, concurrency: number): JobWorker;
  /** After the queues and workers. */
  close(): Promise<void>;
}

/** A producer issues one statement at a time, a worker a few: small pools, on top of the store's own. */
const POOL = 2;

/** BullMQ asks again at once after an error that is not a refused connection, and waits 15 s after one that is. */
const RETRY_MS = 500;
/** Its longest wait for a notification, after an error an hour: one that was lost must not cost so much. */
const LONGEST_WAIT_SECONDS = 10;

/** The backend of a worker, made fit for a database that goes away and comes back. */
const steadyBackend: typeof createPostgresBackend = (...args) => {
  const backend = createPostgresBackend(...args);
  const moveToActive = backend.moveToActive.bind(backend);
  backend.moveToActive = async (...job) => {
    try {
      return await moveToActive(...job);
    } catch (error) {
      await sleep(RETRY_MS);
      throw error;
    }
  };
  const waitForJob = backend.waitForJob.bind(backend);
  backend.waitForJob = (seconds) => waitForJob(Math.min(seconds, LONGEST_WAIT_SECONDS));
  return backend;
};

/** Queues in Postgres, in a schema of their own beside the service's tables. */
export function postgresConnection(databaseUrl: string, schema: string): QueueConnection {
  const connection = { connectionString: databaseUrl, schema, max: POOL, connectionTimeoutMillis: 10_000 };
  return {
    queue: (name) => new Queue(name, { connection }, createPostgresBackend),
    worker: (name, handler, concurrency) =>
      jobWorker(
        new Worker(
          name,
          (job: { data: QueueJob }) => handler(job.data),
          { connection, concurrency, runRetryDelay: RETRY_MS },
          steadyBackend,
        ),
      ),
    close: async () => undefined,
  };
}

/**
 * Queues in Redis. A worker's connection waits for Redis as long as it takes; a producer's gives up after one retry,
 * so that a request is answered (the sweeper enqueues what was missed).
 */
export function redisConnection(redisUrl: string, prefix: string, onError: (error: Error) => void): QueueConnection {
  const opened = new Map<'producer' | 'worker', Redis>();
  const shared = (role: 'producer' | 'worker'): Redis => {
    let redis = opened.get(role);
    if (redis === undefined) {
      redis = new Redis(redisUrl, { maxRetriesPerRequest: role === 'worker' ? null : 1, lazyConnect: true });
      redis.on('error', onError);
      opened.set(role, redis);
    }
    return redis;
  };
  return {
    queue: (name) => new Queue(name, { connection: shared('producer'), prefix }),
    worker: (name, handler, concurrency) =>
      jobWorker(
        new Worker(name, (job: { data: QueueJob }) => handler(job.data), {
          connection: shared('worker'),
          prefix,
          concurrency,
        }),
      ),
    async close() {
      for (const redis of opened.values()) redis.disconnect();
      opened.clear();
    },
  };
}

type BullWorker = Omit<JobWorker, 'onError'> & {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'failed', listener: (job: unknown, error: Error) => void): unknown;
};

/** A worker's own errors and those that its handler threw, in one place. */
const jobWorker = (worker: BullWorker): JobWorker => ({
  waitUntilReady: () => worker.waitUntilReady(),
  isRunning: () => worker.isRunning(),
  onError(listener) {
    worker.on('error', listener);
    worker.on('failed', (_job, error) => listener(error));
  },
  close: () => worker.close(),
});
