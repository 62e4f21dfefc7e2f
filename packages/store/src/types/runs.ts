import type {
  FailureKind,
  QueueName,
  Receipt,
  Region,
  RunEvent,
  RunFailure,
  RunStatus,
  RunView,
  ScoreReport,
} from '@corescore/contracts';
import type { Page, PageRequest, StoredModelVersion } from './catalogue.js';

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

/** A job that is due: `queues.enqueue(stage, { runId, attempt, background })`. */
export interface DueJob {
  runId: string;
  stage: QueueName;
  attempt: number;
  /** Waits for all that are not; default: false. */
  background?: boolean;
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
   * `extractions.done` or `failed` names it; with `pauseSeconds` it is offered after that time and a lease's; without
   * either, the next sweep offers it (a worker that shuts down). `because` becomes the text of its event.
   */
  release(
    id: string,
    holder: string,
    options?: { waitingFor?: string; pauseSeconds?: number; because?: string },
  ): Promise<boolean>;
  /**
   * scoring -> scored, with scores, series, images and receipt in one transaction, exactly once: false when the run is
   * not (any more) ours, and nothing is written then.
   */
  finish(id: string, holder: string, result: { report: ScoreReport; receipt: Receipt }): Promise<boolean>;
  /**
   * Ends the run as failed. An `infrastructure` failure is retried instead until MAX_INFRASTRUCTURE_RETRIES: back to
   * queued (or scoring, where the activations are there) with attempt + 1; one of LASTING_FAILURES is not.
   * `holder` null: whoever holds it.
   */
  fail(id: string, holder: string | null, failure: RunFailure): Promise<FailOutcome>;
  /**
   * Its activations, or others that its scoring reads, are gone or damaged: back to queued, to make them anew. That they
   * were deleted is nobody's failure and costs no retry, however often it happens; damage counts as an infrastructure
   * failure, since a disk that damages files will not stop by itself. `reason` goes to the run's events.
   */
  extractAgain(id: string, holder: string, loss: { damaged: boolean; reason: string }): Promise<FailOutcome>;
  /** Cancelling twice changes nothing. @throws CorescoreError `not_found`, `state_conflict` for scored or failed. */
  cancel(id: string): Promise<RunView>;
  /** failed | cancelled -> queued, attempt + 1. @throws CorescoreError `not_found`, `state_conflict`. */
  retry(id: string): Promise<RunView>;
  /**
   * Queues the runs again that failed because a stored file with one of these digests was gone or damaged (as `retry`):
   * its bytes were uploaded again. Enqueue each.
   */
  retryRepaired(digests: readonly string[]): Promise<DueJob[]>;
  /**
   * What a lost queue, a dead worker or a shutdown left: runs whose lease ran out (attempt + 1, or failed as
   * `infrastructure` after MAX_INFRASTRUCTURE_RETRIES) and runs that have waited `leaseSeconds` since they were last
   * offered. Enqueue each; a job that is there already is not added twice. Safe to call from several processes. Where
   * the database was away within the last `leaseSeconds`, leases that ran out are left alone.
   */
  sweep(options: { leaseSeconds: number; now?: Date }): Promise<DueJob[]>;
  /** Runs by status, for metrics. */
  counts(): Promise<Record<RunStatus, number>>;
  /** Ended runs by failure kind, for metrics. */
  failureCounts(): Promise<Record<FailureKind, number>>;
}

/** A scored run of an older scoring version, which nothing supersedes. */
export interface OutdatedRun {
  id: string;
  benchmark: string;
  model: { owner: string; name: string; kind: string; manifest: unknown };
  /** What its scores were computed from; null for runs without activations, or where they were given up. */
  extraction: ExtractionRow | null;
}

/** Runs of an older scoring version (`SCORING_VERSION`), scored again by new runs that supersede them. */
export interface Rescores {
  /**
   * Looks anew at those that were left: what was missing may be there again.
   * @returns the time, for `outdated`
   */
  reconsider(): Promise<Date>;
  /**
   * Outdated runs that are neither being scored again nor left, newest first; so many that no more than `atOnce` are scored
   * again at a time. One whose scoring again failed for want of infrastructure comes again where that was before `since`.
   */
  outdated(options: { atOnce: number; since: Date }): Promise<OutdatedRun[]>;
  /** Whether an outdated run is due, or being scored again: neither left nor given up. */
  pending(id: string, since: Date): Promise<boolean>;
  /** Makes the run that supersedes `id`, from its activations; null where there is one. Enqueue what it answers. */
  begin(id: string): Promise<DueJob | null>;
  /** Leaves an outdated run as it is. `reason` completes "scored by version 1; ...". */
  leave(id: string, reason: string): Promise<void>;
}

export interface Events {
  /**
   * A log line of a run. Status and progress events are written by `runs`; all events of a run are stored in the order
   * of the calls, also of calls that nobody waits for.
   */
  log(runId: string, message: string): Promise<void>;
  /** Events with an id above `afterId`, in order; at most `limit` (500). */
  list(runId: string, options?: { afterId?: number; limit?: number }): Promise<RunEvent[]>;
  /**
   * Calls back after each new event of the run, until the returned function is called. A call says "look", not what
   * happened; after a lost connection to Postgres every subscriber is called once.
   */
  subscribe(runId: string, onEvent: () => void): Promise<() => Promise<void>>;
}

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
