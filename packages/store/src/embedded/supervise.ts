import { setTimeout as sleep } from 'node:timers/promises';
import { CorescoreError, growingPauseMs } from '@corescore/contracts';
import { isDiskFull } from '../disk-room.js';
import type { Server } from './server.js';

/** Starts that fail one after the other, and ends within ten minutes, after which it is given up. */
const MOST_FAILED_STARTS = 6;
const MOST_ENDS = 60;
const WINDOW_MS = 600_000;
const MINUTE_MS = 60_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
/** Nothing but space helps a full disk: it is looked at for as long as it takes. */
const LONGEST_PAUSE_FOR_DISK_MS = 30_000;

export interface Supervision {
  /** Starts the server and resolves once it accepts connections. */
  launch: () => Promise<Server>;
  /** A line for the operator: it is gone, it is back. */
  onNotice: (text: string) => void;
  /** It stays down. */
  onGiveUp: (error: CorescoreError) => void;
  now?: () => number;
  /** How long to wait before the next start. Default: `growingPauseMs`. */
  pause?: typeof growingPauseMs | undefined;
}

/**
 * Keeps a server that runs running: started again after it ended by itself or was killed, after pauses that grow with
 * what has gone wrong lately, and given up by name. A full disk is waited for.
 */
export class Supervisor {
  private readonly endsMs: number[] = [];
  private readonly stopping = new AbortController();
  private up: Promise<void> = Promise.resolve();
  private work: Promise<void> = Promise.resolve();
  private readonly now: () => number;
  private readonly pause: typeof growingPauseMs;

  constructor(
    private server: Server,
    private readonly options: Supervision,
  ) {
    this.now = options.now ?? Date.now;
    this.pause = options.pause ?? growingPauseMs;
    this.watch();
  }

  get pid(): number {
    return this.server.pid;
  }

  /** Resolves once it runs: at once where it does. Never, where it has been given up. */
  whenUp(): Promise<void> {
    return this.up;
  }

  /** Starts it no more, and stops the one that runs. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.work;
    await this.server.stop();
  }

  private watch(): void {
    void this.server.ended.then((how) => {
      if (this.stopping.signal.aborted) return;
      this.endsMs.push(this.now());
      let isUp: () => void = () => undefined;
      this.up = new Promise((resolve) => {
        isUp = resolve;
      });
      this.work = this.recover(how).then((recovered) => {
        if (!recovered) return;
        isUp();
        this.watch();
      });
    });
  }

  private async recover(how: string): Promise<boolean> {
    const { onNotice, onGiveUp } = this.options;
    const recently = (ms: number): number => this.endsMs.filter((time) => this.now() - time < ms).length;
    if (recently(WINDOW_MS) > MOST_ENDS) {
      onGiveUp(this.hopeless(`${how}; that is ${MOST_ENDS + 1} times within ten minutes`));
      return false;
    }
    let pauseMs = this.pause(recently(MINUTE_MS), FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    onNotice(`Postgres ${how}; starting it again in ${pauseMs / 1000} s`);
    let failed = 0;
    for (let waited = 0; ; ) {
      try {
        await sleep(pauseMs, undefined, { signal: this.stopping.signal });
      } catch {
        return false;
      }
      try {
        this.server = await this.options.launch();
        onNotice('Postgres is back');
        return true;
      } catch (error) {
        if (isDiskFull(error)) {
          waited += 1;
          if (waited === 1) onNotice(`Postgres waits until there is room on its disk. ${(error as Error).message}`);
          pauseMs = this.pause(waited, FIRST_PAUSE_MS, LONGEST_PAUSE_FOR_DISK_MS);
          continue;
        }
        failed += 1;
        if (failed === MOST_FAILED_STARTS) {
          onGiveUp(this.hopeless(`does not start, ${failed} times in a row: ${(error as Error).message}`, error));
          return false;
        }
        pauseMs = this.pause(recently(MINUTE_MS) + failed, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
        onNotice(`Postgres does not start; trying again in ${pauseMs / 1000} s`);
      }
    }
  }

  private hopeless(how: string, cause?: unknown): CorescoreError {
    const tail = this.server.tail();
    return new CorescoreError('infrastructure', `Postgres ${how}.${tail === '' ? '' : `\n${tail}`}`, {
      remedy: 'Read its log and that of the system, or set DATABASE_URL to a Postgres of your own.',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
