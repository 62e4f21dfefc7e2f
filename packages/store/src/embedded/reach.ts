import { access, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import type { EmbeddedPostgres } from '../types.js';
import { supervisorOf } from './owner-lock.js';
import { embeddedUrl, startEmbeddedPostgres } from './start.js';

/** Line of postmaster.pid that has the port, from 0. */
const PORT_LINE = 3;

/**
 * The embedded database of a home for a look at it: that of the service which runs on the home, or else one that is
 * started for the time being. Nothing is made where there is none.
 * @throws CorescoreError `configuration` where there is no database; `unavailable` where that of a service is not up
 */
export async function reachEmbeddedPostgres(given: string): Promise<Pick<EmbeddedPostgres, 'databaseUrl' | 'stop'>> {
  const home = resolve(given);
  const dataFolder = join(home, 'postgres');
  try {
    await access(join(dataFolder, 'PG_VERSION'));
  } catch (error) {
    throw new CorescoreError('configuration', `There is no database in ${home}.`, {
      field: 'CORESCORE_HOME',
      remedy: 'Set CORESCORE_HOME to the home of a service, or DATABASE_URL to its database.',
      cause: error,
    });
  }
  const supervisor = await supervisorOf(join(home, 'postgres.owner'));
  if (supervisor === null) return startEmbeddedPostgres({ home });
  const running = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '');
  const port = Number(running.split('\n')[PORT_LINE]);
  if (!Number.isSafeInteger(port) || port <= 0) {
    throw new CorescoreError('unavailable', `The database of the service (process ${supervisor}) is not up.`, {
      field: 'CORESCORE_HOME',
      remedy: 'Try again in a moment, or stop the service first.',
    });
  }
  const password = (await readFile(join(home, 'postgres.password'), 'utf8')).trim();
  return { databaseUrl: embeddedUrl(password, port), stop: async () => undefined };
}
