import { runMigrations } from 'bullmq';
import { audit } from './audit/audit.js';
import { createBlobs } from './blobs/disk.js';
import { databaseError, mayPass, PooledDatabase } from './postgres/database.js';
import { Listener } from './postgres/listener.js';
import { migrate } from './postgres/migrate.js';
import { postgresConnection, redisConnection } from './queues/connection.js';
import { Presence } from './queues/presence.js';
import { BullQueues } from './queues/queues.js';
import { createBenchmarks } from './repositories/benchmarks.js';
import { createEvents } from './repositories/events.js';
import { createExtractions } from './repositories/extractions.js';
import { InOrder } from './repositories/in-order.js';
import { createLimits } from './repositories/limits.js';
import { createModels } from './repositories/models.js';
import { createRescores } from './repositories/rescores.js';
import { createResults } from './repositories/results.js';
import { RUN_EVENTS_CHANNEL } from './repositories/run-changes.js';
import { createRuns } from './repositories/runs.js';
import { createStreams } from './repositories/streams.js';
import { createSubmissions } from './repositories/submissions.js';
import { createTokens } from './repositories/tokens.js';
import { createUploads } from './repositories/uploads.js';
import type { Store, StoreOptions } from './types.js';

const DEFAULT_SCHEMA = 'corescore';
const POOL_SIZE = 6;

const OUTAGE_TOLD_EVERY_MS = 10_000;

/** Every connection meets an outage, and every try to make another: it is told in our words, now and then. */
function outagesOnce(onError: (error: Error) => void): (error: Error) => void {
  let toldMs = Number.NEGATIVE_INFINITY;
  return (error) => {
    const told = databaseError(error) as Error;
    if (mayPass(told)) {
      if (performance.now() - toldMs < OUTAGE_TOLD_EVERY_MS) return;
      toldMs = performance.now();
    }
    onError(told);
  };
}

/** Schema of BullMQ's own tables, beside the service's. */
export const queueSchema = (schema: string): string => `${schema}_queue`;

/**
 * Connects to Postgres and makes the repositories; nothing is created until `migrate`.
 * @throws CorescoreError `unavailable` when Postgres does not answer, `configuration` for a schema name it cannot take
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, redisUrl, home, schema = DEFAULT_SCHEMA } = options;
  const onError = outagesOnce(options.onError ?? (() => undefined));
  const database = new PooledDatabase(databaseUrl, schema, options.poolSize ?? POOL_SIZE, options.now, onError);
  const listener = new Listener(databaseUrl, schema, RUN_EVENTS_CHANNEL, onError);
  const connection =
    redisUrl === undefined
      ? postgresConnection(databaseUrl, queueSchema(schema))
      : redisConnection(redisUrl, schema, onError);
  const queues = new BullQueues(database, connection, new Presence(databaseUrl, schema, onError), onError);
  const inOrder = new InOrder();
  const ping = async (): Promise<void> => {
    await database.query('SELECT 1');
  };
  try {
    await ping();
  } catch (error) {
    await database.close();
    throw error;
  }
  const streams = createStreams(database, onError);
  let closing: Promise<void> | undefined;
  return {
    tokens: createTokens(database),
    models: createModels(database),
    submissions: createSubmissions(database),
    runs: createRuns(database, inOrder),
    rescores: createRescores(database),
    events: createEvents(database, listener, inOrder),
    extractions: createExtractions(database),
    benchmarks: createBenchmarks(database),
    results: createResults(database),
    limits: createLimits(database),
    streams,
    uploads: createUploads(database),
    blobs: createBlobs(home),
    queues,
    ping,
    audit: (options = {}) => audit(database, home, options),
    async migrate() {
      await migrate(database, schema);
      if (redisUrl !== undefined) return;
      const client = await database.pool.connect();
      try {
        await runMigrations(client, queueSchema(schema));
      } finally {
        client.release();
      }
    },
    close() {
      closing ??= (async () => {
        streams.close();
        await queues.close();
        await listener.close();
        await database.close();
      })();
      return closing;
    },
  };
}
