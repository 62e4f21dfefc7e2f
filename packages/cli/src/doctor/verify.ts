import { stat } from 'node:fs/promises';
import { CorescoreError } from '@corescore/contracts';
import type { Env } from '@corescore/contracts/env';
import type { AuditReport } from '@corescore/store';
import { stopRequests } from '../serve/signals.js';

/**
 * Holds all files of the home against the database: that of the settings, of the service that runs on the home, or one
 * that is started for it. Changes nothing. Ctrl-C ends it, and the database that it started.
 * @throws CorescoreError `configuration`, `unavailable`
 */
export async function verifyHome(
  env: Env,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<AuditReport> {
  if (!(await stat(env.home).catch(() => null))?.isDirectory()) {
    throw new CorescoreError('configuration', `There is no folder ${env.home}.`, {
      field: 'CORESCORE_HOME',
      remedy: 'Set CORESCORE_HOME to the home of a service.',
    });
  }
  const { openStore, reachEmbeddedPostgres } = await import('@corescore/store');
  const stop = stopRequests(() => process.exit(130));
  let embedded: Awaited<ReturnType<typeof reachEmbeddedPostgres>> | undefined;
  try {
    if (env.databaseUrl === undefined) embedded = await reachEmbeddedPostgres(env.home);
    const databaseUrl = env.databaseUrl ?? embedded!.databaseUrl;
    const store = await openStore({ databaseUrl, home: env.home, poolSize: 1 });
    try {
      return await store.audit({ onProgress, signal: stop.signal });
    } finally {
      await store.close();
    }
  } finally {
    await embedded?.stop();
    stop.release();
    // All is put away: it ends as a command does that catches no signal.
    if (stop.signal.aborted) process.kill(process.pid, 'SIGINT');
  }
}
