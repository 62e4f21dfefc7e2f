import type { CorescoreError, ModelFiles, QueueName } from '@corescore/contracts';

/** A file of a model version: its name there, and the bytes that were uploaded. */
export interface StoredFile {
  path: string;
  digest: string;
  bytes: number;
}

/** Private copies of stored files, each with the bytes that were uploaded. */
export interface Checkout {
  /** Their paths by their names. */
  files: ModelFiles;
  /** Removes the copies. */
  release(): Promise<void>;
}

/** Files by the SHA-256 of their bytes, below `home/blobs`: what people sent, which nothing can compute again. */
export interface Blobs {
  /**
   * Takes over a finished file that has this digest. It is on disk, with its name, when this returns. Where there is a
   * blob, the file takes its place: whoever hashed the file knows it to be right, and nobody knows that of the blob.
   */
  adopt(path: string, digest: string): Promise<void>;
  path(digest: string): string;
  /**
   * Copies the files of a version for one run and verifies each while it is copied: what the run reads are the bytes
   * that were verified, whatever happens to the blobs meanwhile.
   * @param of the version's model, for the message
   * @throws CorescoreError `stored_file_damaged`, with the file and what to do
   * @throws the reason of `signal` when it is aborted
   */
  checkOut(files: readonly StoredFile[], options: { of: string; signal?: AbortSignal }): Promise<Checkout>;
  /** Removes the copies of processes that were killed: those made more than `olderThanMs` ago. */
  sweepCheckouts(olderThanMs: number, now?: Date): Promise<void>;
  /**
   * Where activations that were computed belong: `home/activations/<ab>/<key>/<names>`; their folder is made. They may
   * be deleted at any time: whoever reads them must be ready to make them anew.
   */
  derivedPath(key: string, ...names: string[]): Promise<string>;
}

export interface QueueJob {
  runId: string;
  attempt: number;
}

export interface EnqueuedJob extends QueueJob {
  /** Is taken once nothing else waits; default: false. */
  background?: boolean;
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
  /** Workers that take jobs, have said so within the last 30 s, and whose process lives. */
  workers: number;
  waiting: number;
  active: number;
}

/** Delivery only (DESIGN, decision 2): a job carries ids; losing all of them costs a sweep. */
export interface Queues {
  /** One job a run, stage and attempt: adding it again while it waits or runs does nothing. */
  enqueue(queue: QueueName, job: EnqueuedJob): Promise<void>;
  worker(queue: QueueName, options: QueueWorkerOptions): Promise<QueueWorker>;
  counts(): Promise<Record<QueueName, QueueCounts>>;
  /** For `/readyz` and `/v1/queues`. */
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
