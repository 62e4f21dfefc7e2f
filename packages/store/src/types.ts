import type { Readable } from 'node:stream';
import type {
  BenchmarkDefinition,
  BenchmarkView,
  FailureKind,
  ImageResults,
  LeaderboardRow,
  ModelSummary,
  ModelVersionView,
  ModelView,
  QueueName,
  Receipt,
  Region,
  RunEvent,
  RunFailure,
  RunStatus,
  RunView,
  Scope,
  ScoreReport,
  Series,
  SubmissionView,
  TokenView,
} from '@corescore/contracts';

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
  readonly tokens: Tokens;
  readonly models: Models;
  readonly submissions: Submissions;
  readonly runs: Runs;
  readonly events: Events;
  readonly extractions: Extractions;
  readonly benchmarks: Benchmarks;
  readonly results: Results;
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

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}
export interface PageRequest {
  limit: number;
  cursor?: string;
}

// ---------------------------------------------------------------------------------------------------------- tokens

export interface Identified {
  id: string;
  owner: string;
  scopes: Scope[];
}

export interface Tokens {
  /** `secret` is shown here and never again: only its SHA-256 is kept. */
  create(token: {
    name: string;
    owner: string;
    scopes: readonly Scope[];
  }): Promise<{ token: TokenView; secret: string }>;
  /** null for an unknown or revoked secret. Marks the token as used, at most once a minute. */
  verify(secret: string): Promise<Identified | null>;
  /** Newest first. */
  list(): Promise<TokenView[]>;
  /** null where there is no such token; revoking twice changes nothing. */
  revoke(id: string): Promise<TokenView | null>;
  /**
   * Makes sure that the file at `path` holds the secret of a valid token: creates an admin token of owner `local` and
   * writes it (mode 0600) where the file is absent or its token is not valid here.
   */
  ensureLocalToken(path: string): Promise<{ created: boolean }>;
}

// ---------------------------------------------------------------------------------------------------------- models

/** A model version with what only the service needs. */
export interface StoredModelVersion extends ModelVersionView {
  id: string;
  /** Digest over graph and weights; null for supplied activations. */
  semanticDigest: string | null;
  /** For supplied activations: the set they are for. */
  stimulusSetDigest: string | null;
}

export interface NewModelVersion {
  owner: string;
  name: string;
  digest: string;
  /** Any manifest; its `kind` and `description` are columns. */
  manifest: { kind: string; description?: string };
  files: readonly { path: string; digest: string; bytes: number }[];
  temporal: boolean;
  parameters: number | null;
  semanticDigest: string | null;
  stimulusSetDigest?: string | null;
  /** Id of the token it was uploaded with. */
  tokenId?: string | null;
}

export interface Models {
  /** Idempotent: the same digest under the same owner and name is the version that is there. */
  createVersion(version: NewModelVersion): Promise<{ version: ModelVersionView; created: boolean }>;
  /**
   * The version with this digest. Two owners may have uploaded the same files: `preferOwner`'s is taken where there is
   * one, and the oldest otherwise.
   */
  version(digest: string, preferOwner?: string): Promise<StoredModelVersion | null>;
  /** A model, its versions and its newest runs (at most 200), newest first. */
  view(owner: string, name: string): Promise<ModelView | null>;
  /** By creation, newest first. */
  list(page: PageRequest): Promise<Page<ModelSummary>>;
}

// ----------------------------------------------------------------------------------------------------- submissions

export interface NewSubmission {
  /** Owner of the token; the idempotency key is theirs. */
  owner: string;
  tokenId: string | null;
  idempotencyKey?: string | null;
  /** SHA-256 of the canonical body: the same key with another body is a conflict. */
  bodyDigest: string;
  modelVersion: string;
  /** `id@version`, or `id` for its newest active version. */
  benchmarks: readonly string[];
}

export interface Submissions {
  /**
   * One transaction: the submission and one queued run a benchmark. `created` is false where the key was seen before
   * with the same body; the runs need no job then.
   * @throws CorescoreError `idempotency_conflict`, `unknown_model`, `unknown_benchmark`
   */
  create(submission: NewSubmission): Promise<{ submission: SubmissionView; created: boolean }>;
  view(id: string): Promise<SubmissionView | null>;
}

// ------------------------------------------------------------------------------------------------------------ runs

