import type { RunView } from '@corescore/contracts';

/** Newest first. Runs of one submission share a time; their ids (UUIDv7) still tell them apart. */
export const newestFirst = (runs: readonly RunView[]): RunView[] =>
  [...runs].sort((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : a.id < b.id ? 1 : -1));

/** The run whose results the page shows: the one asked for, else the newest scored one. */
export function chooseRun(runs: readonly RunView[], asked: string | null): RunView | undefined {
  const scored = newestFirst(runs).filter((run) => run.status === 'scored');
  return scored.find((run) => run.id === asked) ?? scored[0];
}
