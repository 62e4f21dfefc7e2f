import { fileURLToPath } from 'node:url';
import { CorescoreError } from '@corescore/contracts';
import { Piscina } from 'piscina';
import type { Inspected, InspectTask } from './inspect.js';
import type { ThreadAnswer } from './inspect-thread.js';

/** Threads at once. Two cores are a small machine: one goes on answering. */
const AT_ONCE = 2;
/** Their files are on disk: to wait costs a connection and no more. */
const MOST_WAITING = 64;
/** Objects of a thread; arrays of bytes are outside, and are read some at a time. */
const HEAP_MIB = 1024;
/** A thread takes a while to start: it stays for the next upload. */
const IDLE_MS = 60_000;

/**
 * Looks at uploaded files in threads: what a hostile file costs is not paid by those who ask for a board meanwhile, and
 * ends at a limit of time and memory.
 */
export class Inspections {
  readonly #waiting: (() => void)[] = [];
  #free = AT_ONCE;
  #closed = false;
  readonly #pool = new Piscina({
    // The built file, also when this module runs from source in a test: a thread cannot load TypeScript.
    filename: fileURLToPath(new URL('../dist/inspect-thread.js', import.meta.url)),
    minThreads: 0,
    maxThreads: AT_ONCE,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });

  constructor(private readonly seconds: number) {}

  /** @throws CorescoreError of the files; `inspection_limit`; `unavailable` where too many wait, or the service ends */
  async run(task: InspectTask): Promise<Inspected> {
    // Waited for here and not in the pool: the time of a look begins when a thread has it.
    await this.#turn();
    try {
      if (this.#closed) throw ending();
      return await this.#inspect(task);
    } finally {
      this.#free++;
      this.#waiting.shift()?.();
    }
  }

  /** Ends what runs: its uploads are refused as `unavailable`, and nothing of them is kept. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool.destroy();
  }

  async #turn(): Promise<void> {
    while (this.#free === 0) {
      if (this.#waiting.length === MOST_WAITING) {
        throw new CorescoreError('unavailable', `${MOST_WAITING} uploads wait to be looked at, as many as may.`, {
          remedy: 'Send it again in a minute.',
          retryAfterSeconds: 60,
        });
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#free--;
  }

  async #inspect(task: InspectTask): Promise<Inspected> {
    const signal = AbortSignal.timeout(this.seconds * 1000);
    const answer = await this.#pool.run(task, { signal }).catch((error: NodeJS.ErrnoException) => {
      if (this.#closed) throw ending();
      if (signal.aborted) throw overLimit(`longer than ${this.seconds} s`);
      throw error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? overLimit(`more than ${HEAP_MIB} MiB of memory`) : error;
    });
    const told = answer as ThreadAnswer;
    if (told.ok) return told.value;
    throw new CorescoreError(told.code, told.detail, told.context);
  }
}

const overLimit = (what: string): CorescoreError =>
  new CorescoreError('inspection_limit', `Looking at the files takes ${what}.`, {
    field: 'file',
    remedy:
      'Send fewer or smaller arrays, uncompressed and in C order, or have CORESCORE_INSPECT_SECONDS of the service raised.',
  });

const ending = (): CorescoreError =>
  new CorescoreError('unavailable', 'The service is shutting down.', { remedy: 'Send it again in a moment.' });
