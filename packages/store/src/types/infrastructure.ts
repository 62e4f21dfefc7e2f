import type { Readable } from 'node:stream';
import type { CorescoreError, QueueName } from '@corescore/contracts';

export type DerivedKind = 'activations' | 'pixels';

/** Files by the SHA-256 of their bytes, below `home/blobs`. A file is there whole or not at all. */
export interface Blobs {
  /**
   * Streams to disk while hashing. @throws CorescoreError `upload_too_large` over `maxBytes`, `upload_incomplete` when
   * the source breaks off; nothing is left behind then.
   */
  putStream(source: Readable, options: { maxBytes: number }): Promise<{ digest: string; bytes: number }>;
  /** Takes over a finished file of this digest by renaming it; where the blob is there already, the file is removed. */
  adopt(path: string, digest: string): Promise<void>;
  path(digest: string): string;
  has(digest: string): Promise<boolean>;
  /** @throws CorescoreError `not_found` */
  open(digest: string): Promise<Readable>;
  /** Where a file that was computed from others belongs: `home/<kind>/<ab>/<key>/<name>`; its folder is made. */
  derivedPath(kind: DerivedKind, key: string, name: string): Promise<string>;
}

export interface QueueJob {
  runId: string;
  attempt: number;
}

export interface QueueCounts {
  waiting: number;
  active: number;
}

export interface QueueWorkerOptions {
  concurrency: number;
  /** Must not throw for a run's failure (the row tells it): what it throws goes to `onError`. */
  handler: (job: QueueJob) => Promise<void>;
}

export interface QueueWorker {
  /** Takes no more jobs and waits for the handlers that run. */
  close(): Promise<void>;
}

export interface QueueHealth {
  queue: QueueName;
  /** Workers that take jobs and have said so within the last 30 s. */
  workers: number;
  waiting: number;
  active: number;
}

/** Delivery only (DESIGN, decision 2): a job carries ids; losing all of them costs a sweep. */
export interface Queues {
  /** One job a run, stage and attempt: adding it again while it waits or runs does nothing. */
  enqueue(queue: QueueName, job: QueueJob): Promise<void>;
  worker(queue: QueueName, options: QueueWorkerOptions): Promise<QueueWorker>;
  counts(): Promise<Record<QueueName, QueueCounts>>;
  /** For `/readyz`: see `consumed`. */
  health(): Promise<QueueHealth[]>;
}

export interface EmbeddedPostgresOptions {
  /** Data in `home/postgres`, password in `home/postgres.password`. */
  home: string;
  /** Told what is going on, a line each. Default: silent. */
  log?: (line: string) => void;
  /** The server's own lines. Default: dropped. */
  onLine?: (line: string) => void;
  /** For the operator: the server is gone, it is back. Default: silent. */
  onNotice?: (text: string) => void;
  /** The server does not start any more and stays down. */
  onGiveUp?: (error: CorescoreError) => void;
}

export interface EmbeddedPostgres {
  /** Stays the same when the server is started again. */
  databaseUrl: string;
  /** Resolves once the server runs: at once, where it does. */
  whenUp(): Promise<void>;
  /** Fast shutdown; what is stored stays. Safe to call twice. */
  stop(): Promise<void>;
}
