import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The processes of a service, found as an operator finds them. */
interface Process {
  pid: number;
  parent: number;
  args: string;
}

function all(): Process[] {
  return execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((found) => found !== null)
    .map(([, pid, parent, args]) => ({ pid: Number(pid), parent: Number(parent), args: args! }));
}

/** Those whose command line names the home: the supervisor, its database, and whoever started them. */
export const processes = (home: string): Process[] =>
  all().filter(({ args }) => args.includes(home) && !args.startsWith('ps '));

/** @throws Error where nothing supervises the home */
export function supervisorPid(home: string): number {
  const { pid } = JSON.parse(readFileSync(join(home, 'postgres.owner'), 'utf8')) as { pid: number };
  return pid;
}

export const postmasterPid = (home: string): number =>
  Number(readFileSync(join(home, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);

/** A process of Postgres that serves a connection of ours. */
export function backendPid(home: string): number {
  const postmaster = postmasterPid(home);
  const found = all().find(({ parent, args }) => parent === postmaster && /^postgres: corescore corescore/.test(args));
  if (found === undefined) throw new Error('Postgres serves no connection');
  return found.pid;
}

/** Processes of the services, by their program below the supervisor. */
export function servicePid(home: string, name: 'api' | 'worker'): number | null {
  const supervisor = supervisorPid(home);
  const found = all().find(({ parent, args }) => parent === supervisor && args.includes(`services/${name}/`));
  return found?.pid ?? null;
}

export const isReady = (served: { url: string }): Promise<boolean> =>
  fetch(`${served.url}/readyz`).then(
    (answer) => answer.ok,
    () => false,
  );
