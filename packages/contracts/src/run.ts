import Type, { type Static } from 'typebox';
import type { ProblemCode } from './problem.js';

export const RUN_STATUSES = ['queued', 'extracting', 'scoring', 'scored', 'failed', 'cancelled'] as const;
export const RunStatus = Type.Enum([...RUN_STATUSES]);
export type RunStatus = (typeof RUN_STATUSES)[number];

export const FAILURE_KINDS = [
  'model_error',
  'contract_violation',
  'out_of_memory',
  'timeout',
  'infrastructure',
] as const;
export const FailureKind = Type.Enum([...FAILURE_KINDS]);
export type FailureKind = (typeof FAILURE_KINDS)[number];

/**
 * Allowed moves. `extracting|scoring -> queued|scoring` is a lease that ran out (an infrastructure retry), or a run whose
 * activations were deleted: it makes them anew.
 */
const MOVES: Record<RunStatus, readonly RunStatus[]> = {
  queued: ['extracting', 'scoring', 'failed', 'cancelled'],
  extracting: ['queued', 'scoring', 'failed', 'cancelled'],
  scoring: ['queued', 'scoring', 'scored', 'failed', 'cancelled'],
  scored: [],
  failed: ['queued'],
  cancelled: ['queued'],
};

export const canMove = (from: RunStatus, to: RunStatus): boolean => MOVES[from].includes(to);
export const isTerminal = (status: RunStatus): boolean =>
  status === 'scored' || status === 'failed' || status === 'cancelled';

/** How often an infrastructure failure is retried before the run fails for good. */
export const MAX_INFRASTRUCTURE_RETRIES = 3;

/** Infrastructure failures that each further attempt would meet again, until somebody does what the remedy says. */
export const LASTING_FAILURES: readonly ProblemCode[] = ['stored_file_damaged'];

export const RunFailure = Type.Object({
  kind: FailureKind,
  code: Type.String(),
  detail: Type.String(),
  field: Type.Optional(Type.String()),
  remedy: Type.Optional(Type.String()),
});
export type RunFailure = Static<typeof RunFailure>;

/** What the stream of a run carries: one entry a state change, and progress within a stage. */
export const RunEvent = Type.Object({
  id: Type.Integer({ description: 'grows within a run; Last-Event-ID resumes after it' }),
  runId: Type.String(),
  at: Type.String({ format: 'date-time' }),
  type: Type.Enum(['status', 'progress', 'log']),
  status: RunStatus,
  /** Progress within the stage: `done` of `total` `unit`. */
  done: Type.Optional(Type.Number()),
  total: Type.Optional(Type.Number()),
  unit: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
});
export type RunEvent = Static<typeof RunEvent>;
