import type { RunStatus } from '@corescore/contracts';
import type { Sql } from '../postgres/database.js';
import type { DueJob } from '../types.js';
import { NOW } from './rows.js';

/** Channel of `NOTIFY`; the payload is the run's id. */
export const RUN_EVENTS_CHANNEL = 'run_events';
const NOTIFY = `pg_notify('${RUN_EVENTS_CHANNEL}', id::text)`;

export interface ChangedRun {
  id: string;
  status: RunStatus;
  attempt: number;
  queued_at: Date;
  supersedes: string | null;
}

/** Scoring again what has been scored waits for everybody else. */
export const dueJob = ({ id, status, attempt, supersedes }: ChangedRun): DueJob => ({
  runId: id,
  stage: status === 'scoring' ? 'score' : 'extract',
  attempt,
  ...(supersedes === null ? {} : { background: true }),
});

/** Gives the lease back; part of a SET list. */
export const NO_LEASE = 'lease_holder = NULL, lease_expires_at = NULL';

/**
 * One compare-and-set: `UPDATE runs SET ... WHERE ...`, and for each row that changed an event with its new status and
 * a notification, in one statement. No row: somebody else was faster, and nothing happened.
 * @param values `$1` is the clock; `message` an SQL expression over the changed row for the event's text
 */
export function changeRuns(
  sql: Sql,
  change: { set: string; where: string; message?: string },
  values: readonly unknown[],
): Promise<ChangedRun[]> {
  return sql.query<ChangedRun>(
    `WITH changed AS (
       UPDATE runs SET ${change.set} WHERE ${change.where} RETURNING *
     ), told AS (
       INSERT INTO run_events (run_id, at, type, status, message)
       SELECT id, ${NOW}, 'status', status, ${change.message ?? 'NULL'} FROM changed RETURNING run_id
     )
     SELECT id, status, attempt, queued_at, supersedes, ${NOTIFY} FROM changed JOIN told ON told.run_id = changed.id
     ORDER BY queued_at, id`,
    values,
  );
}

/** The event of a run's present status, where a row was inserted. */
export async function tellStatus(sql: Sql, clock: Date | null, runId: string): Promise<void> {
  await sql.query(
    `WITH told AS (
       INSERT INTO run_events (run_id, at, type, status)
       SELECT id, ${NOW}, 'status', status FROM runs WHERE id = $2 RETURNING run_id AS id
     ) SELECT ${NOTIFY} FROM told`,
    [clock, runId],
  );
}

/** A progress event and the row's progress, while `holder` has the run. */
export async function tellProgress(
  sql: Sql,
  clock: Date | null,
  id: string,
  holder: string,
  progress: { done: number; total: number; unit: string },
): Promise<boolean> {
  const rows = await sql.query(
    `WITH changed AS (
       UPDATE runs SET progress = jsonb_build_object('done', $4::float8, 'total', $5::float8, 'unit', $6::text)
       WHERE id = $2 AND lease_holder = $3 RETURNING id, status
     ), told AS (
       INSERT INTO run_events (run_id, at, type, status, done, total, unit)
       SELECT id, ${NOW}, 'progress', status, $4, $5, $6 FROM changed RETURNING run_id AS id
     ) SELECT ${NOTIFY} FROM told`,
    [clock, id, holder, progress.done, progress.total, progress.unit],
  );
  return rows.length > 0;
}

/** A log line; the row is locked first, so that ids grow in the order in which a reader sees them. */
export async function tellLog(sql: Sql, clock: Date | null, id: string, message: string): Promise<void> {
  await sql.query(
    `WITH run AS (SELECT id, status FROM runs WHERE id = $2 FOR UPDATE), told AS (
       INSERT INTO run_events (run_id, at, type, status, message)
       SELECT id, ${NOW}, 'log', status, $3 FROM run RETURNING run_id AS id
     ) SELECT ${NOTIFY} FROM told`,
    [clock, id, message],
  );
}
