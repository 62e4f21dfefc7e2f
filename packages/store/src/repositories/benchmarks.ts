import { type BenchmarkDefinition, type BenchmarkView, CorescoreError } from '@corescore/contracts';
import type { Database, Sql } from '../postgres/database.js';
import type { Benchmarks, StimulusSetRow } from '../types.js';
import { iso, json, NOW } from './rows.js';

interface BenchmarkRow {
  definition: BenchmarkDefinition;
  digest: string;
  created_at: Date;
}
const toView = (row: BenchmarkRow): BenchmarkView => ({ ...row.definition, createdAt: iso(row.created_at) });

/** `id@version` names one, active or not; a bare id means its newest active version. */
export async function resolveBenchmark(sql: Sql, ref: string): Promise<BenchmarkView | null> {
  const [row] = await sql.query<BenchmarkRow>(
    `SELECT definition, digest, created_at FROM benchmarks
     WHERE ref = $1 OR (id = $1 AND active) ORDER BY version DESC LIMIT 1`,
    [ref],
  );
  return row === undefined ? null : toView(row);
}

export function createBenchmarks(database: Database): Benchmarks {
  return {
    async register(definition, stimulusIds) {
      const { ref, id, version, digest, stimulusSet } = definition;
      return database.transaction(async (sql) => {
        const clock = database.clock();
        await sql.query(
          `INSERT INTO stimulus_sets (digest, identifier, ids, created_at) VALUES ($2, $3, $4, ${NOW})
           ON CONFLICT DO NOTHING`,
          [clock, stimulusSet.digest, stimulusSet.identifier, stimulusIds],
        );
        const [row] = await sql.query<BenchmarkRow>(
          `INSERT INTO benchmarks (ref, id, version, digest, stimulus_set_digest, definition, created_at)
           VALUES ($2, $3, $4, $5, $6, $7, ${NOW})
           ON CONFLICT (ref) DO UPDATE SET
             definition = CASE WHEN benchmarks.digest = excluded.digest THEN excluded.definition
                          ELSE benchmarks.definition END
           RETURNING definition, digest, created_at`,
          [clock, ref, id, version, digest, stimulusSet.digest, json(definition)],
        );
        if (row!.digest !== digest) {
          throw new CorescoreError('configuration', `${ref} is registered with another digest, ${row!.digest}.`, {
            field: 'version',
            remedy: 'Give a benchmark that changed a new version: scores of different definitions never mix.',
          });
        }
        return toView(row!);
      });
    },

    resolve: (ref) => resolveBenchmark(database, ref),

    async list() {
      const rows = await database.query<BenchmarkRow>(
        'SELECT definition, digest, created_at FROM benchmarks WHERE active ORDER BY id, version DESC',
      );
      return rows.map(toView);
    },

    async stimulusSet(identifierOrDigest) {
      const [row] = await database.query<StimulusSetRow>(
        `SELECT identifier, digest, ids FROM stimulus_sets WHERE digest = $1 OR identifier = $1
         ORDER BY digest = $1 DESC, created_at DESC LIMIT 1`,
        [identifierOrDigest],
      );
      return row ?? null;
    },
  };
}
