import { readdirSync, readFileSync } from 'node:fs';

/** Often enough that a model cannot touch much more than its limit between two looks. */
const POLL_MS = 25;
/** Listing all processes is dear on a busy host: other members of the group are looked for this often. */
const LIST_EVERY = 8;

export interface GroupMemoryWatch {
  /** Highest resident memory seen so far, bytes; 0 on a host without /proc. */
  peakBytes(): number;
  stop(): void;
}

/**
 * Watches the resident memory of a process group from outside.
 * @param leader process id of the group's leader.
 * @param onOver called once, with the bytes, when the group is over the limit.
 */
export function watchGroupMemory(
  leader: number,
  limitBytes: number,
  onOver: (bytes: number) => void,
): GroupMemoryWatch {
  let peak = 0;
  let polls = 0;
  let others: number[] = [];
  let told = false;
  const look = (): void => {
    if (polls++ % LIST_EVERY === 0) others = membersOf(leader).filter((pid) => pid !== leader);
    const own = memoryOf(leader);
    let now = own.now;
    for (const pid of others) now += memoryOf(pid).now;
    // The kernel's high-water mark sees what falls between two looks; only the leader's is surely its own.
    peak = Math.max(peak, now, own.peak);
    if (now > limitBytes && !told) {
      told = true;
      onOver(now);
    }
  };
  look();
  const timer = setInterval(look, POLL_MS);
  return {
    peakBytes: () => peak,
    stop: () => clearInterval(timer),
  };
}

/** Processes of a group, from /proc; empty where there is none. */
export function membersOf(group: number): number[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  const members: number[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    // pid (command) state ppid pgrp ...; the command may hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(fields[2]) === group) members.push(Number(name));
  }
  return members;
}

function memoryOf(pid: number): { now: number; peak: number } {
  const status = read(`/proc/${pid}/status`);
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
  return { now: kib('VmRSS') * 1024, peak: kib('VmHWM') * 1024 };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // The process is gone.
  }
}
