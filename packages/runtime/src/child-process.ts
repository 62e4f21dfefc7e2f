import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { watchGroupMemory } from './group-memory.js';
import type { Limits } from './limits.js';
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
  /** Resolves when the process and its group are gone and its streams are closed. Never rejects. */
  ended: Promise<ChildEnd>;
}

/** Nothing of the host's. ONNX Runtime's own builds (1.29 on) report usage to their makers unless told not to. */
const CHILD_ENVIRONMENT = { ORT_DISABLE_TELEMETRY: '1' };

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
  signal?: AbortSignal;
  onLog: (line: string) => void;
}

/** Starts the child in a process group of its own, without the host's environment, and keeps its limits. */
export function spawnModelProcess(options: SpawnOptions): ModelProcess {
  const { limits, onLog, signal } = options;
  const { file, args } = options.sandbox.command(limits, [CHILD_ENTRY, JOB_FILE]);
  const child = spawn(file, args, {
    cwd: options.workDir,
    env: CHILD_ENVIRONMENT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', options.pixelsFd],
    windowsHide: true,
  });
  let killedFor: KillReason | null = null;
  let spawnError: Error | null = null;
  let exited = false;
  const kill = (reason: KillReason): void => {
    if (exited) return;
    killedFor ??= reason;
    killGroup(child.pid);
  };
  const log = new BoundedLog(onLog);
  child.stdout?.on('data', (bytes: Buffer) => log.add(bytes));
  child.stderr?.on('data', (bytes: Buffer) => log.add(bytes));
  const clock = setTimeout(() => kill('timeout'), Math.min(limits.wallSeconds * 1000, LONGEST_TIMER_MS));
  const memory =
    child.pid === undefined ? undefined : watchGroupMemory(child.pid, limits.memoryBytes, () => kill('memory'));
  const onAbort = (): void => kill('abort');
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  const ended = new Promise<ChildEnd>((resolve) => {
    const finish = (exitCode: number | null, endSignal: NodeJS.Signals | null): void => {
      clearTimeout(clock);
      memory?.stop();
      signal?.removeEventListener('abort', onAbort);
      log.end();
      resolve({
        killedFor,
        exitCode,
        signal: endSignal,
        spawnError,
        logTail: log.tail,
        peakMemoryBytes: memory?.peakBytes() ?? 0,
      });
    };
    child.once('exit', () => {
      exited = true;
      killGroup(child.pid); // Whatever the leader may have started.
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

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // The group is empty: nothing to kill.
  }
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
