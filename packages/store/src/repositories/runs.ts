import { FAILURE_KINDS, type FailureKind, RUN_STATUSES, type RunStatus } from '@corescore/contracts';
import type { Database } from '../postgres/database.js';
import type { Runs } from '../types.js';
import type { InOrder } from './in-order.js';
import { cursorId, isId, toPage } from './rows.js';
import { createRunClaims } from './run-claims.js';
import { createRunEnds } from './run-ends.js';
import { viewRun, viewRuns } from './run-views.js';

function tally<K extends string>(keys: readonly K[], rows: readonly { key: K; count: number }[]): Record<K, number> {
  const counts = Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
  for (const { key, count } of rows) counts[key] = count;
  return counts;
}

export function createRuns(database: Database, inOrder: InOrder): Runs {
  const claims = createRunClaims(database);
  const ends = createRunEnds(database);
  return {
    ...claims,
    ...ends,
    // What writes an event of a run, after the events that were written before it.
    progress: (id, ...rest) => inOrder.do(id, () => claims.progress(id, ...rest)),
    toScoring: (id, ...rest) => inOrder.do(id, () => claims.toScoring(id, ...rest)),
    release: (id, ...rest) => inOrder.do(id, () => claims.release(id, ...rest)),
    finish: (id, ...rest) => inOrder.do(id, () => ends.finish(id, ...rest)),
    fail: (id, ...rest) => inOrder.do(id, () => ends.fail(id, ...rest)),

    view: async (id) => (isId(id) ? viewRun(database, id) : null),

    async list({ limit, cursor, owner, name }) {
      const runs = await viewRuns(
        database,
        `WHERE ($1::uuid IS NULL OR r.id < $1) AND ($2::text IS NULL OR m.owner = $2)
           AND ($3::text IS NULL OR m.name = $3) ORDER BY r.id DESC LIMIT $4`,
        [cursorId(cursor), owner ?? null, name ?? null, limit + 1],
      );
      return toPage(runs, limit, runs);
    },

    async counts() {
      const rows = await database.query<{ key: RunStatus; count: number }>(
        'SELECT status AS key, count(*)::int AS count FROM runs GROUP BY status',
      );
      return tally(RUN_STATUSES, rows);
    },

    async failureCounts() {
      const rows = await database.query<{ key: FailureKind; count: number }>(
        `SELECT failure->>'kind' AS key, count(*)::int AS count FROM runs WHERE status = 'failed' GROUP BY 1`,
      );
      return tally(FAILURE_KINDS, rows);
    },
  };
}
