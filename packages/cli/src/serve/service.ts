import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { EXIT_CODES } from '@corescore/contracts';
import { type LogLevel, toRecord, wordsOf } from '@corescore/contracts/log';
import { CommandFailure } from '../failure.js';
import { CRASHES_A_MINUTE, restartDelayMs } from './restarts.js';
import type { RotatingLog } from './rotating-log.js';

const TAIL_LINES = 12;

export interface ServiceOptions {
  name: string;
  /** Script that Node runs; it prints a line that matches `readyPattern` when it is up. */
  script: string;
  env: NodeJS.ProcessEnv;
  /** Shared with the others of the house. */
  log: Pick<RotatingLog, 'path' | 'write'>;
  readyPattern: RegExp;
  readyTimeoutMs?: number;
  now?: () => number;
  /** When to start it again after a crash. */
  restartDelay?: typeof restartDelayMs;
  /**
   * Resolves once what it needs is there (the database, room on the disk): it is not started before. True where it had
   * to be waited for: the crash was no fault of the service's, and does not count.
   */
  untilFit?: () => Promise<boolean>;
  /** Each line that it prints. */
  onLine?: (line: string) => void;
  /** A line for the terminal: it crashed, it is back. */
  onNotice: (text: string) => void;
  /** It crashed too often and stays down. */
  onGiveUp: (error: CommandFailure) => void;
}

/**
 * One child process that has to run: started, watched, started again after a crash, stopped in order.
 * It has a process group of its own, so that a Ctrl-C in the terminal reaches only the supervisor, and an IPC channel,
 * whose end tells it to go when the supervisor is killed.
 */
export class Service {
  private child: ChildProcess | undefined;
  private restart: NodeJS.Timeout | undefined;
  private stopping = false;
  private readonly crashesMs: number[] = [];
  private readonly tail: string[] = [];
  private readonly now: () => number;
  /** Who waits for its first start; undefined once it was ready, or was given up. */
  private starting: { resolve: (line: string) => void; reject: (error: CommandFailure) => void } | undefined;

  constructor(private readonly options: ServiceOptions) {
    this.now = options.now ?? Date.now;
  }

  /** Environment of the next start; the API's port is pinned here once it is known. */
  get env(): NodeJS.ProcessEnv {
    return this.options.env;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /**
   * Starts it for the first time. One that is killed or crashes before it is ready is started again as later; one that
   * says that it cannot run as it is set up is not.
   * @returns the line by which it said that it is ready
   * @throws CommandFailure with the end of its log where it is given up
   */
  start(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.starting = { resolve, reject };
      this.launch();
    });
  }

  /** Asks it to stop; kills its whole group after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    clearTimeout(this.restart);
    const { child } = this;
    if (child !== undefined && isAlive(child)) {
      // `close`, not `exit`: what it said last, and how it ended, stand in the log by then.
      const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
      child.kill('SIGTERM');
      const alarm = setTimeout(() => this.kill(), graceMs);
      await gone;
      clearTimeout(alarm);
    }
    this.starting?.reject(this.failure('was stopped before it was ready'));
  }

  /** Ends it and all it started, now. */
  kill(): void {
    this.stopping = true;
    clearTimeout(this.restart);
    this.killGroup();
  }

  private killGroup(): void {
    const pid = this.child?.pid;
    if (pid === undefined || this.child === undefined || !isAlive(this.child)) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It ended between the check and the signal.
    }
  }

  private launch(): void {
    const { name, script, env, readyPattern, readyTimeoutMs = 60_000, onLine, onNotice } = this.options;
    this.tail.length = 0;
    this.note(`starting ${name}`);
    const child = spawn(process.execPath, ['--enable-source-maps', script], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    let isReady = false;
    let silent = false;
    const silence = setTimeout(() => {
      silent = true;
      this.killGroup();
    }, readyTimeoutMs);
    const listen = (stream: NodeJS.ReadableStream | null, level: LogLevel) => {
      if (stream === null) return;
      createInterface({ input: stream }).on('line', (line) => {
        this.take(line, level);
        onLine?.(line);
        if (isReady || !readyPattern.test(line)) return;
        isReady = true;
        clearTimeout(silence);
        if (this.crashesMs.length > 0 || this.starting === undefined) onNotice(`${name} is back`);
        this.starting?.resolve(line);
        this.starting = undefined;
      });
    };
    listen(child.stdout, 'info');
    // What is not in the form of a log was not meant for it: Node's own last words.
    listen(child.stderr, 'error');
    const tooLate = `did not get ready within ${readyTimeoutMs / 1000} s`;
    const gone = (how: string, code: number | null): void => {
      clearTimeout(silence);
      this.note(`${name} ${how}`);
      if (this.stopping) return;
      if (this.starting !== undefined && !isReady && code === EXIT_CODES.configuration.code) {
        this.giveUp(this.failure(how, 'configuration'));
      } else if (!silent) void this.recover(how);
      else if (this.starting !== undefined) this.giveUp(this.failure(tooLate));
      else void this.recover(tooLate);
    };
    child.once('error', (error) => {
      if (child.pid === undefined) gone(`cannot be started: ${error.message}`, null);
    });
    // `close`, not `exit`: its last lines have been read by then.
    child.once('close', (code, signal) => {
      if (child.pid !== undefined) gone(signal === null ? `stopped with code ${code}` : `was ended by ${signal}`, code);
    });
  }

  private async recover(how: string): Promise<void> {
    const { name, log, onNotice, restartDelay = restartDelayMs, untilFit } = this.options;
    if (!(await untilFit?.())) this.crashesMs.push(this.now());
    if (this.stopping) return;
    const delayMs = restartDelay(this.crashesMs, this.now());
    if (delayMs === null) {
      this.giveUp(this.failure(`${how}; that is ${CRASHES_A_MINUTE} times within a minute`));
      return;
    }
    onNotice(`${name} ${how}; starting it again in ${delayMs / 1000} s (log: ${log.path})`);
    // A restart that fails ends in `recover` again, through the child's `close`.
    this.restart = setTimeout(() => this.launch(), delayMs);
  }

  private giveUp(error: CommandFailure): void {
    const { starting } = this;
    this.starting = undefined;
    if (starting === undefined) this.options.onGiveUp(error);
    else starting.reject(error);
  }

  private take(line: string, level: LogLevel): void {
    this.tail.push(line);
    if (this.tail.length > TAIL_LINES) this.tail.shift();
    this.options.log.write(toRecord(this.options.name, line, this.time(), level));
  }

  private note(msg: string): void {
    this.options.log.write({ time: this.time(), level: 'info', service: 'supervisor', msg });
  }

  private time(): string {
    return new Date(this.now()).toISOString();
  }

  private failure(how: string, exit: 'serviceFailed' | 'configuration' = 'serviceFailed'): CommandFailure {
    const tail = this.tail.flatMap((line) => wordsOf(line).split('\n')).map((line) => `\n    ${line}`);
    const code = exit === 'configuration' ? 'configuration' : 'infrastructure';
    return new CommandFailure(exit, code, `The ${this.options.name} ${how}.${tail.join('')}`, {
      remedy: `Read the log, ${this.options.log.path}.`,
    });
  }
}

const isAlive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;
