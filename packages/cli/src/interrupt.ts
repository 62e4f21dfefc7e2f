import { EXIT_CODES } from '@corescore/contracts';
import { Exit } from './failure.js';
import type { Io } from './io.js';
import { stopRequests } from './serve/signals.js';

/**
 * Runs work that Ctrl-C may cut short: it ends its processes and removes its files, and the command ends with code 6.
 * @throws Exit `cancelled`
 */
export async function interruptible<T>(io: Io, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = stopRequests(() => process.exit(EXIT_CODES.cancelled.code));
  try {
    return await work(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    io.stderr('\nCancelled.\n');
    throw new Exit('cancelled');
  } finally {
    stop.release();
  }
}
