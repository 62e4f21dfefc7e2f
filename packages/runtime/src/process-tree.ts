import { readdirSync, readFileSync } from 'node:fs';

interface Process {
  pid: number;
  /** As in /proc: R, S, Z … */
  state: string;
  parent: number;
  group: number;
  /** Clock ticks since the host's start: with the id it names a process for good, since ids come round again. */
  startedAt: string;
}

/** Bounds the hunt for processes that multiply faster than they are killed; the next kill goes on. */
const MOST_LOOKS = 50;

/**
 * The processes of a run: the leader, its group and all descendants, also those that left the group (setsid) or lost
 * their parent, once a look has seen them or where the run has a user id of its own. Empty on a host without /proc.
 */
export class ProcessTree {
  private known = new Map<number, string>();
  private readonly leaderStartedAt: string | undefined;
  /** False once the leader is gone and its id has come round to somebody else. */
  private isLeadersId = true;

  /**
   * @param leader id of the first process, which leads its group; it was just started, so that the id is still its own
   * @param uid user id that only this run has, where its processes are to be found by it
   */
  constructor(
    private readonly leader: number,
    private readonly uid: number | null = null,
  ) {
    this.leaderStartedAt = processOf(leader)?.startedAt;
  }

  /** Looks at all processes of the host. Returns the ids of those of the run that are alive. */
  members(): number[] {
    const all = listProcesses();
    const found = new Map<number, string>();
    const children = new Map<number, Process[]>();
    for (const process of all) children.set(process.parent, [...(children.get(process.parent) ?? []), process]);
    const add = (process: Process): void => {
      if (found.has(process.pid)) return;
      found.set(process.pid, process.startedAt);
      for (const child of children.get(process.pid) ?? []) add(child);
    };
    // The id of a group is not given out again as long as anyone is in it.
    this.isLeadersId = all.every(({ pid, startedAt }) => pid !== this.leader || startedAt === this.leaderStartedAt);
    for (const process of all) {
      const { pid, group, startedAt } = process;
      const isLeaders = this.isLeadersId && (pid === this.leader || group === this.leader);
      const ours = isLeaders || this.known.get(pid) === startedAt;
      if (ours || (this.uid !== null && userOf(pid) === this.uid)) add(process);
    }
    this.known = found;
    return [...found.keys()];
  }

  /** Kills the group, and then whatever of the run is outside it. */
  kill(): void {
    this.members();
    if (this.isLeadersId) signal(-this.leader);
    const killed = new Set<number>();
    // A process that forks while it is being looked for is seen by the next look.
    for (let look = 0; look < MOST_LOOKS; look++) {
      const left = this.members().filter((pid) => !killed.has(pid));
      if (left.length === 0) return;
      for (const pid of left) {
        signal(pid);
        killed.add(pid);
      }
    }
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

function listProcesses(): Process[] {
  const found: Process[] = [];
  for (const name of namesIn('/proc')) {
    const process = /^\d+$/.test(name) ? processOf(Number(name)) : undefined;
    // A zombie holds nothing and cannot be killed: its parent has to take its leave.
    if (process !== undefined && process.state !== 'Z' && process.state !== 'X') found.push(process);
  }
  return found;
}

function processOf(pid: number): Process | undefined {
  const stat = contents(`/proc/${pid}/stat`);
  // pid (command) state ppid pgrp ...; the command may hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group] = fields;
  if (state === undefined || state === '') return undefined;
  return { pid, state, parent: Number(parent), group: Number(group), startedAt: fields[19] ?? '' };
}

/** Real user id. The owner of the folder in /proc would not do: a process can hide itself from that. */
function userOf(pid: number): number {
  return Number(/^Uid:\s+(\d+)/m.exec(contents(`/proc/${pid}/status`))?.[1]);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // No /proc on this host.
  }
}

function contents(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // The process is gone.
  }
}
