import { spawn } from 'node:child_process';
import { access, constants, rm } from 'node:fs/promises';
import { release } from 'node:os';
import { delimiter, join } from 'node:path';
import { MIN_MEMORY_BYTES } from '../limits.js';
import { makeTemporary } from '../temporary.js';
import { codePaths } from './code-paths.js';
import {
  type Command,
  commandOf,
  freshUserId,
  isRoot,
  PERMISSION_FLAGS,
  type Tools,
  USER_ID_RANGES,
} from './command.js';
import { ALL_MEASURES, type Measure } from './measures.js';

/** What this host was found to allow. */
export interface Host {
  tools: Tools;
  held: ReadonlySet<Measure>;
  /** Which range of user ids works; null where runs get none of their own. */
  userIdRange: number | null;
  code: string[];
}

/** It loads the engine and ends. */
const TRIAL_LIMITS = { wallSeconds: 60, memoryBytes: 4 * MIN_MEMORY_BYTES, maxActivationBytes: 1, threads: 1 };
const TRIAL_MS = 30_000;

/**
 * Finds out by trying: all measures at once, and where that fails one after the other, keeping each that works with
 * those before it.
 * @param entry the child's program, which ends with 0 for `--probe` once it has loaded its engine
 * @param without measures to leave out, as on a host that does not allow them
 */
export async function probeHost(entry: string, without: readonly Measure[] = []): Promise<Host> {
  const tools = await findTools();
  const code = codePaths(entry);
  if (!process.execPath.startsWith('/usr/')) code.push(process.execPath);
  const folder = await makeTemporary('probe');
  const works = (held: ReadonlySet<Measure>, userIdRange: number | null): Promise<boolean> => {
    const userId = userIdRange === null ? null : freshUserId(userIdRange);
    return tryOut(commandOf({ tools, held, userId, code }, TRIAL_LIMITS, [entry, '--probe'], folder, {}), folder);
  };
  const wanted = ALL_MEASURES.filter((measure) => !without.includes(measure));
  try {
    const all = new Set<Measure>();
    for (const measure of wanted) if (isPossible(measure, tools, all)) all.add(measure);
    const firstRange = all.has('user') ? 0 : null;
    if (await works(all, firstRange)) return { tools, held: all, userIdRange: firstRange, code };
    const held = new Set<Measure>();
    let userIdRange: number | null = null;
    for (const measure of wanted) {
      if (!isPossible(measure, tools, held)) continue;
      const ranges: (number | null)[] = measure === 'user' ? USER_ID_RANGES : [userIdRange];
      for (const range of ranges) {
        if (held.has(measure) || !(await works(new Set([...held, measure]), range))) continue;
        held.add(measure);
        userIdRange = range;
      }
    }
    return { tools, held, userIdRange, code };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What need not be tried: its tools are missing, or it would not do what it says beside those that hold. */
function isPossible(measure: Measure, tools: Tools, held: ReadonlySet<Measure>): boolean {
  const inShell = tools.sh !== null && tools.env !== null && tools.unshare !== null;
  switch (measure) {
    case 'privileges':
      return tools.setpriv !== null;
    case 'limits':
      return tools.prlimit !== null;
    case 'network':
      return tools.unshare !== null;
    case 'processes':
      return inShell;
    case 'files':
      // Who may lay out a root could undo it, were that right not dropped.
      return inShell && held.has('privileges');
    case 'user':
      return held.has('privileges') && isRoot();
    case 'count':
      return held.has('limits') && (held.has('user') || (!isRoot() && countsByNamespace(held)));
    case 'node':
      return PERMISSION_FLAGS.some((flag) => process.allowedNodeEnvironmentFlags.has(flag));
  }
}

/** Since Linux 5.14 a user namespace counts its processes apart from those of its owner. */
function countsByNamespace(held: ReadonlySet<Measure>): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const inNamespace = held.has('network') || held.has('processes') || held.has('files');
  return inNamespace && (major > 5 || (major === 5 && minor >= 14));
}

async function findTools(): Promise<Tools> {
  const [prlimit, setpriv, unshare, env, sh] = await Promise.all(
    ['prlimit', 'setpriv', 'unshare', 'env', 'sh'].map(find),
  );
  return { prlimit: prlimit!, setpriv: setpriv!, unshare: unshare!, env: env!, sh: sh! };
}

async function find(tool: string): Promise<string | null> {
  // Those of the system's administrator are not in every user's PATH.
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin']) {
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

function tryOut({ file, args, environment }: Command, folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: folder,
      env: environment,
      stdio: 'ignore',
      timeout: TRIAL_MS,
      killSignal: 'SIGKILL',
    });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
