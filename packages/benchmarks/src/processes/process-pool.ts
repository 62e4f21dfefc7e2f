import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CorescoreError } from '@corescore/contracts';
import type { ThreadResult } from './task-result.js';

/** What goes to a scoring process and what comes back, one answer a question. */
export interface Question {
  name: string;
  task: unknown;
}
/** `threw`: an error that is no `CorescoreError`, as text. */
export type Answer = ThreadResult<unknown> | { threw: string };

/** The built file, also when this module runs from source in a test: a process of Node alone cannot load TypeScript. */
const ENTRY = fileURLToPath(new URL('../../dist/processes/scoring-process.js', import.meta.url));

/**
 * MiB of heap from which on a scoring process collects garbage. By itself it starts with a few, against which V8 counts
 * the arrays of each task too: it then collected a thousand times a model, for a fifth of the processor time. Twice as
 * much gains nothing more.
 */
const FIRST_HEAP_MIB = 128;

interface Asked extends Question {
  resolve: (answer: ThreadResult<unknown>) => void;
  reject: (reason: unknown) => void;
}

/**
 * Scoring threads, each the only one of a process of its own, so that any of them can be ended at any moment: SIGKILL
 * runs nothing on the way out. A worker thread that is terminated inside ONNX Runtime aborts the process around it.
 */
export class ProcessPool {
  private readonly waiting: Asked[] = [];
  private readonly busy = new Map<ChildProcess, Asked>();
  private readonly idle: ChildProcess[] = [];
  private readonly exits: Promise<void>[] = [];
  private ended: { reason: unknown } | undefined;

  /** @param size processes, at most; they start as tasks come */
  constructor(private readonly size: number) {}

  /** @throws what `end` was given, or CorescoreError `infrastructure` where a process was lost */
  run(question: Question): Promise<ThreadResult<unknown>> {
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) return reject(this.ended.reason);
      this.waiting.push({ ...question, resolve, reject });
      this.next();
    });
  }

  /** Kills the processes; tasks that wait or run are rejected with `reason`. Resolves once the processes are gone. */
  async end(reason: unknown): Promise<void> {
    if (this.ended === undefined) {
      this.ended = { reason };
      for (const child of [...this.idle, ...this.busy.keys()]) child.kill('SIGKILL');
      for (const asked of [...this.busy.values(), ...this.waiting]) asked.reject(reason);
      this.waiting.length = 0;
    }
    await Promise.all(this.exits);
  }

  private next(): void {
    while (this.waiting.length > 0 && this.ended === undefined) {
      const child = this.idle.pop() ?? this.start();
      if (child === undefined) return;
      const asked = this.waiting.shift()!;
      this.busy.set(child, asked);
      const { name, task } = asked;
      // A process that is gone is told of by its exit.
      child.send({ name, task } satisfies Question, () => undefined);
    }
  }

  private start(): ChildProcess | undefined {
    if (this.exits.length >= this.size) return undefined;
    const child = fork(ENTRY, [], {
      serialization: 'advanced',
      execArgv: ['--enable-source-maps', `--initial-heap-size=${FIRST_HEAP_MIB}`],
      // What a library prints belongs in the log, not among the output of a command.
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    const exit = new Promise<void>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve();
        this.lost(signal === null ? `stopped with code ${code}` : `was ended by ${signal}`);
      });
      child.once('error', (error) => {
        // A process that could not be started has no exit.
        if (child.pid === undefined) resolve();
        this.lost(`does not run: ${error.message}`);
      });
    });
    this.exits.push(exit);
    child.on('message', (answer: Answer) => {
      const asked = this.busy.get(child);
      this.busy.delete(child);
      if (asked === undefined || this.ended !== undefined) return;
      if ('threw' in answer) asked.reject(new Error(answer.threw));
      else asked.resolve(answer);
      this.idle.push(child);
      this.next();
    });
    return child;
  }

  private lost(how: string): void {
    // Ours to end, or one of several that were lost together.
    if (this.ended !== undefined) return;
    const error = new CorescoreError('infrastructure', `A scoring process ${how}.`, {
      remedy: 'The machine may be short of memory: fewer scoring threads need less. The log of the worker says more.',
    });
    void this.end(error);
  }
}
