import { CorescoreError, type SubmissionView } from '@corescore/contracts';
import { v7 } from 'uuid';
import type { Database, Sql } from '../postgres/database.js';
import type { NewSubmission, Submissions } from '../types.js';
import { resolveBenchmark } from './benchmarks.js';
import { isId, iso, NOW } from './rows.js';
import { tellStatus } from './run-changes.js';
import { viewRuns } from './run-views.js';

interface SubmissionRow {
  id: string;
  body_digest: string;
  digest: string;
  created_at: Date;
}
const SELECT = `SELECT s.id, s.body_digest, v.digest, s.created_at
  FROM submissions s JOIN model_versions v ON v.id = s.model_version_id`;

async function toView(sql: Sql, row: SubmissionRow): Promise<SubmissionView> {
  // One a benchmark: the one that was asked for, or what has superseded it.
  const runs = await viewRuns(
    sql,
    `WHERE r.submission_id = $1 AND (r.supersedes IS NULL OR r.status = 'scored')
       AND NOT EXISTS (SELECT FROM runs l WHERE l.supersedes = r.id AND l.status = 'scored') ORDER BY r.id`,
    [row.id],
  );
  return { id: row.id, createdAt: iso(row.created_at), modelVersion: row.digest, runs };
}

/** The submission of this owner's key. @throws CorescoreError `idempotency_conflict` when it had another body */
async function seenBefore(sql: Sql, submission: NewSubmission): Promise<SubmissionRow | null> {
  const { owner, idempotencyKey, bodyDigest } = submission;
  if (idempotencyKey === undefined || idempotencyKey === null) return null;
  const [row] = await sql.query<SubmissionRow>(`${SELECT} WHERE s.owner = $1 AND s.idempotency_key = $2`, [
    owner,
    idempotencyKey,
  ]);
  if (row === undefined) return null;
  if (row.body_digest === bodyDigest) return row;
  throw new CorescoreError('idempotency_conflict', 'This Idempotency-Key was used for another submission.', {
    field: 'header/idempotency-key',
    remedy: `Use a new key; the old one belongs to submission ${row.id}.`,
  });
}

async function versionToRun(sql: Sql, submission: NewSubmission): Promise<{ id: string; model_id: string }> {
  const [version] = await sql.query<{ id: string; model_id: string }>(
    `SELECT v.id, v.model_id FROM model_versions v JOIN models m ON m.id = v.model_id
     WHERE v.digest = $1 ORDER BY m.owner = $2 DESC, v.id LIMIT 1`,
    [submission.modelVersion, submission.modelOwner ?? submission.owner],
  );
  if (version !== undefined) return version;
  throw new CorescoreError('unknown_model', `There is no model version ${submission.modelVersion}.`, {
    field: '/modelVersion',
    remedy: 'Upload it first; the answer to the upload has its digest.',
  });
}

/** References resolved, in order, each once. */
async function benchmarksToRun(sql: Sql, refs: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const [i, ref] of refs.entries()) {
    const benchmark = await resolveBenchmark(sql, ref);
    if (benchmark === null) {
      throw new CorescoreError('unknown_benchmark', `There is no benchmark ${ref}.`, {
        field: `/benchmarks/${i}`,
        remedy: 'Use one that GET /v1/benchmarks lists.',
      });
    }
    found.add(benchmark.ref);
  }
  return [...found];
}

export function createSubmissions(database: Database): Submissions {
  return {
    async create(submission) {
      return database.transaction(async (sql) => {
        const clock = database.clock();
        const before = await seenBefore(sql, submission);
        if (before !== null) return { submission: await toView(sql, before), created: false };
        const version = await versionToRun(sql, submission);
        const benchmarks = await benchmarksToRun(sql, submission.benchmarks);
        await sql.query(`INSERT INTO users (name, created_at) VALUES ($2, ${NOW}) ON CONFLICT DO NOTHING`, [
          clock,
          submission.owner,
        ]);
        const id = v7();
        // Two requests with one key at the same time: the second waits here, and finds the first's row below.
        const inserted = await sql.query(
          `INSERT INTO submissions (id, owner, token_id, idempotency_key, body_digest, model_version_id, created_at)
           VALUES ($2, $3, $4, $5, $6, $7, ${NOW}) ON CONFLICT (owner, idempotency_key) DO NOTHING RETURNING id`,
          [
            clock,
            id,
            submission.owner,
            submission.tokenId,
            submission.idempotencyKey ?? null,
            submission.bodyDigest,
            version.id,
          ],
        );
        if (inserted.length === 0) {
          const first = await seenBefore(sql, submission);
          return { submission: await toView(sql, first!), created: false };
        }
        for (const ref of benchmarks) {
          const runId = v7();
          await sql.query(
            `INSERT INTO runs (id, submission_id, model_version_id, model_id, benchmark_ref, status, offered_at,
               created_at, queued_at)
             VALUES ($2, $3, $4, $5, $6, 'queued', ${NOW}, ${NOW}, ${NOW})`,
            [clock, runId, id, version.id, version.model_id, ref],
          );
          await tellStatus(sql, clock, runId);
        }
        const [row] = await sql.query<SubmissionRow>(`${SELECT} WHERE s.id = $1`, [id]);
        return { submission: await toView(sql, row!), created: true };
      });
    },

    async view(id) {
      if (!isId(id)) return null;
      const [row] = await database.query<SubmissionRow>(`${SELECT} WHERE s.id = $1`, [id]);
      return row === undefined ? null : toView(database, row);
    },
  };
}
