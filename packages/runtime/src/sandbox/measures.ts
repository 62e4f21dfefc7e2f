/**
 * Everything that can stand between a model and the host, each on its own: a host that refuses one still keeps the
 * others. The order is that in which they are tried where not all of them work together.
 */
export const MEASURES = {
  privileges: {
    holds: 'gains no privileges, dies with its parent',
    absent: 'MAY GAIN PRIVILEGES AND OUTLIVE ITS PARENT, this host has no setpriv that works',
  },
  limits: {
    holds: 'memory, processor time, files and open descriptors limited by the kernel (prlimit)',
    absent: 'NO LIMITS OF THE KERNEL, this host has no prlimit that works; only the parent watches memory and time',
  },
  network: {
    holds: 'network cut (own network namespace)',
    absent: 'NETWORK NOT CUT, this host allows no network namespace',
  },
  processes: {
    holds: 'sees no other process and leaves none behind (own process namespace)',
    absent:
      'OTHER PROCESSES VISIBLE, and what leaves the tree of a run may outlive it: this host allows no process namespace',
  },
  files: {
    holds: 'sees its own files, the code and the system libraries, all read-only (private root)',
    absent: 'FILES OF THE HOST VISIBLE as far as their permissions allow, this host allows no private root',
  },
  user: {
    holds: 'runs under a user id of its own',
    absent:
      'RUNS AS THE USER OF THE SERVICE, only root can give a run a user id of its own, and every user must be able to read Node and the code',
  },
  count: {
    holds: 'number of processes and threads limited',
    absent: 'NUMBER OF PROCESSES NOT LIMITED, this host counts them with those of other programs',
  },
  node: {
    holds: 'Node itself refuses other files and further processes (permission flags)',
    absent: 'NODE REFUSES NOTHING, this version has no permission flags that work',
  },
} as const satisfies Record<string, { holds: string; absent: string }>;

export type Measure = keyof typeof MEASURES;

export const ALL_MEASURES = Object.keys(MEASURES) as Measure[];

/**
 * The walls: without one of them a model reaches the host's files, its network or its other processes. The others
 * bound what it may use up, or stand behind a wall.
 */
export const WALLS = ['privileges', 'network', 'processes', 'files'] as const satisfies readonly Measure[];

/** A line each for the log of a run; what is absent is said in capitals. */
export function linesOf(held: ReadonlySet<Measure>): string[] {
  return ALL_MEASURES.map((name) => `sandbox: ${held.has(name) ? MEASURES[name].holds : MEASURES[name].absent}`);
}

/** What does not hold, of all or of those named. */
export function absentOf(held: ReadonlySet<Measure>, among: readonly Measure[] = ALL_MEASURES): string[] {
  return among.filter((name) => !held.has(name)).map((name) => MEASURES[name].absent);
}
