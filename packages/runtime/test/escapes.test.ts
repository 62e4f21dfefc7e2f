import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { ALL_MEASURES, MEASURES, type Measure } from '../src/sandbox/measures.js';

/**
 * A program in the place of a model that tries to get out (escapes/probe.mjs), judged by what its parent sees
 * (escapes/warden.mjs). Hosts that allow less are made by leaving measures out; an ordinary user is tried where the
 * tests run as root. Whatever a host cannot refuse, its log must say.
 */
interface Seen {
  held: Measure[];
  lines: string[];
  mostTasks: number;
  runs: Record<string, Run>;
  /** What reached the parent's listeners. */
  seen: { tcp: number; socketFile: number; abstractSocket: number; udp: string[] };
  /** A process of the parent's, after the signals. */
  alive: boolean;
  /** A folder open to all, after the writing. */
  open: Record<string, string>;
}
interface Run {
  said: string;
  end: { killedFor: string | null; exitCode: number | null; signal: string | null; logTail: string };
  logLines: number;
  mostTasks: number;
  /** Processes of the probe that were there when the run had ended. */
  left: number;
  pixels: string;
  job: string;
  folder: string[];
}

const WARDEN = fileURLToPath(new URL('./escapes/warden.mjs', import.meta.url));
const TOKEN = 'cs_the-token-of-the-service';
const NAMESPACES: Measure[] = ['network', 'processes', 'files'];
const QUIET = ['network', 'reading', 'writing', 'signalling'];
const LOUD = [['multiply'], ['daemon'], ['workers'], ['hoard'], ['chatter']];

const HOSTS: [name: string, without: readonly Measure[], attempts: string[][]][] = [
  ['this host', [], [QUIET]],
  ['this host, past the flags of Node', ['node'], [QUIET, ...LOUD]],
  ['a host without namespaces', NAMESPACES, [QUIET]],
  ['a host without namespaces, past the flags of Node', ['node', ...NAMESPACES], [QUIET, ...LOUD]],
  ['a host that allows nothing', ALL_MEASURES, [QUIET]],
];

/** Ids of no account. */
const ORDINARY = ['setpriv', '--reuid', '2099999999', '--regid', '2099999999', '--clear-groups'];

const isRoot = process.getuid?.() === 0;

/**
 * Only root can become somebody else, who must be able to read this checkout and to start Node: by themselves, for
 * `setpriv` still has root's rights when it starts something.
 */
const canBeOrdinary = (() => {
  if (!isRoot) return false;
  const shell = ['sh', '-c', '"$0" --check "$1"', process.execPath, WARDEN];
  return spawnSync(ORDINARY[0], [...ORDINARY.slice(1), ...shell], { stdio: 'ignore' }).status === 0;
})();
const USERS = [{ user: 'the user of the tests', as: [] as string[] }];
if (canBeOrdinary) USERS.push({ user: 'an ordinary user', as: ORDINARY });

async function watch(as: string[], without: readonly Measure[], attempts: string[][]): Promise<Seen> {
  const [file, ...args] = [...as, process.execPath, WARDEN, JSON.stringify({ without, attempts })];
  const env = { PATH: process.env['PATH'], CORESCORE_TOKEN: TOKEN };
  const { stdout } = await promisify(execFile)(file, args, { env, maxBuffer: 64 * 1024 ** 2 });
  return JSON.parse(stdout) as Seen;
}

/** There nothing counts or holds them together: these two would only run into their time limit. */
const unbounded = (as: string[], without: readonly Measure[], attempt: string[]) =>
  as.length > 0 && without.includes('processes') && ['workers', 'hoard'].includes(attempt[0]);

const CASES = USERS.flatMap(({ user, as }) =>
  HOSTS.map(
    ([host, without, attempts]) =>
      [user, host, as, without, attempts.filter((attempt) => !unbounded(as, without, attempt))] as const,
  ),
);

