import { readFile, rm } from 'node:fs/promises';
import { CorescoreError } from '@corescore/contracts';
import { writeAtomically } from '@corescore/contracts/files';
import { type ProcessName, stillRuns, thisProcess } from '@corescore/contracts/process';

/** Process id of the living supervisor that the mark at `path` names; null where there is none. */
export async function supervisorOf(path: string): Promise<number | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  const other = text === null ? null : parse(text);
  return other !== null && stillRuns(other) ? other.pid : null;
}

/**
 * Marks the data folder as supervised by this process; two supervisors would stop each other's server.
 * @returns gives the mark back
 * @throws CorescoreError `configuration` where a living process supervises it
 */
export async function takeOwnership(path: string, home: string): Promise<() => Promise<void>> {
  const other = await supervisorOf(path);
  if (other !== null) {
    throw new CorescoreError('configuration', `corescore runs on ${home} already (process ${other}).`, {
      field: 'CORESCORE_HOME',
      remedy: 'Stop it first, or choose another CORESCORE_HOME.',
    });
  }
  await writeAtomically(path, JSON.stringify(thisProcess()), 0o600);
  return () => rm(path, { force: true });
}

function parse(text: string): ProcessName | null {
  try {
    return JSON.parse(text) as ProcessName;
  } catch {
    return null;
  }
}
