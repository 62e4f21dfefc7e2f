import { setTimeout as sleep } from 'node:timers/promises';
import { growingPauseMs } from '@corescore/contracts';
import { isDiskFull } from '@corescore/store';

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 600_000;

/** Runs that wait for something outside them, and how often each has waited by now. */
export class Pauses {
  readonly #waited = new Map<string, number>();

  /** How long the run waits this time, seconds: longer each time. */
  nextSeconds(runId: string): number {
    const times = (this.#waited.get(runId) ?? 0) + 1;
    this.#waited.set(runId, times);
    return growingPauseMs(times, FIRST_PAUSE_MS, LONGEST_PAUSE_MS) / 1000;
  }

  /** It went on: the next pause is a short one again. */
  over(runId: string): void {
    this.#waited.delete(runId);
  }
}

/**
 * Does what writes to the home folder, and again when the disk was full, after pauses that grow.
 * @returns null where the process was asked to end instead
 */
export async function whenThereIsRoom<T>(
  work: () => Promise<T>,
  options: { onWait: (error: Error) => void; shutdown: AbortSignal; pause?: typeof growingPauseMs },
): Promise<T | null> {
  const { onWait, shutdown, pause = growingPauseMs } = options;
  for (let waited = 1; !shutdown.aborted; waited++) {
    try {
      return await work();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      onWait(error as Error);
      await sleep(pause(waited, 1_000, 30_000), undefined, { signal: shutdown }).catch(() => undefined);
    }
  }
  return null;
}
