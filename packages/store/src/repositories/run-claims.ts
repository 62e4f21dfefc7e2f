import type { Database } from '../postgres/database.js';
import type { ClaimedRun, ExtractionRow, Runs } from '../types.js';
import { isId, iso, NOW, toStoredVersion, VERSION_COLUMNS, type VersionRow } from './rows.js';
import { changeRuns, NO_LEASE, tellProgress } from './run-changes.js';

interface ClaimedRow extends VersionRow {
  attempt: number;
  queued_at: Date;
  benchmark_ref: string;
  benchmark_digest: string;
  benchmark_stimulus_set: string;
  extraction_key: string | null;
  engine: string | null;
  provider: string | null;
  regions: ExtractionRow['regions'] | null;
  stats: ExtractionRow['stats'] | null;
}

/** What a worker does with a run while it holds it. */
export type RunClaims = Pick<Runs, 'claim' | 'heartbeat' | 'progress' | 'toScoring' | 'release'>;

const LEASE = `lease_holder = $3, lease_expires_at = ${NOW} + make_interval(secs => $4), worker = $3`;

/** A claim whose answer was lost with the connection is asked for again: names of holders are not used twice. */
const OURS = 'lease_holder = $3';

export function createRunClaims(database: Database): RunClaims {
  async function claimed(id: string): Promise<ClaimedRun> {
    const [row] = await database.query<ClaimedRow>(
      `SELECT ${VERSION_COLUMNS}, r.attempt, r.queued_at, r.benchmark_ref, b.digest AS benchmark_digest,
         b.stimulus_set_digest AS benchmark_stimulus_set, r.extraction_key, e.engine, e.provider, e.regions, e.stats
       FROM runs r JOIN model_versions v ON v.id = r.model_version_id JOIN models m ON m.id = r.model_id
         JOIN benchmarks b ON b.ref = r.benchmark_ref LEFT JOIN extractions e ON e.key = r.extraction_key
       WHERE r.id = $1`,
      [id],
    );
    const { extraction_key: key, engine, provider, regions, stats } = row!;
    return {
      id,
      attempt: row!.attempt,
      queuedAt: iso(row!.queued_at),
      benchmark: row!.benchmark_ref,
      benchmarkDigest: row!.benchmark_digest,
      stimulusSetDigest: row!.benchmark_stimulus_set,
      model: toStoredVersion(row!),
      extraction:
        key === null || regions === null
          ? null
          : { key, engine: engine!, provider: provider!, regions, stats: stats ?? {} },
    };
  }

  return {
    async claim(id, stage, holder, leaseSeconds) {
      if (!isId(id)) return null;
      const values = [database.clock(), id, holder, leaseSeconds];
      if (stage === 'extracting') {
        const changed = await changeRuns(
          database,
          {
            set: `status = 'extracting', extracting_at = ${NOW}, scoring_at = NULL, progress = NULL,
              waiting_for = NULL, ${LEASE}`,
            where: `id = $2 AND (status = 'queued' OR (status = 'extracting' AND ${OURS}))`,
          },
          values,
        );
        return changed.length === 0 ? null : claimed(id);
      }
      // The status stays: no event.
      const taken = await database.query(
        `UPDATE runs SET progress = NULL, ${LEASE}
         WHERE id = $2 AND status = 'scoring' AND (lease_holder IS NULL OR ${OURS}) RETURNING id`,
        values,
      );
      return taken.length === 0 ? null : claimed(id);
    },

    async heartbeat(id, holder, leaseSeconds) {
      const rows = await database.query(
        `UPDATE runs SET lease_expires_at = ${NOW} + make_interval(secs => $4)
         WHERE id = $2 AND lease_holder = $3 RETURNING id`,
        [database.clock(), id, holder, leaseSeconds],
      );
      return rows.length > 0;
    },

    progress: (id, holder, progress) => tellProgress(database, database.clock(), id, holder, progress),

    async toScoring(id, holder, { extractionKey, engine, provider }) {
      const changed = await changeRuns(
        database,
        {
          set: `status = 'scoring', scoring_at = ${NOW}, offered_at = ${NOW}, progress = NULL, extraction_key = $4,
            engine = $5, provider = $6, ${NO_LEASE}`,
          where: `id = $2 AND lease_holder = $3 AND status = 'extracting'`,
        },
        [database.clock(), id, holder, extractionKey, engine, provider],
      );
      return changed.length > 0;
    },

    async release(id, holder, options = {}) {
      const { waitingFor = null, pauseSeconds = null, because = null } = options;
      const changed = await changeRuns(
        database,
        {
          // Without anything to wait for, the run is due at once: the next sweep offers it.
          set: `status = CASE status WHEN 'extracting' THEN 'queued' ELSE status END, progress = NULL,
            waiting_for = $4, offered_at = CASE WHEN $5::float8 IS NOT NULL THEN ${NOW} + make_interval(secs => $5)
              WHEN $4::text IS NULL THEN '-infinity' ELSE ${NOW} END, ${NO_LEASE}`,
          where: 'id = $2 AND lease_holder = $3',
          message: '$6::text',
        },
        [database.clock(), id, holder, waitingFor, pauseSeconds, because],
      );
      return changed.length > 0;
    },
  };
}
