import { growingPauseMs } from '@corescore/contracts';

/** A service that stops by itself so many times within a minute is not started again. */
export const CRASHES_A_MINUTE = 5;
const MINUTE_MS = 60_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;

/**
 * How long to wait before a crashed service is started again; null: give up.
 * @param crashesMs times of all its crashes, ms, the one at hand last
 */
export function restartDelayMs(crashesMs: readonly number[], nowMs: number): number | null {
  const recent = crashesMs.filter((time) => nowMs - time < MINUTE_MS).length;
  if (recent >= CRASHES_A_MINUTE) return null;
  return growingPauseMs(recent, FIRST_DELAY_MS, LONGEST_DELAY_MS);
}
