import type { RunView } from '@corescore/contracts';

/**
 * Newest first, by when they were asked for: a run that scores an old one again is no newer than that. Runs of one
 * submission share a time; their ids (UUIDv7) still tell them apart.
 */
export const newestFirst = (runs: readonly RunView[]): RunView[] =>
  [...runs].sort((a, b) =>
    a.submittedAt < b.submittedAt ? 1 : a.submittedAt > b.submittedAt ? -1 : a.id < b.id ? 1 : -1,
  );

/** The run whose results the page shows: the one asked for, else the newest scored one. */
export function chooseRun(runs: readonly RunView[], asked: string | null): RunView | undefined {
  const scored = newestFirst(runs).filter((run) => run.status === 'scored');
  return scored.find((run) => run.id === asked) ?? scored[0];
}
