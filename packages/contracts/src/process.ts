import { readFileSync } from 'node:fs';

/** Names a process for good: ids are used again, and a file may outlive the process that it tells of. */
export interface ProcessName {
  pid: number;
  /** When it began, in ticks since boot; empty where that is not told (no /proc). */
  started: string;
}

/** When a process began, in ticks since boot; empty where there is none, or no /proc. */
function startOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name in brackets, may hold spaces: count from behind it.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

export const thisProcess = (): ProcessName => ({ pid: process.pid, started: startOf(process.pid) });

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether that very process runs; without /proc a living process of its id counts. */
export const stillRuns = ({ pid, started }: ProcessName): boolean => isAlive(pid) && startOf(pid) === started;
