import {
  CorescoreError,
  LASTING_FAILURES,
  MAX_INFRASTRUCTURE_RETRIES,
  type RunFailure,
  type ScoreReport,
} from '@corescore/contracts';
import type { Database, Sql } from '../postgres/database.js';
import type { Runs } from '../types.js';
import { meanSolutionTimes } from './leaderboard.js';
import { clean, isId, json, NOW } from './rows.js';
import { type ChangedRun, changeRuns, dueJob, NO_LEASE } from './run-changes.js';
import { viewRun } from './run-views.js';

/** How a run ends, and begins again. */
export type RunEnds = Pick<Runs, 'finish' | 'fail' | 'extractAgain' | 'cancel' | 'retry' | 'retryRepaired' | 'sweep'>;

const END = `ended_at = ${NOW}, progress = NULL, waiting_for = NULL, ${NO_LEASE}`;
/** Another attempt at the stage that was lost; what had been extracted stays. */
const AGAIN = `status = CASE status WHEN 'extracting' THEN 'queued' ELSE status END, attempt = attempt + 1,
  retries = retries + 1, progress = NULL, waiting_for = NULL, offered_at = ${NOW}, ${NO_LEASE}`;

/** From the beginning, as a new run. */
const ANEW = `status = 'queued', attempt = attempt + 1, retries = 0, failure = NULL, worker = NULL, engine = NULL,
  provider = NULL, extraction_key = NULL, queued_at = ${NOW}, offered_at = ${NOW}, extracting_at = NULL,
  scoring_at = NULL, ended_at = NULL`;
/** Back to the queue without the activations that were lost; its place in the queue stays. */
const EXTRACT_AGAIN = `status = 'queued', attempt = attempt + 1, engine = NULL, provider = NULL, extraction_key = NULL,
  scoring_at = NULL, progress = NULL, waiting_for = NULL, offered_at = ${NOW}, ${NO_LEASE}`;

export const LEASE_RAN_OUT: RunFailure = {
  kind: 'infrastructure',
  code: 'infrastructure',
  detail: `The worker was lost ${MAX_INFRASTRUCTURE_RETRIES + 1} times while it worked on this run.`,
  remedy: 'Run it again; if it is lost again, ask the operator to read the worker’s log.',
};

const DISK_DAMAGES: Omit<RunFailure, 'detail'> = {
  kind: 'infrastructure',
  code: 'infrastructure',
  remedy: 'Files were damaged again and again: ask the operator to check the disk, then run it again.',
};

async function writeResults(sql: Sql, id: string, report: ScoreReport): Promise<void> {
  await sql.query(
    `INSERT INTO scores (run_id, metric, subset, region, position, value, ceiled, ceiling, error, low, high, unit, n,
       n_total, reason, note)
     SELECT $1, s->>'metric', s->>'subset', s->>'region', position, (s->>'value')::float8, (s->>'ceiled')::float8,
       (s->>'ceiling')::float8, (s->>'error')::float8, (s->>'low')::float8, (s->>'high')::float8, s->>'unit',
       (s->>'n')::int, (s->>'nTotal')::int, s->>'reason', s->>'note'
     FROM json_array_elements($2::json) WITH ORDINALITY AS list (s, position)`,
    [id, json(report.scores)],
  );
  await sql.query(
    `INSERT INTO series (run_id, name, subset, region, position, body)
     SELECT $1, s->>'name', s->>'subset', s->>'region', position, s
     FROM json_array_elements($2::json) WITH ORDINALITY AS list (s, position)`,
    [id, json(report.series)],
  );
  await sql.query('INSERT INTO image_results (run_id, body) VALUES ($1, $2)', [id, json(report.images)]);
}