describe.runIf(process.platform === 'linux').each(CASES)('%s, %s', (_user, _host, as, without, attempts) => {
  let result: Seen;
  let quiet: Run;
  const holds = (measure: Measure) => result.held.includes(measure);
  const saysAbsent = (measure: Measure) => expect(result.lines).toContain(`sandbox: ${MEASURES[measure].absent}`);
  /** Whether permissions of files are all that stands before them. */
  const filesOpen = () => !holds('files') && !holds('node');
  const asService = () => filesOpen() && !holds('user');
  /** Root without its capabilities may not look into a process that has them. */
  const seesParent = () => asService() && !(isRoot && as.length === 0 && holds('privileges'));

  beforeAll(async () => {
    result = await watch(as, without, attempts);
    quiet = result.runs[QUIET.join()];
    expect(quiet.end).toMatchObject({ killedFor: null, exitCode: 0 });
  });

  it('says what holds and what does not', () => {
    for (const measure of without) expect(holds(measure)).toBe(false);
    for (const measure of ALL_MEASURES) {
      if (holds(measure)) expect(result.lines).toContain(`sandbox: ${MEASURES[measure].holds}`);
      else saysAbsent(measure);
    }
  });

  it('network', () => {
    const { tcp, abstractSocket, socketFile, udp } = result.seen;
    if (holds('network')) expect({ tcp, abstractSocket, udp }).toEqual({ tcp: 0, abstractSocket: 0, udp: [] });
    else {
      saysAbsent('network');
      expect({ tcp, abstractSocket, knocked: udp.includes('knock') }).toEqual({
        tcp: 1,
        abstractSocket: 1,
        knocked: true,
      });
    }
    expect(socketFile).toBe(holds('files') ? 0 : 1);
  });

  it('environment', () => {
    const said = Object.fromEntries(
      quiet.said
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
    expect(said.environment).toEqual({ ORT_DISABLE_TELEMETRY: '1' });
    expect(quiet.said.includes(TOKEN)).toBe(seesParent());
  });

  it('files to read', () => {
    expect(quiet.said.includes('secret of public')).toBe(filesOpen());
    expect(quiet.said.includes('secret of private')).toBe(asService());
    if (filesOpen()) saysAbsent('files');
    if (asService()) saysAbsent('user');
  });

  it('files to write', () => {
    const untouched = { 'append-to-me': 'secret of open/append-to-me', 'empty-me': 'secret of open/empty-me' };
    if (!filesOpen()) expect(result.open).toEqual({ ...untouched, 'unlink-me': 'secret of open/unlink-me' });
    else if (holds('limits')) {
      // The kernel lets no byte be written; names can be.
      expect(result.open).toEqual({ ...untouched, 'empty-me': '', made: '', written: '' });
    } else {
      expect(Object.keys(result.open)).not.toContain('unlink-me');
      saysAbsent('limits');
    }
    if (!asService()) {
      expect(quiet).toMatchObject({ pixels: 'pixels', job: expect.stringContaining('attempt'), folder: [] });
    }
  });

  it('signals and namespaces', () => {
    expect(result.alive).toBe(holds('processes') || holds('user'));
    if (holds('files')) expect(quiet.said).not.toContain('["namespace",0]');
  });

  if (attempts.length === 1) return;
  describe('in force', () => {
    const nobodyLeaves = () => holds('processes') || holds('user');
    /** Programs of the fence run as the service and are not counted with the run. */
    const FENCE_TASKS = 4;

    it('more processes than allowed', () => {
      const { mostTasks, left } = result.runs.multiply;
      if (holds('count')) expect(mostTasks).toBeLessThanOrEqual(result.mostTasks + FENCE_TASKS);
      else saysAbsent('count');
      expect(mostTasks).toBeGreaterThan(result.mostTasks / 2); // It did try.
      expect(left).toBe(0);
    });

    it('a process that wants to outlive the run', () => {
      if (nobodyLeaves()) expect(result.runs.daemon.left).toBe(0);
      else saysAbsent('processes');
    });

    it('worker threads in masses', () => {
      const { workers } = result.runs;
      if (workers === undefined) return saysAbsent('count');
      if (holds('count')) expect(workers.mostTasks).toBeLessThanOrEqual(result.mostTasks + FENCE_TASKS);
      // By a signal, or by itself for want of threads or memory: not with success.
      expect(workers.end.exitCode).not.toBe(0);
    });

    it('memory taken by processes of groups of their own', () => {
      const { hoard } = result.runs;
      if (hoard === undefined || !nobodyLeaves()) return saysAbsent('processes');
      expect({ killedFor: hoard.end.killedFor, left: hoard.left }).toEqual({ killedFor: 'memory', left: 0 });
    });

    it('output without end', () => {
      const { logLines, end } = result.runs.chatter;
      expect(end).toMatchObject({ killedFor: null, exitCode: 0 });
      expect(logLines).toBeLessThanOrEqual(201);
      expect(end.logTail.length).toBeLessThanOrEqual(1000);
    });
  });
});
