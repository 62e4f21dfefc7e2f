import type { QueueHealth } from '../types.js';

/** How often a worker says that it takes jobs, and how long it is believed, unless its process is gone before. */
export const WORKER_SAYS_EVERY_MS = 10_000;
export const WORKER_BELIEVED_SECONDS = 30;

/** Readiness of the queues: whether somebody takes the jobs of each. Names the ones that nobody takes. */
export function consumed(health: readonly QueueHealth[]): { ok: boolean; idle: string[] } {
  const idle = health.filter((h) => h.workers === 0).map((h) => h.queue);
  return { ok: idle.length === 0, idle };
}
