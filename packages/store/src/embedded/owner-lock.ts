import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { CorescoreError } from '@corescore/contracts';

/** Who supervises the server: a process id, and when it began, since ids are used again. */
interface Supervisor {
  pid: number;
  started: string;
}

/** When a process began, in ticks since boot; empty where that is not told (no /proc). */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field, the program's name in brackets, may hold spaces: count from behind it.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Marks the data folder as supervised by this process; two supervisors would stop each other's server.
 * @returns gives the mark back
 * @throws CorescoreError `configuration` where a living process supervises it
 */
export async function takeOwnership(path: string, home: string): Promise<() => Promise<void>> {
  const text = await readFile(path, 'utf8').catch(() => null);
  const other = text === null ? null : parse(text);
  if (other !== null && isAlive(other.pid) && (await startOf(other.pid)) === other.started) {
    throw new CorescoreError('configuration', `corescore runs on ${home} already (process ${other.pid}).`, {
      field: 'CORESCORE_HOME',
      remedy: 'Stop it first, or choose another CORESCORE_HOME.',
    });
  }
  const self: Supervisor = { pid: process.pid, started: await startOf(process.pid) };
  const written = `${path}.${process.pid}`;
  try {
    await writeFile(written, JSON.stringify(self), { mode: 0o600 });
    await rename(written, path);
  } catch (error) {
    await rm(written, { force: true });
    throw error;
  }
  return () => rm(path, { force: true });
}

function parse(text: string): Supervisor | null {
  try {
    return JSON.parse(text) as Supervisor;
  } catch {
    return null;
  }
}
