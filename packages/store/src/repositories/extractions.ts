import type { RunFailure } from '@corescore/contracts';
import type { Database, Sql } from '../postgres/database.js';
import type { DueJob, ExtractionRow, Extractions } from '../types.js';
import { json, NOW } from './rows.js';
import { type ChangedRun, dueJob } from './run-changes.js';

interface Row {
  key: string;
  status: 'running' | 'done' | 'failed';
  lease_holder: string | null;
  engine: string | null;
  provider: string | null;
  regions: ExtractionRow['regions'] | null;
  stats: Record<string, unknown> | null;
  failure: RunFailure | null;
}

const toExtraction = (row: Row): ExtractionRow => ({
  key: row.key,
  engine: row.engine!,
  provider: row.provider!,
  regions: row.regions!,
  stats: row.stats ?? {},
});

export function createExtractions(database: Database): Extractions {
  /** The runs that were queued for this key, which may be claimed again from now on. */
  async function wake(sql: Sql, key: string): Promise<DueJob[]> {
    const rows = await sql.query<ChangedRun>(
      `WITH woken AS (
         UPDATE runs SET waiting_for = NULL, offered_at = ${NOW} WHERE waiting_for = $2 AND status = 'queued'
         RETURNING id, status, attempt, queued_at, supersedes
       ) SELECT * FROM woken ORDER BY queued_at, id`,
      [database.clock(), key],
    );
    return rows.map(dueJob);
  }

  /** Ends the extraction that `holder` runs, and wakes the runs that waited for it. */
  const end = (key: string, holder: string, set: string, values: readonly unknown[]): Promise<DueJob[] | null> =>
    database.transaction(async (sql) => {
      const ended = await sql.query(
        `UPDATE extractions SET ${set}, ended_at = ${NOW}, lease_holder = NULL, lease_expires_at = NULL
         WHERE key = $2 AND status = 'running' AND lease_holder = $3 RETURNING key`,
        [database.clock(), key, holder, ...values],
      );
      return ended.length === 0 ? null : wake(sql, key);
    });

  return {
    async claim(key, holder, leaseSeconds, since) {
      const taken = await database.query(
        `INSERT INTO extractions (key, status, lease_holder, lease_expires_at, created_at)
         VALUES ($2, 'running', $3, ${NOW} + make_interval(secs => $4), ${NOW})
         ON CONFLICT (key) DO UPDATE SET status = 'running', lease_holder = excluded.lease_holder,
           lease_expires_at = excluded.lease_expires_at, failure = NULL, ended_at = NULL
         WHERE (extractions.status = 'running'
             AND (extractions.lease_holder = $3 OR ($6 AND extractions.lease_expires_at < ${NOW})))
           OR (extractions.status = 'failed' AND (
             extractions.failure IS NULL OR extractions.failure->>'kind' = 'infrastructure'
             OR $5::timestamptz IS NULL OR extractions.ended_at < $5))
         RETURNING key`,
        // After an outage whoever lives extends its lease first, as for runs; an answer that was lost is asked for again.
        [database.clock(), key, holder, leaseSeconds, since ?? null, database.steadySeconds() >= leaseSeconds],
      );
      if (taken.length > 0) return { state: 'claimed' };
      const [row] = await database.query<Row>('SELECT * FROM extractions WHERE key = $1', [key]);
      if (row!.status === 'done') return { state: 'done', extraction: toExtraction(row!) };
      if (row!.status === 'failed' && row!.failure !== null) return { state: 'failed', failure: row!.failure };
      // Running; or given up between the two statements, which the waiting run finds out when it is offered again.
      return { state: 'running', holder: row!.lease_holder ?? '' };
    },

    async heartbeat(key, holder, leaseSeconds) {
      const rows = await database.query(
        `UPDATE extractions SET lease_expires_at = ${NOW} + make_interval(secs => $4)
         WHERE key = $2 AND lease_holder = $3 RETURNING key`,
        [database.clock(), key, holder, leaseSeconds],
      );
      return rows.length > 0;
    },

    done: (key, holder, { engine, provider, regions, stats }) =>
      end(key, holder, `status = 'done', engine = $4, provider = $5, regions = $6, stats = $7`, [
        engine,
        provider,
        json(regions),
        json(stats),
      ]),

    failed: (key, holder, failure) =>
      end(key, holder, `status = 'failed', failure = $4`, [failure === null ? null : json(failure)]),

    async get(key) {
      const [row] = await database.query<Row>(`SELECT * FROM extractions WHERE key = $1 AND status = 'done'`, [key]);
      return row === undefined ? null : toExtraction(row);
    },

    async discard(key) {
      // The row stays: runs point at it. A failed one without a failure is there to be claimed.
      await database.query(
        `UPDATE extractions SET status = 'failed', engine = NULL, provider = NULL, regions = NULL, stats = NULL
         WHERE key = $1 AND status = 'done'`,
        [key],
      );
    },
  };
}
