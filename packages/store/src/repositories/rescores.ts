import { SCORING_VERSION } from '@corescore/contracts';
import { v7 } from 'uuid';
import type { Database } from '../postgres/database.js';
import type { ExtractionRow, Rescores } from '../types.js';
import { NOW } from './rows.js';
import { tellLog, tellStatus } from './run-changes.js';

interface OutdatedRow {
  id: string;
  benchmark_ref: string;
  owner: string;
  name: string;
  kind: string;
  manifest: unknown;
  key: string | null;
  engine: string | null;
  provider: string | null;
  regions: ExtractionRow['regions'] | null;
  stats: ExtractionRow['stats'] | null;
}

/**
 * A successor `n` that settles the matter: scored, under way, or ended in a way that would only come again: the model's
 * fault, a user's wish, or a failure of this very start (`since`, $3) of a worker.
 */
const SETTLED = `n.supersedes = r.id AND (n.status = 'scored' OR n.ended_at IS NULL OR (n.scoring_version = $1 AND (
  n.status = 'cancelled' OR n.failure->>'kind' <> 'infrastructure' OR n.ended_at >= $3)))`;

export function createRescores(database: Database): Rescores {
  return {
    async reconsider() {
      await database.query('UPDATE runs SET not_rescored = NULL WHERE not_rescored IS NOT NULL');
      const [row] = await database.query<{ now: Date }>(`SELECT ${NOW} AS now`, [database.clock()]);
      return row!.now;
    },

    async outdated({ atOnce, since }) {
      const rows = await database.query<OutdatedRow>(
        `SELECT r.id, r.benchmark_ref, m.owner, m.name, v.kind, v.manifest, e.key, e.engine, e.provider, e.regions, e.stats
         FROM runs r JOIN models m ON m.id = r.model_id JOIN model_versions v ON v.id = r.model_version_id
           LEFT JOIN extractions e ON e.key = r.extraction_key AND e.status = 'done'
         WHERE r.status = 'scored' AND r.scoring_version < $1 AND r.not_rescored IS NULL
           AND NOT EXISTS (SELECT FROM runs n WHERE ${SETTLED})
         ORDER BY r.submission_id DESC, r.id DESC
         LIMIT greatest(0, $2 - (SELECT count(*) FROM runs WHERE supersedes IS NOT NULL AND ended_at IS NULL))`,
        [SCORING_VERSION, atOnce, since],
      );
      return rows.map(({ id, benchmark_ref, owner, name, kind, manifest, key, engine, provider, regions, stats }) => ({
        id,
        benchmark: benchmark_ref,
        model: { owner, name, kind, manifest },
        extraction:
          key === null ? null : { key, engine: engine!, provider: provider!, regions: regions!, stats: stats ?? {} },
      }));
    },

    async pending(id, since) {
      const rows = await database.query(
        `SELECT FROM runs r WHERE r.id = $2 AND r.not_rescored IS NULL
           AND NOT EXISTS (SELECT FROM runs n WHERE ${SETTLED} AND n.ended_at IS NOT NULL)`,
        [SCORING_VERSION, id, since],
      );
      return rows.length > 0;
    },

    begin: (id) =>
      database.transaction(async (sql) => {
        const clock = database.clock();
        const again = v7();
        const made = await sql.query(
          `INSERT INTO runs (id, submission_id, model_version_id, model_id, benchmark_ref, status, supersedes,
             scoring_version, extraction_key, engine, provider, offered_at, created_at, queued_at, scoring_at)
           SELECT $3, submission_id, model_version_id, model_id, benchmark_ref, 'scoring', id, $4, extraction_key, engine,
             provider, ${NOW}, ${NOW}, ${NOW}, ${NOW}
           FROM runs WHERE id = $2 AND status = 'scored' AND scoring_version < $4
           ON CONFLICT DO NOTHING RETURNING id`,
          [clock, id, again, SCORING_VERSION],
        );
        if (made.length === 0) return null;
        await tellStatus(sql, clock, again);
        await tellLog(sql, clock, again, `Scores run ${id} again, by version ${SCORING_VERSION}.`);
        return { runId: again, stage: 'score', attempt: 1, background: true };
      }),

    async leave(id, reason) {
      await database.query('UPDATE runs SET not_rescored = $2 WHERE id = $1', [id, reason]);
    },
  };
}
