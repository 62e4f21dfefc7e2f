import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Readable } from 'node:stream';
import type { Limits } from './limits.js';
import { watchMemory } from './memory-watch.js';
import { ProcessTree } from './process-tree.js';
import type { Access } from './sandbox/command.js';
import { CHILD_ENTRY, type Sandbox } from './sandbox.js';
import { JOB_FILE } from './work-dir.js';

/** Why the parent killed a child. Its own flag, since a signal alone does not tell. */
type KillReason = 'timeout' | 'memory' | 'abort' | 'refused' | 'finished';

export interface ChildEnd {
  /** Null where the child ended by itself. */
  killedFor: KillReason | null;
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** Set when the process could not be started at all. */
  spawnError: Error | null;
  /** Last part of what it wrote to stdout and stderr. */
  logTail: string;
  peakMemoryBytes: number;
}

export interface ModelProcess {
  /** File descriptor 3 of the child. */
  frames: Readable;
  kill(reason: KillReason): void;
  /** Resolves when the processes of the run are killed and their streams are closed. Never rejects. */
  ended: Promise<ChildEnd>;
}

/** Nothing of the host's. ONNX Runtime's own builds (1.29 on) report usage to their makers unless told not to. */
const CHILD_ENVIRONMENT = { ORT_DISABLE_TELEMETRY: '1' };

/** A process that is gone leaves its streams within this time, or somebody else holds them. */
const STREAMS_MS = 10_000;
/** A longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const LOG_LINES = 200;
const LOG_LINE_CHARACTERS = 500;
const LOG_TAIL_CHARACTERS = 4000;

export interface SpawnOptions {
  sandbox: Sandbox;
  limits: Limits;
  /** Its working directory: private, and laid out by `layOut`. */
  workDir: string;
  /** Open file that the child inherits as descriptor 4. */
  pixelsFd: number;
  /** What its engine needs beside the code and its own files. */
  access?: Access;
  /** The child's program; default: ours. */
  entry?: string;
  signal?: AbortSignal;
  onLog: (line: string) => void;
}

/** Starts the child in a process group of its own, without the host's environment, and keeps its limits. */
export function spawnModelProcess(options: SpawnOptions): ModelProcess {
  const { limits, onLog, sandbox, signal, access = {}, entry = CHILD_ENTRY } = options;
  const environment = { ...CHILD_ENVIRONMENT, ...access.environment };
  const command = sandbox.command(limits, [entry, JOB_FILE], options.workDir, { ...access, environment });
  const child = spawn(command.file, command.args, {
    cwd: options.workDir,
    env: command.environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', options.pixelsFd],
    windowsHide: true,
  });
  let killedFor: KillReason | null = null;
  let spawnError: Error | null = null;
  let exited = false;
  // In a process namespace nobody leaves the tree.
  const uid = sandbox.held.has('processes') ? null : sandbox.uid;
  const tree = child.pid === undefined ? undefined : new ProcessTree(child.pid, uid);
  const kill = (reason: KillReason): void => {
    if (exited) return;
    killedFor ??= reason;
    tree?.kill();
  };
  const log = new BoundedLog(onLog);
  child.stdout?.on('data', (bytes: Buffer) => log.add(bytes));
  child.stderr?.on('data', (bytes: Buffer) => log.add(bytes));
  const clock = setTimeout(() => kill('timeout'), Math.min(limits.wallSeconds * 1000, LONGEST_TIMER_MS));
  const memory = tree === undefined ? undefined : watchMemory(tree, limits.memoryBytes, () => kill('memory'));
  const onAbort = (): void => kill('abort');
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  const ended = new Promise<ChildEnd>((resolve) => {
    let patience: NodeJS.Timeout | undefined;
    const finish = (code: number | null, endSignal: NodeJS.Signals | null): void => {
      clearTimeout(clock);
      clearTimeout(patience);
      signal?.removeEventListener('abort', onAbort);
      log.end();
      const told = endSignal ?? signalOf(code);
      resolve({
        killedFor,
        exitCode: told === null ? code : null,
        signal: told,
        spawnError,
        logTail: log.tail,
        peakMemoryBytes: memory?.peakBytes() ?? 0,
      });
    };
    child.once('exit', () => {
      exited = true;
      memory?.stop();
      tree?.kill(); // Whatever the leader may have started.
      patience = setTimeout(() => {
        for (const stream of child.stdio) stream?.destroy();
      }, STREAMS_MS);
    });
    child.once('close', finish);
    child.once('error', (error) => {
      spawnError = error;
      if (child.pid === undefined) finish(null, null);
    });
  });
  // Without descriptors to spare Node cannot even make the pipes; `ended` tells why.
  return { frames: (child.stdio?.[3] as Readable | undefined) ?? Readable.from([]), kill, ended };
}

/** Behind a process namespace a shell tells of the signal that ended its command, as 128 + number. */
function signalOf(code: number | null): NodeJS.Signals | null {
  const names = Object.entries(constants.signals) as [NodeJS.Signals, number][];
  return names.find(([, number]) => number + 128 === code)?.[0] ?? null;
}

/** A child may write without end: some lines are passed on, the tail is kept, the rest is dropped. */
class BoundedLog {
  tail = '';
  private rest = '';
  private lines = 0;

  constructor(private readonly onLine: (line: string) => void) {}

  add(bytes: Buffer): void {
    const text = bytes.toString('utf8');
    this.tail = (this.tail + text).slice(-LOG_TAIL_CHARACTERS);
    if (this.lines > LOG_LINES) return;
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop()!.slice(0, LOG_LINE_CHARACTERS);
    for (const line of lines) this.pass(line);
  }

  end(): void {
    if (this.rest !== '') this.pass(this.rest);
  }

  private pass(line: string): void {
    this.lines++;
    if (this.lines <= LOG_LINES) this.onLine(line.slice(0, LOG_LINE_CHARACTERS));
    else if (this.lines === LOG_LINES + 1) this.onLine(`(log cut off after ${LOG_LINES} lines)`);
  }
}
