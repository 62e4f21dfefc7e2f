import type { RunEvent, RunStatus } from '@corescore/contracts';
import type { Database } from '../postgres/database.js';
import type { Listener } from '../postgres/listener.js';
import type { Events } from '../types.js';
import type { InOrder } from './in-order.js';
import { clean, iso } from './rows.js';
import { tellLog } from './run-changes.js';

const PAGE = 500;

interface EventRow {
  id: string;
  run_id: string;
  at: Date;
  type: RunEvent['type'];
  status: RunStatus;
  done: number | null;
  total: number | null;
  unit: string | null;
  message: string | null;
}

function toEvent(row: EventRow): RunEvent {
  const event: RunEvent = {
    id: Number(row.id),
    runId: row.run_id,
    at: iso(row.at),
    type: row.type,
    status: row.status,
  };
  if (row.done !== null) event.done = row.done;
  if (row.total !== null) event.total = row.total;
  if (row.unit !== null) event.unit = row.unit;
  if (row.message !== null) event.message = row.message;
  return event;
}

export function createEvents(database: Database, listener: Listener, inOrder: InOrder): Events {
  return {
    log: (runId, message) => inOrder.do(runId, () => tellLog(database, database.clock(), runId, clean(message))),

    async list(runId, { afterId = 0, limit = PAGE } = {}) {
      const rows = await database.query<EventRow>(
        'SELECT * FROM run_events WHERE run_id = $1 AND id > $2 ORDER BY id LIMIT $3',
        [runId, afterId, limit],
      );
      return rows.map(toEvent);
    },

    subscribe: (runId, onEvent) => listener.subscribe(runId, onEvent),
  };
}
