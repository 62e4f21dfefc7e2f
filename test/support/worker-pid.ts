import { execFileSync } from 'node:child_process';
import type { Served } from './serve.js';

/** The child of the supervisor that runs the worker service; null while there is none. */
export function workerPid(served: Served): number | null {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  const found = lines
    .map((line) => line.trim().split(/\s+/))
    .find(([, ppid, ...args]) => Number(ppid) === served.process.pid && args.join(' ').includes('services/worker/'));
  return found === undefined ? null : Number(found[0]);
}
