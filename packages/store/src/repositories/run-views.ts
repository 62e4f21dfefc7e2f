import type { RunFailure, RunStatus, RunView, Score } from '@corescore/contracts';
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
  created_at: Date;
  extracting_at: Date | null;
  scoring_at: Date | null;
  ended_at: Date | null;
}

const SELECT_RUNS = `
  SELECT r.id, r.submission_id, r.status, r.benchmark_ref, m.owner, m.name, v.digest, r.failure, r.attempt, r.worker,
    r.progress, r.provider, r.notes, r.created_at, r.extracting_at, r.scoring_at, r.ended_at,
    CASE WHEN r.status = 'queued' THEN (
      SELECT count(*)::int FROM runs q
      WHERE q.status = 'queued' AND q.ended_at IS NULL AND (q.queued_at, q.id) < (r.queued_at, r.id)
    ) END AS queue_position
  FROM runs r JOIN models m ON m.id = r.model_id JOIN model_versions v ON v.id = r.model_version_id `;

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
  createdAt: iso(row.created_at),
  extractingAt: isoOrNull(row.extracting_at),
  scoringAt: isoOrNull(row.scoring_at),
  endedAt: isoOrNull(row.ended_at),
  scores,
  notes: row.notes,
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