/** What a worker needs to work on a run it has claimed. */
export interface ClaimedRun {
  id: string;
  attempt: number;
  /** When this attempt was queued; `extractions.claim` takes it. */
  queuedAt: string;
  /** `id@version`. */
  benchmark: string;
  benchmarkDigest: string;
  stimulusSetDigest: string;
  model: StoredModelVersion;
  /** What the extract stage left; null while extracting, and for runs without activations. */
  extraction: ExtractionRow | null;
}

/** A job that is due: `queues.enqueue(stage, { runId, attempt })`. */
export interface DueJob {
  runId: string;
  stage: QueueName;
  attempt: number;
}

/** `lost`: the run was not ours any more, nothing was written. `requeued`: an infrastructure failure; enqueue `due`. */
export type FailOutcome = { outcome: 'failed' } | { outcome: 'lost' } | { outcome: 'requeued'; due: DueJob };

/**
 * Every change is compare-and-set on status and lease holder, writes a run event and notifies. `holder` is any text
 * that no other job uses (host, process, a random part).
 */
export interface Runs {
  view(id: string): Promise<RunView | null>;
  /** Newest first. */
  list(page: PageRequest & { owner?: string; name?: string }): Promise<Page<RunView>>;
  /**
   * `extracting`: queued -> extracting. `scoring`: a scoring run nobody holds. null where somebody else was faster, or
   * the run has moved on: the job is stale and there is nothing to do.
   */
  claim(id: string, stage: 'extracting' | 'scoring', holder: string, leaseSeconds: number): Promise<ClaimedRun | null>;
  /** Extends the lease; false when the run is no longer ours (cancelled, or taken over): stop working. */
  heartbeat(id: string, holder: string, leaseSeconds: number): Promise<boolean>;
  /** Row and event; the caller throttles. False when the run is no longer ours. */
  progress(id: string, holder: string, progress: { done: number; total: number; unit: string }): Promise<boolean>;
  /** extracting -> scoring, lease handed back; enqueue a `score` job when it answers true. */
  toScoring(
    id: string,
    holder: string,
    result: { extractionKey: string | null; engine: string; provider: string },
  ): Promise<boolean>;
  /**
   * Hands the run back unharmed: extracting -> queued, scoring stays scoring without a holder. With `waitingFor` (an
   * activations key that another run computes) the sweeper leaves it alone while that extraction is alive, and
   * `extractions.done` or `failed` names it; without, the next sweep offers it (a worker that shuts down).
   */
  release(id: string, holder: string, options?: { waitingFor?: string }): Promise<boolean>;
  /**
   * scoring -> scored, with scores, series, images and receipt in one transaction, exactly once: false when the run is
   * not (any more) ours, and nothing is written then.
   */
  finish(id: string, holder: string, result: { report: ScoreReport; receipt: Receipt }): Promise<boolean>;
  /**
   * Ends the run as failed. An `infrastructure` failure is retried instead until MAX_INFRASTRUCTURE_RETRIES: back to
   * queued (or scoring, where the activations are there) with attempt + 1. `holder` null: whoever holds it.
   */
  fail(id: string, holder: string | null, failure: RunFailure): Promise<FailOutcome>;
  /** Cancelling twice changes nothing. @throws CorescoreError `not_found`, `state_conflict` for scored or failed. */
  cancel(id: string): Promise<RunView>;
  /** failed | cancelled -> queued, attempt + 1. @throws CorescoreError `not_found`, `state_conflict`. */
  retry(id: string): Promise<RunView>;
  /**
   * What a lost queue, a dead worker or a shutdown left: runs whose lease ran out (attempt + 1, or failed as
   * `infrastructure` after MAX_INFRASTRUCTURE_RETRIES) and runs that have waited `leaseSeconds` since they were last
   * offered. Enqueue each; a job that is there already is not added twice. Safe to call from several processes.
   */
  sweep(options: { leaseSeconds: number; now?: Date }): Promise<DueJob[]>;
  /** Runs by status, for metrics. */
  counts(): Promise<Record<RunStatus, number>>;
  /** Ended runs by failure kind, for metrics. */
  failureCounts(): Promise<Record<FailureKind, number>>;
}

// ---------------------------------------------------------------------------------------------------------- events

export interface Events {
  /** A log line of a run. Status and progress events are written by `runs`. */
  log(runId: string, message: string): Promise<void>;
  /** Events with an id above `afterId`, in order; at most `limit` (500). */
  list(runId: string, options?: { afterId?: number; limit?: number }): Promise<RunEvent[]>;
  /**
   * Calls back after each new event of the run, until the returned function is called. A call says "look", not what
   * happened; after a lost connection to Postgres every subscriber is called once.
   */
  subscribe(runId: string, onEvent: () => void): Promise<() => Promise<void>>;
}

