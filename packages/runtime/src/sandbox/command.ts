import { randomInt } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Limits } from '../limits.js';
import type { Measure } from './measures.js';
import { firstProcess, privateRoot } from './private-root.js';

/** Programs of the host by path; null where it has none. */
export interface Tools {
  prlimit: string | null;
  setpriv: string | null;
  unshare: string | null;
  env: string | null;
  sh: string | null;
}

/** What an engine needs beside the code and the model's own files. All of it narrows the fence: give what is needed. */
export interface Access {
  /** Folders and files that it may read and load libraries from, e.g. a native TensorFlow outside `node_modules`. */
  readable?: readonly string[];
  /** Device nodes that it may open, e.g. `/dev/nvidia0`. */
  devices?: readonly string[];
  /** Environment variables that it gets; none of the host's are passed on. */
  environment?: Readonly<Record<string, string>>;
  /** Largest file it may make, bytes; default 0. Counts files that lie in memory only. */
  fileBytes?: number;
  /** Whether it loads native code (default). Without, Node's permission flags are a barrier and not only a layer. */
  addons?: boolean;
}

/** A process as it is started; `environment` is that of the outermost program. */
export interface Command {
  file: string;
  args: string[];
  environment: Record<string, string>;
}

/** Ids that belong to nobody: above those that directories of users hand out, below those of containers' hosts. */
const USER_IDS: readonly [first: number, count: number][] = [
  [2_100_000_000, 40_000_000],
  // Where only the lower 16 bits exist (a container of an ordinary user); unused by systemd's table of ids.
  [60_578, 606],
];

/**
 * Private memory that Node itself reserves and does not use, which RLIMIT_DATA counts all the same. From version 22 on
 * V8 maps 512 MiB for code: measured on 24 as VmData of an idle process, 560 MiB against 47 MiB on version 20.
 */
const RESERVED_BYTES = Number(process.versions.node.split('.')[0]) >= 22 ? 512 * 1024 ** 2 : 0;

/** The same for the thread that prepares images: its stack and heap, 12 MiB idle, and what they grow to. */
const THREAD_BYTES = 64 * 1024 ** 2;

/**
 * Processes and threads of a run. Node takes about a dozen threads, each worker of it a few, an engine's pools (ONNX
 * Runtime, TensorFlow, a software WebGPU) up to one a core each.
 */
export const MOST_TASKS = 64 + 4 * availableParallelism();

/** A user id for one run. Chosen by chance: processes that know nothing of each other share no id. */
export function freshUserId(range: number): number {
  const [first, count] = USER_IDS[range]!;
  return first + randomInt(count);
}

export const USER_ID_RANGES = [...USER_IDS.keys()];

/**
 * The command that runs `node <args>` in `folder` under the measures. From the outside in: dies with its parent; new
 * namespaces; the private root, laid out while the rights to do so are still there; another user without privileges;
 * limits; Node.
 * @param userId of the run, null where it runs as the parent's user
 */
export function commandOf(
  { tools, held, userId, code }: { tools: Tools; held: ReadonlySet<Measure>; userId: number | null; code: string[] },
  limits: Limits,
  args: readonly string[],
  folder: string,
  access: Access,
): Command {
  const variables = { ...access.environment };
  const { readable = [], devices = [] } = access;
  const words: string[] = [];
  const { setpriv } = tools;
  if (held.has('privileges')) words.push(setpriv!, '--pdeathsig', 'KILL', '--');
  const spaces = namespaces(held);
  if (spaces.length > 0) words.push(tools.unshare!, ...spaces, '--');
  const inside = realpathSync(folder);
  if (held.has('files')) {
    const view = { code: [...code, ...readable], data: [inside], devices };
    words.push(...privateRoot(tools.sh!, view, inside, held.has('processes')));
  } else if (held.has('processes')) {
    words.push(...firstProcess(tools.sh!));
  }
  // Shells export variables of their own; the programs of the fence need none.
  if (tools.env !== null) {
    words.push(tools.env, '-i', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`));
  }
  if (held.has('privileges')) words.push(setpriv!, ...privileges(userId, spaces.length > 0), '--');
  if (held.has('limits'))
    words.push(tools.prlimit!, ...kernelLimits(limits, access.fileBytes ?? 0, held.has('count')), '--');
  words.push(process.execPath);
  if (held.has('node')) words.push(...permissions([...code, ...readable, inside], access.addons ?? true));
  const [file, ...rest] = [...words, ...args];
  return { file: file!, args: rest, environment: tools.env === null ? variables : {} };
}

function namespaces(held: ReadonlySet<Measure>): string[] {
  const spaces: string[] = [];
  if (held.has('network')) spaces.push('--net');
  if (held.has('processes')) spaces.push('--pid', '--ipc', '--fork', '--kill-child');
  if (held.has('files')) spaces.push('--mount');
  if (spaces.length > 0 && !isRoot()) spaces.unshift('--user', '--map-root-user');
  return spaces;
}

/** The death of the parent is asked for again: a change of user clears it. */
function privileges(userId: number | null, inNamespace: boolean): string[] {
  const user = userId === null ? [] : ['--reuid', `${userId}`, '--regid', `${userId}`, '--clear-groups'];
  // Only root of its own namespace, or root, may empty the bounding set; nobody else has anything in it to lose.
  const bare = isRoot() || inNamespace ? ['--inh-caps=-all', '--bounding-set=-all'] : [];
  return [...user, ...bare, '--no-new-privs', '--pdeathsig', 'KILL'];
}

/**
 * Limits of the kernel. Never the address space: V8 and WebAssembly reserve far more than they use. RLIMIT_DATA counts
 * private writable memory, so that a giant allocation fails cleanly within the model instead of being killed. The
 * parent's own clock fires first; processor time is the net below it should the parent be gone. It warns (SIGXCPU)
 * before it kills, so that the signal tells which limit it was.
 */
function kernelLimits(limits: Limits, fileBytes: number, count: boolean): string[] {
  const cpuSeconds = Math.ceil(limits.wallSeconds * (limits.threads + 1)) + 5;
  return [
    `--data=${limits.memoryBytes + RESERVED_BYTES + THREAD_BYTES}`,
    `--cpu=${cpuSeconds}:${cpuSeconds + 5}`,
    // Node opens the files of a module graph at once: fewer than some hundreds do not let it start.
    '--nofile=1024',
    `--fsize=${fileBytes}`,
    '--core=0',
    ...(count ? [`--nproc=${MOST_TASKS}`] : []),
  ];
}

/** Version 20 has the second only. */
export const PERMISSION_FLAGS = ['--permission', '--experimental-permission'] as const;

/** Node warns of each of these flags, and that native code passes by them: so it does, see `Access`. */
function permissions(readable: readonly string[], addons: boolean): string[] {
  return [
    PERMISSION_FLAGS.find((flag) => process.allowedNodeEnvironmentFlags.has(flag))!,
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=SecurityWarning',
    '--allow-worker',
    ...(addons ? ['--allow-addons'] : []),
    ...readable.map((path) => `--allow-fs-read=${path}${isFolder(path) ? '/' : ''}`),
  ];
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
