import { runMigrations } from 'bullmq';
import { createBlobs } from './blobs/disk.js';
import { PooledDatabase } from './postgres/database.js';
import { Listener } from './postgres/listener.js';
import { migrate } from './postgres/migrate.js';
import { postgresConnection, redisConnection } from './queues/connection.js';
import { BullQueues } from './queues/queues.js';
import { createBenchmarks } from './repositories/benchmarks.js';
import { createEvents } from './repositories/events.js';
import { createExtractions } from './repositories/extractions.js';
import { createLimits } from './repositories/limits.js';
import { createModels } from './repositories/models.js';
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

/** Schema of BullMQ's own tables, beside the service's. */
export const queueSchema = (schema: string): string => `${schema}_queue`;

/**
 * Connects to Postgres and makes the repositories; nothing is created until `migrate`.
 * @throws CorescoreError `unavailable` when Postgres does not answer, `configuration` for a schema name it cannot take
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, redisUrl, home, schema = DEFAULT_SCHEMA, onError = () => undefined } = options;
  const database = new PooledDatabase(databaseUrl, schema, options.poolSize ?? POOL_SIZE, options.now, onError);
  const listener = new Listener(databaseUrl, schema, RUN_EVENTS_CHANNEL, onError);
  const connection =
    redisUrl === undefined
      ? postgresConnection(databaseUrl, queueSchema(schema))
      : redisConnection(redisUrl, schema, onError);
  const queues = new BullQueues(database, connection, onError);
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
    runs: createRuns(database),
    events: createEvents(database, listener),
    extractions: createExtractions(database),
    benchmarks: createBenchmarks(database),
    results: createResults(database),
    limits: createLimits(database),
    streams,
    uploads: createUploads(database),
    blobs: createBlobs(home),
    queues,
    ping,
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
