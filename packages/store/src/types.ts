import type { AuditOptions, AuditReport } from './types/audit.js';
import type { Benchmarks, Models, Results, Submissions, Tokens } from './types/catalogue.js';
import type { Blobs, Queues } from './types/infrastructure.js';
import type { Limits, OpenUploads, Streams } from './types/limits.js';
import type { Events, Extractions, Rescores, Runs } from './types/runs.js';

export * from './types/audit.js';
export * from './types/catalogue.js';
export * from './types/infrastructure.js';
export * from './types/limits.js';
export * from './types/runs.js';

/**
 * What the rest of corescore sees of its database, queue and disk. One interface a repository.
 * A method named `view` answers with a wire shape of the contracts, or null where there is no such row.
 */
export interface Store {
  /** Applies what is missing of `migrations/` and of the queue's own. Safe to call from several processes at once. */
  migrate(): Promise<void>;
  /** Closes queues, workers, the listener and the pool, in this order. */
  close(): Promise<void>;
  /** @throws CorescoreError `unavailable` when Postgres does not answer. */
  ping(): Promise<void>;
  /**
   * Holds every stored and every derived file against the database, and changes nothing. Works beside a service.
   * @throws CorescoreError `configuration` where the database is not one of corescore's
   */
  audit(options?: AuditOptions): Promise<AuditReport>;
  readonly tokens: Tokens;
  readonly models: Models;
  readonly submissions: Submissions;
  readonly runs: Runs;
  readonly rescores: Rescores;
  readonly events: Events;
  readonly extractions: Extractions;
  readonly benchmarks: Benchmarks;
  readonly results: Results;
  readonly limits: Limits;
  readonly streams: Streams;
  readonly uploads: OpenUploads;
  readonly blobs: Blobs;
  readonly queues: Queues;
}

export interface StoreOptions {
  databaseUrl: string;
  /** Queues go to Redis where this is set, and stay on Postgres otherwise. */
  redisUrl?: string;
  /** Folder of the blobs. */
  home: string;
  /** Postgres schema; the queue's tables stand in `<schema>_queue`. Default `corescore`. */
  schema?: string;
  /** Clock of leases and time stamps. Default: the database's, so that hosts with other clocks agree. */
  now?: () => Date;
  /** Connections of the pool, at most. Default 6. */
  poolSize?: number;
  /** Told of errors in the background (a lost listener, a job whose handler threw). Default: silent. */
  onError?: (error: Error) => void;
}
