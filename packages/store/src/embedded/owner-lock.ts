import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { CorescoreError } from '@corescore/contracts';
import { type ProcessName, stillRuns, thisProcess } from '@corescore/contracts/process';

/**
 * Marks the data folder as supervised by this process; two supervisors would stop each other's server.
 * @returns gives the mark back
 * @throws CorescoreError `configuration` where a living process supervises it
 */
export async function takeOwnership(path: string, home: string): Promise<() => Promise<void>> {
  const text = await readFile(path, 'utf8').catch(() => null);
  const other = text === null ? null : parse(text);
  if (other !== null && stillRuns(other)) {
    throw new CorescoreError('configuration', `corescore runs on ${home} already (process ${other.pid}).`, {
      field: 'CORESCORE_HOME',
      remedy: 'Stop it first, or choose another CORESCORE_HOME.',
    });
  }
  await writeFile(`${path}.${process.pid}`, JSON.stringify(thisProcess()), { mode: 0o600 });
  await rename(`${path}.${process.pid}`, path);
  return () => rm(path, { force: true });
}

function parse(text: string): ProcessName | null {
  try {
    return JSON.parse(text) as ProcessName;
  } catch {
    return null;
  }
}