// ----------------------------------------------------------------------------------------------------- extractions

export interface ExtractedRegion {
  path: string;
  steps: number;
  stimuli: number;
  features: number;
  /** Whether the activations change over the steps. */
  temporal: boolean;
}

/** Activations that are there. `stats` is free: batch size, wall time, peak memory. */
export interface ExtractionRow {
  key: string;
  engine: string;
  provider: string;
  regions: Partial<Record<Region | 'readout', ExtractedRegion>>;
  stats: Record<string, unknown>;
}

export type ExtractionClaim =
  /** Ours to compute. */
  | { state: 'claimed' }
  /** There already. */
  | { state: 'done'; extraction: ExtractionRow }
  /** Another run computes it: `runs.release(id, holder, { waitingFor: key })`. */
  | { state: 'running'; holder: string }
  /** Another run tried it since `since` and the model failed: the same would happen again. */
  | { state: 'failed'; failure: RunFailure };

/** Runs that need the same activations share one row: whoever claims it computes, the others wait. */
export interface Extractions {
  /**
   * Takes the key when it is new, failed before `since` (default: ever), or its holder's lease ran out.
   * @param since when the asking run was queued (`ClaimedRun.queuedAt`)
   */
  claim(key: string, holder: string, leaseSeconds: number, since?: string): Promise<ExtractionClaim>;
  heartbeat(key: string, holder: string, leaseSeconds: number): Promise<boolean>;
  /** null when it was no longer ours; else the runs that waited for it: enqueue them. */
  done(key: string, holder: string, result: Omit<ExtractionRow, 'key'>): Promise<DueJob[] | null>;
  /** As `done`. Infrastructure failures, and giving up (failure null), are not shared: the next claim computes. */
  failed(key: string, holder: string, failure: RunFailure | null): Promise<DueJob[] | null>;
  get(key: string): Promise<ExtractionRow | null>;
  /** Forgets a finished extraction whose files are gone. */
  discard(key: string): Promise<void>;
}

// ------------------------------------------------------------------------------------------------------ benchmarks

export interface StimulusSetRow {
  identifier: string;
  digest: string;
  /** Sorted by code unit. */
  ids: string[];
}

export interface Benchmarks {
  /**
   * Idempotent. `definition.digest` stands for what is measured; a text may be reworded under the same digest.
   * @throws CorescoreError `configuration` when another digest is registered under the same id and version
   */
  register(definition: BenchmarkDefinition, stimulusIds: readonly string[]): Promise<BenchmarkView>;
  /** `id@version`, or `id` for its newest active version. */
  resolve(ref: string): Promise<BenchmarkView | null>;
  /** Active ones, newest version first within an id. */
  list(): Promise<BenchmarkView[]>;
  /** By digest, or by identifier (the newest of that name). */
  stimulusSet(identifierOrDigest: string): Promise<StimulusSetRow | null>;
}

// --------------------------------------------------------------------------------------------------------- results

/** What scored runs found; null for a run that is not scored. */
export interface Results {
  report(runId: string): Promise<ScoreReport | null>;
  series(runId: string): Promise<Series[] | null>;
  images(runId: string): Promise<ImageResults | null>;
  receipt(runId: string): Promise<Receipt | null>;
  /** One row a model: its newest scored run, or else its newest. Ranked, reference rows among them without a rank. */
  leaderboard(benchmarkRef: string): Promise<LeaderboardRow[]>;
  /** The newest scored run of a model on a benchmark; null where there is none. */
  latestScored(benchmarkRef: string, owner: string, name: string): Promise<RunView | null>;
}

// ----------------------------------------------------------------------------------------------------------- blobs

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

// ---------------------------------------------------------------------------------------------------------- queues

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

// ------------------------------------------------------------------------------------------------ embedded Postgres

export interface EmbeddedPostgresOptions {
  /** Data in `home/postgres`, password in `home/postgres.password`. */
  home: string;
  /** Told what is going on, a line each. Default: silent. */
  log?: (line: string) => void;
}

export interface EmbeddedPostgres {
  databaseUrl: string;
  /** Fast shutdown; what is stored stays. Safe to call twice. */
  stop(): Promise<void>;
}
