import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { syncFolder, writeAtomically } from '@corescore/contracts/files';
import { isAlive } from '@corescore/contracts/process';
import type { Binaries } from './binaries.js';
import type { RunProgram } from './run-as.js';

export const DATABASE_USER = 'corescore';

const readText = (path: string): Promise<string | null> =>
  readFile(path, 'utf8').then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    },
  );

/** The password of the server, made at the first start. @throws CorescoreError where it was lost and data is there */
export async function ensurePassword(path: string, dataFolder: string): Promise<string> {
  const found = await readText(path);
  if (found !== null && found !== '') return found;
  if ((await readText(join(dataFolder, 'PG_VERSION'))) !== null) {
    throw new CorescoreError('configuration', `The password file ${path} is missing, and ${dataFolder} needs it.`, {
      field: 'CORESCORE_HOME',
      remedy: `Restore the file, or remove ${dataFolder} to start with an empty database.`,
    });
  }
  const password = randomBytes(24).toString('base64url');
  await writeAtomically(path, password, 0o600);
  return password;
}

/**
 * Makes the data folder where there is none: in a folder beside it that is renamed when it is whole, so that a start
 * that was cut off leaves nothing that looks like a database.
 * @throws CorescoreError `configuration` for data of another major version
 */
export async function ensureData(
  dataFolder: string,
  passwordFile: string,
  binaries: Binaries,
  run: RunProgram,
): Promise<void> {
  const beginning = `${basename(dataFolder)}.init-`;
  for (const name of await readdir(dirname(dataFolder))) {
    if (name.startsWith(beginning)) await rm(join(dirname(dataFolder), name), { recursive: true, force: true });
  }
  const version = await readText(join(dataFolder, 'PG_VERSION'));
  if (version === null) {
    const unfinished = join(dirname(dataFolder), `${beginning}${process.pid}`);
    await run(binaries.initdb, [
      ...['-D', unfinished, '-U', DATABASE_USER, '--pwfile', passwordFile],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C'],
    ]);
    // An empty folder (a volume's mount point) gives way; one with files in it does not. initdb has flushed what is in it.
    await rename(unfinished, dataFolder);
    await syncFolder(dirname(dataFolder));
    return;
  }
  const program = /\(PostgreSQL\) (\d+)/.exec(await run(binaries.postgres, ['--version']))?.[1];
  if (program !== version) {
    throw new CorescoreError('configuration', `${dataFolder} is of Postgres ${version}; this is ${program}.`, {
      field: 'CORESCORE_HOME',
      remedy: `Use the corescore that wrote it, or move the data with pg_dump of version ${version} and pg_restore.`,
    });
  }
}

/** What a server that runs, or that was killed, says about itself. */
async function readPidFile(dataFolder: string): Promise<number | null> {
  const pid = Number((await readText(join(dataFolder, 'postmaster.pid')))?.split('\n')[0]);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
}

/** Whether the process is a Postgres; where that cannot be told, a living one counts. */
async function isPostgres(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const command = await readText(`/proc/${pid}/cmdline`);
  return command === null || command.includes('postgres');
}

/**
 * Clears what a supervisor that was killed left: its server, which still runs, is stopped in order; the pid file of a
 * server that is dead is removed where its number belongs to another program by now, which Postgres would not do.
 */
export async function clearLeftovers(dataFolder: string, binaries: Binaries, run: RunProgram): Promise<void> {
  const pid = await readPidFile(dataFolder);
  if (pid === null) return;
  if (await isPostgres(pid)) await run(binaries.pg_ctl, ['stop', '-D', dataFolder, '-m', 'fast', '-w', '-t', '60']);
  else if (isAlive(pid)) await rm(join(dataFolder, 'postmaster.pid'), { force: true });
}
