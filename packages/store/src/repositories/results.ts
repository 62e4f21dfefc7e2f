import type { ImageResults, Receipt, RunFailure, Series } from '@corescore/contracts';
import type { Database } from '../postgres/database.js';
import type { Results } from '../types.js';
import { resolveBenchmark } from './benchmarks.js';
import { rankBoard } from './leaderboard.js';
import { isId, isoOrNull } from './rows.js';
import { JOIN_RESCORED, RESCORED, type Rescored, scoresOf, struckReason, viewRuns } from './run-views.js';

interface BoardRow extends Rescored {
  id: string;
  owner: string;
  name: string;
  kind: string;
  digest: string;
  failure: RunFailure | null;
  control_ms: number | null;
  challenge_ms: number | null;
  scored_at: Date | null;
}

/** By when it was asked for; of runs that score each other again, the last. Ids sort by creation. */
const NEWEST = 'r.submission_id DESC, r.id DESC';

export function createResults(database: Database): Results {
  const results: Results = {
    async report(runId) {
      const images = await results.images(runId);
      if (images === null) return null;
      const [row] = await database.query<{
        ref: string;
        digest: string;
        notes: string[];
        max_duality_gap: number | null;
        scoring_version: number;
      }>(
        `SELECT b.ref, b.digest, r.notes, r.max_duality_gap, r.scoring_version
         FROM runs r JOIN benchmarks b ON b.ref = r.benchmark_ref WHERE r.id = $1`,
        [runId],
      );
      return {
        benchmark: row!.ref,
        benchmarkDigest: row!.digest,
        scoringVersion: row!.scoring_version,
        scores: (await scoresOf(database, [runId])).get(runId) ?? [],
        series: (await results.series(runId)) ?? [],
        images,
        notes: row!.notes,
        maxDualityGap: row!.max_duality_gap,
      };
    },

    async series(runId) {
      if (!isId(runId)) return null;
      const [scored] = await database.query('SELECT FROM image_results WHERE run_id = $1', [runId]);
      if (scored === undefined) return null;
      const rows = await database.query<{ body: Series }>(
        'SELECT body FROM series WHERE run_id = $1 ORDER BY position',
        [runId],
      );
      return rows.map((row) => row.body);
    },

    async images(runId) {
      if (!isId(runId)) return null;
      const [row] = await database.query<{ body: ImageResults }>('SELECT body FROM image_results WHERE run_id = $1', [
        runId,
      ]);
      return row?.body ?? null;
    },

    async receipt(runId) {
      if (!isId(runId)) return null;
      const [row] = await database.query<{ body: Receipt; scoring_version: number }>(
        'SELECT c.body, r.scoring_version FROM receipts c JOIN runs r ON r.id = c.run_id WHERE c.run_id = $1',
        [runId],
      );
      // Receipts of the first version do not say it themselves.
      return row === undefined ? null : { ...row.body, scoringVersion: row.scoring_version };
    },

    async leaderboard(benchmarkRef) {
      const benchmark = await resolveBenchmark(database, benchmarkRef);
      if (benchmark === null) return [];
      const rows = await database.query<BoardRow>(
        `SELECT DISTINCT ON (r.model_id) r.id, m.owner, m.name, v.kind, v.digest, r.status, r.failure, r.control_ms,
           r.challenge_ms, CASE WHEN r.status = 'scored' THEN r.ended_at END AS scored_at, r.scoring_version, ${RESCORED}
         FROM runs r JOIN models m ON m.id = r.model_id JOIN model_versions v ON v.id = r.model_version_id ${JOIN_RESCORED}
         WHERE r.benchmark_ref = $1 AND (r.supersedes IS NULL OR r.status = 'scored')
         ORDER BY r.model_id, r.status = 'scored' DESC, ${NEWEST}`,
        [benchmark.ref],
      );
      const scores = await scoresOf(
        database,
        rows.map((row) => row.id),
        benchmark.sortMetric,
      );
      return rankBoard(
        benchmark,
        rows.map((row) => ({
          owner: row.owner,
          name: row.name,
          kind: row.kind,
          digest: row.digest,
          runId: row.id,
          status: row.status,
          failure: row.failure,
          scoringVersion: row.status === 'scored' ? row.scoring_version : null,
          struckReason: struckReason(row),
          scores: scores.get(row.id) ?? [],
          controlMs: row.control_ms,
          challengeMs: row.challenge_ms,
          scoredAt: isoOrNull(row.scored_at),
        })),
      );
    },

    scores: (runIds) => scoresOf(database, runIds),

    async scoreKeys(runIds) {
      const rows = await database.query<{ key: string }>(
        `SELECT concat_ws('/', metric, subset, region) AS key FROM scores WHERE run_id = ANY($1)
         GROUP BY metric, subset, region ORDER BY min(position), metric, subset, region`,
        [runIds],
      );
      return rows.map((row) => row.key);
    },

    async boardVersion(benchmarkRef) {
      // An ended run's row is written once more only where its scores or their standing change; one that is under way is
      // written at every heartbeat, and the board shows its status alone. Scores and versions of models never change.
      const [row] = await database.query<{ version: string }>(
        `SELECT concat_ws('/', count(*), coalesce(sum(hashtextextended(
             r.id::text || CASE WHEN r.ended_at IS NULL THEN r.status ELSE r.xmin::text END, 0)), 0),
           (SELECT md5(definition::text) FROM benchmarks WHERE ref = $1)) AS version
         FROM runs r WHERE r.benchmark_ref = $1`,
        [benchmarkRef],
      );
      return row!.version;
    },

    async latestScored(benchmarkRef, owner, name) {
      const benchmark = await resolveBenchmark(database, benchmarkRef);
      if (benchmark === null) return null;
      const [run] = await viewRuns(
        database,
        `WHERE r.benchmark_ref = $1 AND m.owner = $2 AND m.name = $3 AND r.status = 'scored'
         ORDER BY ${NEWEST} LIMIT 1`,
        [benchmark.ref, owner, name],
      );
      return run ?? null;
    },

    async latestOf(runId) {
      if (!isId(runId)) return null;
      const [run] = await viewRuns(
        database,
        `JOIN runs o ON o.submission_id = r.submission_id AND o.benchmark_ref = r.benchmark_ref
         WHERE o.id = $1 AND r.status = 'scored' ORDER BY ${NEWEST} LIMIT 1`,
        [runId],
      );
      return run ?? null;
    },
  };
  return results;
}
