import {
  type RunFailure,
  type RunStatus,
  type RunView,
  SCORING_VERSION,
  type Score,
  scoredBy,
} from '@corescore/contracts';
import type { Sql } from '../postgres/database.js';
import { iso, isoOrNull, type ScoreRow, toScore } from './rows.js';

interface RunRow {
  id: string;
  submission_id: string;
  status: RunStatus;
  benchmark_ref: string;
  owner: string;
  name: string;
  digest: string;
  failure: RunFailure | null;
  attempt: number;
  queue_position: number | null;
  worker: string | null;
  progress: RunView['progress'];
  provider: string | null;
  notes: string[];
  submitted_at: Date;
  created_at: Date;
  extracting_at: Date | null;
  scoring_at: Date | null;
  ended_at: Date | null;
  scoring_version: number | null;
  supersedes: string | null;
  not_rescored: string | null;
  /** Newest run that supersedes this one, scored or not yet. */
  rescored_by: string | null;
  rescored_status: RunStatus | null;
}

/** Columns of what scores a run `r` again, from `JOIN_RESCORED`. */
export const RESCORED = 'r.not_rescored, n.id AS rescored_by, n.status AS rescored_status';
/** A scored one before those that failed. */
export const JOIN_RESCORED = `LEFT JOIN LATERAL (
    SELECT id, status FROM runs WHERE supersedes = r.id ORDER BY status = 'scored' DESC, id DESC LIMIT 1
  ) n ON true`;

/** What is known of an outdated run and of its successor. */
export interface Rescored {
  status: RunStatus;
  scoring_version: number | null;
  not_rescored: string | null;
  rescored_status: RunStatus | null;
}

/** Why a run's scores stand struck through; null where they do not. */
export function struckReason(run: Rescored): string | null {
  if (run.status !== 'scored' || run.scoring_version === SCORING_VERSION) return null;
  const by = scoredBy(run.scoring_version!);
  const { rescored_status: again } = run;
  if (again === 'scored') return `${by}; superseded`;
  if (again === 'failed' || again === 'cancelled')
    return `${by}; scoring it again ${again === 'failed' ? 'failed' : 'was cancelled'}`;
  if (again !== null) return `${by}; being scored again`;
  return run.not_rescored === null ? `${by}; waits to be scored again` : `${by}; ${run.not_rescored}`;
}

const SELECT_RUNS = `
  SELECT r.id, r.submission_id, r.status, r.benchmark_ref, m.owner, m.name, v.digest, r.failure, r.attempt, r.worker,
    r.progress, r.provider, r.notes, s.created_at AS submitted_at, r.created_at, r.extracting_at, r.scoring_at, r.ended_at,
    r.scoring_version, r.supersedes, ${RESCORED},
    CASE WHEN r.status = 'queued' THEN (
      SELECT count(*)::int FROM runs q
      WHERE q.status = 'queued' AND q.ended_at IS NULL AND (q.queued_at, q.id) < (r.queued_at, r.id)
    ) END AS queue_position
  FROM runs r JOIN models m ON m.id = r.model_id JOIN model_versions v ON v.id = r.model_version_id
    JOIN submissions s ON s.id = r.submission_id ${JOIN_RESCORED} `;

const toView = (row: RunRow, scores: Score[]): RunView => ({
  id: row.id,
  submissionId: row.submission_id,
  status: row.status,
  benchmark: row.benchmark_ref,
  model: { owner: row.owner, name: row.name, digest: row.digest },
  failure: row.failure,
  attempt: row.attempt,
  queuePosition: row.queue_position,
  worker: row.worker,
  progress: row.progress,
  provider: row.provider,
  submittedAt: iso(row.submitted_at),
  createdAt: iso(row.created_at),
  extractingAt: isoOrNull(row.extracting_at),
  scoringAt: isoOrNull(row.scoring_at),
  endedAt: isoOrNull(row.ended_at),
  scores,
  notes: row.notes,
  scoringVersion: row.status === 'scored' ? row.scoring_version : null,
  supersedes: row.supersedes,
  supersededBy: row.rescored_status === 'scored' ? row.rescored_by : null,
  struckReason: struckReason(row),
});

/** Runs with their scores. `rest` is the end of the statement over `runs r`, `models m` and `model_versions v`. */
export async function viewRuns(sql: Sql, rest: string, values: readonly unknown[]): Promise<RunView[]> {
  const rows = await sql.query<RunRow>(SELECT_RUNS + rest, values);
  const scores = await scoresOf(
    sql,
    rows.filter((r) => r.status === 'scored').map((r) => r.id),
  );
  return rows.map((row) => toView(row, scores.get(row.id) ?? []));
}

export async function viewRun(sql: Sql, id: string): Promise<RunView | null> {
  return (await viewRuns(sql, 'WHERE r.id = $1', [id]))[0] ?? null;
}

/** Scores by run, in the order of the report; of one metric where it is named. */
export async function scoresOf(sql: Sql, runIds: readonly string[], metric?: string): Promise<Map<string, Score[]>> {
  const found = new Map<string, Score[]>();
  if (runIds.length === 0) return found;
  const rows = await sql.query<ScoreRow>(
    `SELECT * FROM scores WHERE run_id = ANY($1) AND ($2::text IS NULL OR metric = $2) ORDER BY run_id, position`,
    [runIds, metric ?? null],
  );
  for (const row of rows) {
    const scores = found.get(row.run_id) ?? [];
    scores.push(toScore(row));
    found.set(row.run_id, scores);
  }
  return found;
}
