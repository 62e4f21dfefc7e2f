import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Limits } from './limits.js';

/** The child's entry: built code, also when the parent runs from source. */
export const CHILD_ENTRY = fileURLToPath(new URL('../dist/child/main.js', import.meta.url));

/** The unprivileged account by convention ("nobody") that a root parent gives its children. */
const NOBODY = 65534;

/**
 * Private memory that Node itself reserves and does not use, which RLIMIT_DATA counts all the same. From version 22 on
 * V8 maps 512 MiB for code: measured on 24 as VmData of an idle process, 560 MiB against 47 MiB on version 20.
 */
const RESERVED_BYTES = Number(process.versions.node.split('.')[0]) >= 22 ? 512 * 1024 ** 2 : 0;

/** How this host can fence in a child; found out once per process by trying. */
export interface Sandbox {
  /** What holds here, a line each, for the log of a run. */
  lines: string[];
  networkCut: boolean;
  /** Group that the child runs as, when it is not the parent's: files for it must be readable by this group. */
  gid: number | null;
  /** The command that runs `node <args>` under the limits. */
  command(limits: Limits, args: readonly string[]): { file: string; args: string[] };
}

let probed: Promise<Sandbox> | undefined;

/** Limits that the kernel keeps, each only where its tool exists and works: `prlimit`, `unshare`, `setpriv`. */
export function sandbox(): Promise<Sandbox> {
  probed ??= probe();
  return probed;
}

async function probe(): Promise<Sandbox> {
  const lines: string[] = [];
  const [prlimit, unshare, setpriv] = await Promise.all([find('prlimit'), find('unshare'), find('setpriv')]);
  const kernel = prlimit !== null && (await runs([prlimit, '--core=0', ...NODE_VERSION])) ? prlimit : null;
  lines.push(
    kernel !== null
      ? 'sandbox: memory, processor time, files and open descriptors limited by the kernel (prlimit)'
      : 'sandbox: no prlimit on this host; only the parent watches memory and time',
  );
  let network: string[] = [];
  for (const flag of ['-n', '-rn']) {
    if (unshare !== null && network.length === 0 && (await runs([unshare, flag, '--', ...NODE_VERSION]))) {
      network = [unshare, flag, '--'];
    }
  }
  lines.push(
    network.length > 0
      ? 'sandbox: network cut (own network namespace)'
      : 'sandbox: NETWORK NOT CUT, this host allows no network namespace',
  );
  let privileges: string[] = [];
  let gid: number | null = null;
  if (setpriv !== null) {
    // Set last before Node starts: a change of user clears the parent-death signal.
    const keep = [setpriv, '--no-new-privs', '--pdeathsig', 'KILL'];
    const drop = [setpriv, '--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups', ...keep.slice(1)];
    // Dropping to nobody fails where Node or this package lie in a folder closed to others: try the real thing.
    if (process.getuid?.() === 0 && (await runs([...network, ...drop, process.execPath, CHILD_ENTRY, '--probe']))) {
      privileges = drop;
      gid = NOBODY;
      lines.push('sandbox: runs as nobody, gains no privileges, dies with its parent');
    } else if (await runs([...network, ...keep, ...NODE_VERSION])) {
      privileges = keep;
      lines.push('sandbox: gains no privileges, dies with its parent');
    }
  }
  return {
    lines,
    networkCut: network.length > 0,
    gid,
    command(limits, args) {
      const bounds = kernel === null ? [] : [kernel, ...kernelLimits(limits), '--'];
      const [file, ...rest] = [...bounds, ...network, ...privileges, process.execPath, ...args];
      return { file: file!, args: rest };
    },
  };
}

const NODE_VERSION = [process.execPath, '--version'];

/**
 * Limits of the kernel. Never the address space: V8 and WebAssembly reserve far more than they use. RLIMIT_DATA counts
 * private writable memory, so that a giant allocation fails cleanly within the model instead of being killed. The
 * parent's own clock fires first; processor time is the net below it should the parent be gone.
 */
function kernelLimits(limits: Limits): string[] {
  return [
    `--data=${limits.memoryBytes + RESERVED_BYTES}`,
    `--cpu=${Math.ceil(limits.wallSeconds * (limits.threads + 1)) + 5}`,
    // Node opens the files of a module graph at once: fewer than some hundreds do not let it start.
    '--nofile=1024',
    '--fsize=0',
    '--core=0',
  ];
}

async function find(tool: string): Promise<string | null> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, tool);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

function runs(command: readonly string[]): Promise<boolean> {
  const [file, ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(file!, args, { stdio: 'ignore', env: {}, timeout: 20_000, killSignal: 'SIGKILL' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
