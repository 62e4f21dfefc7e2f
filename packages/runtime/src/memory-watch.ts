import { readFileSync } from 'node:fs';
import type { ProcessTree } from './process-tree.js';

/** Often enough that a model cannot touch much more than its limit between two looks. */
const POLL_MS = 25;
/** Listing all processes is dear on a busy host: beyond the start, members of the tree are looked for this often. */
const LIST_EVERY = 4;
const POLLS_AT_START = 12;

export interface MemoryWatch {
  /** Highest resident memory seen so far, bytes; 0 on a host without /proc. */
  peakBytes(): number;
  stop(): void;
}

/**
 * Watches the resident memory of a run's processes from outside.
 * @param onOver called once, with the bytes, when they are over the limit together.
 */
export function watchMemory(tree: ProcessTree, limitBytes: number, onOver: (bytes: number) => void): MemoryWatch {
  let peak = 0;
  let polls = 0;
  let members: number[] = [];
  let told = false;
  const look = (): void => {
    if (polls < POLLS_AT_START || polls % LIST_EVERY === 0) members = tree.members();
    polls++;
    let now = 0;
    for (const pid of members) {
      const memory = memoryOf(pid);
      now += memory.now;
      // The kernel's high-water mark sees what falls between two looks.
      peak = Math.max(peak, memory.peak);
    }
    peak = Math.max(peak, now);
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
