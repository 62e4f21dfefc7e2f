#!/usr/bin/env node
import { join } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { parseEnv } from '@corescore/contracts/env';
import { openStore } from '@corescore/store';
import { buildApp } from './app.js';
import { clearStaging } from './upload.js';

/** How long requests that run may take to end at a shutdown; a long upload is cut then, and leaves nothing behind. */
const GRACE_MS = 3_000;

/**
 * The process. Order of its end: no new requests, event streams closed, running requests answered, store closed.
 * A parent that dies (its IPC channel closes) ends it, too.
 */
async function main(): Promise<void> {
  const env = parseEnv(process.env, process.cwd());
  if (env.databaseUrl === undefined) {
    throw new CorescoreError('configuration', 'DATABASE_URL is not set.', {
      field: 'DATABASE_URL',
      remedy: 'Set it to the address of a Postgres database, or use `corescore serve`, which starts one.',
    });
  }
  const store = await openStore({
    databaseUrl: env.databaseUrl,
    home: env.home,
    onError: (error) => process.stderr.write(`${error.stack ?? error.message}\n`),
    ...(env.redisUrl === undefined ? {} : { redisUrl: env.redisUrl }),
  });
  const app = await (async () => {
    await store.migrate();
    await store.tokens.ensureLocalToken(join(env.home, 'token'));
    await clearStaging(env.home, new Date());
    return buildApp({ store, env });
  })().catch(async (error: unknown) => {
    await store.close();
    throw error;
  });

  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    setTimeout(() => app.server.closeAllConnections(), GRACE_MS).unref();
    app
      .close()
      .then(() => store.close())
      .then(() => process.exit(0), fail);
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  process.once('disconnect', end);

  const address = await app.listen({ host: env.host, port: env.port });
  process.stdout.write(`listening ${address}\n`);
}

function fail(error: unknown): never {
  if (error instanceof CorescoreError) {
    process.stderr.write(`${error.message}${error.remedy === undefined ? '' : ` ${error.remedy}`}\n`);
    process.exit(error.code === 'configuration' ? 10 : 1);
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}

main().catch(fail);
