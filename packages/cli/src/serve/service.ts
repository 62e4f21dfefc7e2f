import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { CommandFailure } from '../failure.js';
import { CRASHES_A_MINUTE, restartDelayMs } from './restarts.js';

const TAIL_LINES = 12;

export interface ServiceOptions {
  name: string;
  /** Script that Node runs; it prints a line that matches `readyPattern` when it is up. */
  script: string;
  env: NodeJS.ProcessEnv;
  logPath: string;
  readyPattern: RegExp;
  readyTimeoutMs?: number;
  now?: () => number;
  /** When to start it again after a crash. */
  restartDelay?: typeof restartDelayMs;
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
  private readonly log: WriteStream;
  private readonly now: () => number;

  constructor(private readonly options: ServiceOptions) {
    this.now = options.now ?? Date.now;
    this.log = createWriteStream(options.logPath, { flags: 'a', mode: 0o600 });
  }

  /** Environment of the next start; the API's port is pinned here once it is known. */
  get env(): NodeJS.ProcessEnv {
    return this.options.env;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /**
   * Starts it for the first time.
   * @returns the line by which it said that it is ready
   * @throws CommandFailure with the end of its log where it stops or stays silent instead
   */
  start(): Promise<string> {
    return this.launch();
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
    await new Promise<void>((resolve) => this.log.end(resolve));
  }

  /** Ends it and all it started, now. */
  kill(): void {
    this.stopping = true;
    clearTimeout(this.restart);
    const pid = this.child?.pid;
    if (pid === undefined || this.child === undefined || !isAlive(this.child)) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It ended between the check and the signal.
    }
  }

  private launch(): Promise<string> {
    const { name, script, env, readyPattern, readyTimeoutMs = 60_000 } = this.options;
    this.tail.length = 0;
    this.note(`--- starting ${name}`);
    const child = spawn(process.execPath, ['--enable-source-maps', script], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    return new Promise((resolve, reject) => {
      let isReady = false;
      const silence = setTimeout(() => {
        reject(this.failure(`did not get ready within ${readyTimeoutMs / 1000} s`));
        this.kill();
      }, readyTimeoutMs);
      const onLine = (line: string) => {
        this.note(line);
        if (isReady || !readyPattern.test(line)) return;
        isReady = true;
        clearTimeout(silence);
        resolve(line);
      };
      for (const stream of [child.stdout, child.stderr]) {
        if (stream !== null) createInterface({ input: stream }).on('line', onLine);
      }
      child.on('error', (error) => reject(this.failure(`cannot be started: ${error.message}`)));
      // `close`, not `exit`: its last lines have been read by then.
      child.on('close', (code, signal) => {
        clearTimeout(silence);
        const how = signal === null ? `stopped with code ${code}` : `was ended by ${signal}`;
        this.note(`--- ${name} ${how}`);
        // A service that never came up has a reason that a restart will not mend, but after a crash it may be passing.
        if (!isReady) reject(this.failure(how));
        if (this.stopping || (!isReady && this.crashesMs.length === 0)) return;
        this.recover(how);
      });
    });
  }

  private recover(how: string): void {
    const { name, logPath, onNotice, onGiveUp, restartDelay = restartDelayMs } = this.options;
    this.crashesMs.push(this.now());
    const delayMs = restartDelay(this.crashesMs, this.now());
    if (delayMs === null) {
      onGiveUp(this.failure(`${how}; that is ${CRASHES_A_MINUTE} times within a minute`));
      return;
    }
    onNotice(`${name} ${how}; starting it again in ${delayMs / 1000} s (log: ${logPath})`);
    this.restart = setTimeout(() => {
      // A failed restart ends in `recover` again, through the child's `close`.
      this.launch().then(
        () => onNotice(`${name} is back`),
        () => undefined,
      );
    }, delayMs);
  }

  private note(line: string): void {
    this.tail.push(line);
    if (this.tail.length > TAIL_LINES) this.tail.shift();
    if (this.log.writable) this.log.write(`${new Date(this.now()).toISOString()} ${line}\n`);
  }

  private failure(how: string): CommandFailure {
    const tail = this.tail.filter((line) => !line.startsWith('--- ')).map((line) => `\n    ${line}`);
    return new CommandFailure('serviceFailed', 'infrastructure', `The ${this.options.name} ${how}.${tail.join('')}`, {
      remedy: `Read its log, ${this.options.logPath}.`,
    });
  }
}

const isAlive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;
