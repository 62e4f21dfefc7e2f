/** How long a run may wait, with nobody at work on it or another, before jobs count as not being consumed. */
export const CONSUMPTION_GRACE_MS = 30_000;

/** What the queue looks like at one moment. */
export interface QueueActivity {
  /** Runs that wait for a worker. */
  waiting: number;
  /** When the longest waiting one began to wait; null where none waits. */
  oldestWaitingSince: Date | null;
  /** When a worker last gave a sign of life; null where none ever has. */
  lastHeartbeatAt: Date | null;
}

/**
 * Are jobs being consumed? Yes while a worker gives signs of life, or while nothing has waited for long.
 * A long queue before a busy worker is no failure.
 */
export function jobsAreConsumed(activity: QueueActivity, now: Date, graceMs = CONSUMPTION_GRACE_MS): boolean {
  const { oldestWaitingSince, lastHeartbeatAt } = activity;
  if (lastHeartbeatAt !== null && now.getTime() - lastHeartbeatAt.getTime() <= graceMs) return true;
  return oldestWaitingSince !== null && now.getTime() - oldestWaitingSince.getTime() <= graceMs;
}
