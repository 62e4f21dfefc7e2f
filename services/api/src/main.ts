#!/usr/bin/env node
import { join } from 'node:path';
import { parseEnv, sharedDatabase } from '@corescore/contracts/env';
import { endCode, logEnd, logError, openLog } from '@corescore/contracts/log';
import { isDiskFull, openStore } from '@corescore/store';
import { buildApp } from './app.js';
import { asCorescoreError } from './problems.js';
import { clearStaging } from './upload.js';

const log = openLog('api');

/** How long requests that run may take to end at a shutdown; a long upload is cut then, and leaves nothing behind. */
const GRACE_MS = 3_000;

/**
 * The process. Order of its end: no new requests, event streams closed, running requests answered, store closed.
 * A parent that dies (its IPC channel closes) ends it, too.
 */
async function main(): Promise<void> {
  const env = parseEnv(process.env, process.cwd());
  const store = await openStore({
    databaseUrl: sharedDatabase(env, 'api'),
    home: env.home,
    onError: (error) => logError(log, error),
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
  // A closed terminal is the supervisor's matter.
  process.on('SIGHUP', () => undefined);

  const address = await app.listen({ host: env.host, port: env.port });
  process.stdout.write(`listening ${address}\n`);
}

function fail(error: unknown): never {
  const told = isDiskFull(error) ? asCorescoreError(error) : error;
  logEnd(log, told);
  process.exit(endCode(told));
}

await main().catch(fail);