export function createRunEnds(database: Database): RunEnds {
  /** Why a change of a user's run did not happen. */
  async function refuse(id: string, wanted: string, remedy: string): Promise<never> {
    const run = isId(id) ? await viewRun(database, id) : null;
    if (run === null) {
      throw new CorescoreError('not_found', `There is no run ${id}.`, {
        field: 'path/id',
        remedy: 'Use the id of a run that a submission answered with.',
      });
    }
    throw new CorescoreError('state_conflict', `The run is ${run.status}; it cannot be ${wanted}.`, {
      field: 'path/id',
      remedy,
    });
  }

  /** Takes runs from workers whose lease ran out. @returns those that start their stage again */
  async function takeLost(clock: Date | null): Promise<ChangedRun[]> {
    const ranOut = `lease_expires_at < ${NOW}`;
    await changeRuns(
      database,
      {
        set: `status = 'failed', failure = $2::jsonb, ${END}`,
        where: `${ranOut} AND retries >= ${MAX_INFRASTRUCTURE_RETRIES}`,
        message: `$2::jsonb->>'detail'`,
      },
      [clock, json(LEASE_RAN_OUT)],
    );
    return changeRuns(
      database,
      { set: AGAIN, where: ranOut, message: `'The worker was lost; the run starts its stage again.'` },
      [clock],
    );
  }

  const ends: RunEnds = {
    async finish(id, holder, { report, receipt }) {
      const { controlMs, challengeMs } = meanSolutionTimes(report.images);
      return database.transaction(async (sql) => {
        const changed = await changeRuns(
          sql,
          {
            set: `status = 'scored', notes = $4, max_duality_gap = $5, control_ms = $6, challenge_ms = $7,
              scoring_version = $8, ${END}`,
            where: `id = $2 AND lease_holder = $3 AND status = 'scoring'`,
          },
          [
            ...[database.clock(), id, holder, report.notes.map(clean), report.maxDualityGap, controlMs, challengeMs],
            report.scoringVersion,
          ],
        );
        if (changed.length === 0) return false;
        const [benchmark] = await sql.query<{ ref: string; digest: string }>(
          'SELECT b.ref, b.digest FROM runs r JOIN benchmarks b ON b.ref = r.benchmark_ref WHERE r.id = $1',
          [id],
        );
        if (benchmark!.ref !== report.benchmark || benchmark!.digest !== report.benchmarkDigest) {
          throw new Error(`the report is of ${report.benchmark}, the run of ${benchmark!.ref}`);
        }
        await writeResults(sql, id, report);
        await sql.query('INSERT INTO receipts (run_id, body) VALUES ($1, $2)', [id, json(receipt)]);
        return true;
      });
    },

    async fail(id, holder, failure) {
      const values = [database.clock(), id, holder, json(failure)];
      const message = `$4::jsonb->>'detail'`;
      const where = 'id = $2 AND ended_at IS NULL AND ($3::text IS NULL OR lease_holder = $3)';
      if (failure.kind === 'infrastructure' && !(LASTING_FAILURES as readonly string[]).includes(failure.code)) {
        const [again] = await changeRuns(
          database,
          { set: AGAIN, where: `${where} AND retries < ${MAX_INFRASTRUCTURE_RETRIES}`, message },
          values,
        );
        if (again !== undefined) return { outcome: 'requeued', due: dueJob(again) };
      }
      const failed = await changeRuns(
        database,
        { set: `status = 'failed', failure = $4::jsonb, ${END}`, where, message },
        values,
      );
      return { outcome: failed.length > 0 ? 'failed' : 'lost' };
    },

    async extractAgain(id, holder, { damaged, reason }) {
      const [again] = await changeRuns(
        database,
        {
          set: `${EXTRACT_AGAIN}, retries = retries + $5`,
          where: `id = $2 AND lease_holder = $3 AND ($5 = 0 OR retries < ${MAX_INFRASTRUCTURE_RETRIES})`,
          message: '$4::text',
        },
        [database.clock(), id, holder, clean(reason), damaged ? 1 : 0],
      );
      if (again !== undefined) return { outcome: 'requeued', due: dueJob(again) };
      if (!damaged) return { outcome: 'lost' };
      return ends.fail(id, holder, { ...DISK_DAMAGES, detail: reason });
    },

    async cancel(id) {
      const changed = isId(id)
        ? await changeRuns(database, { set: `status = 'cancelled', ${END}`, where: 'id = $2 AND ended_at IS NULL' }, [
            database.clock(),
            id,
          ])
        : [];
      const run = isId(id) ? await viewRun(database, id) : null;
      if (run !== null && (changed.length > 0 || run.status === 'cancelled')) return run;
      return refuse(id, 'cancelled', 'Nothing needs to be done: it has ended.');
    },

    async retry(id) {
      const changed = isId(id)
        ? await changeRuns(
            database,
            {
              set: ANEW,
              // Of the runs that score the same one again, one is enough.
              where: `id = $2 AND status IN ('failed', 'cancelled') AND NOT EXISTS (SELECT FROM runs o
                WHERE o.supersedes = runs.supersedes AND o.status NOT IN ('failed', 'cancelled'))`,
            },
            [database.clock(), id],
          )
        : [];
      if (changed.length === 0) {
        return refuse(
          id,
          'run again',
          'Only a failed or cancelled run can be; submit the model again for another run.',
        );
      }
      return (await viewRun(database, id))!;
    },

    async retryRepaired(digests) {
      const changed = await changeRuns(
        database,
        {
          set: ANEW,
          where: `status = 'failed' AND failure->>'code' = 'stored_file_damaged' AND model_version_id IN (
            SELECT v.id FROM model_versions v, jsonb_array_elements(v.files) AS file
            WHERE file->>'digest' = ANY($2::text[]))`,
          message: `'The files of the model were uploaded again.'`,
        },
        [database.clock(), digests],
      );
      return changed.map(dueJob);
    },

    async sweep({ leaseSeconds, now }) {
      const clock = now ?? database.clock();
      // While the database was away nobody could extend a lease: whoever lives gets the time to do it first.
      const lost = database.steadySeconds() < leaseSeconds ? [] : await takeLost(clock);
      const waiting = await database.query<ChangedRun>(
        `UPDATE runs SET offered_at = ${NOW}, waiting_for = NULL
         WHERE (status = 'queued' OR (status = 'scoring' AND lease_holder IS NULL))
           AND offered_at < ${NOW} - make_interval(secs => $2)
           AND NOT EXISTS (SELECT FROM extractions e
             WHERE e.key = runs.waiting_for AND e.status = 'running' AND e.lease_expires_at >= ${NOW})
         RETURNING id, status, attempt, queued_at, supersedes`,
        [clock, leaseSeconds],
      );
      waiting.sort((a, b) => a.queued_at.getTime() - b.queued_at.getTime() || (a.id < b.id ? -1 : 1));
      return [...lost, ...waiting].map(dueJob);
    },
  };
  return ends;
}
