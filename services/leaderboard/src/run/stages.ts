import type { RunEvent, RunStatus, RunView } from '@corescore/contracts';

export type StageState = 'done' | 'current' | 'pending' | 'skipped' | 'failed' | 'cancelled';
export interface Stage {
  key: 'queued' | 'extracting' | 'scoring' | 'scored';
  label: string;
  state: StageState;
  /** Time spent so far, ms; null where the stage has not begun or was skipped. */
  durationMs: number | null;
}

const LABELS: Record<Stage['key'], string> = {
  queued: 'Queued',
  extracting: 'Extracting',
  scoring: 'Scoring',
  scored: 'Scored',
};

const time = (iso: string | null): number | null => (iso === null ? null : Date.parse(iso));
const ACTIVE: readonly RunStatus[] = ['queued', 'extracting', 'scoring'];

/**
 * The stages of a run with the time each took. A run that found its activations made already goes from the queue to
 * scoring: extracting is then skipped.
 */
export function stagesOf(run: RunView, nowMs: number): Stage[] {
  const begun = { queued: time(run.createdAt), extracting: time(run.extractingAt), scoring: time(run.scoringAt) };
  const ended = time(run.endedAt);
  const active = ACTIVE.includes(run.status);
  // Where it stands, or where it stood when it ended.
  const last = active
    ? (run.status as 'queued' | 'extracting' | 'scoring')
    : begun.scoring !== null
      ? 'scoring'
      : begun.extracting !== null
        ? 'extracting'
        : 'queued';
  const order = ['queued', 'extracting', 'scoring'] as const;
  const lastIndex = order.indexOf(last);
  const stages = order.map((key, i): Stage => {
    const start = begun[key];
    const label = LABELS[key];
    if (i > lastIndex) return { key, label, state: 'pending', durationMs: null };
    if (i < lastIndex && start === null) return { key, label, state: 'skipped', durationMs: null };
    const following = order.slice(i + 1).map((k) => begun[k]);
    const end = i < lastIndex ? (following.find((t) => t !== null) ?? nowMs) : (ended ?? nowMs);
    const durationMs = start === null ? null : Math.max(0, end - start);
    if (i < lastIndex || run.status === 'scored') return { key, label, state: 'done', durationMs };
    const state = active ? 'current' : (run.status as 'failed' | 'cancelled');
    return { key, label, state, durationMs };
  });
  const total = ended !== null && begun.queued !== null ? Math.max(0, ended - begun.queued) : null;
  const scored = run.status === 'scored';
  return [
    ...stages,
    { key: 'scored', label: LABELS.scored, state: scored ? 'done' : 'pending', durationMs: scored ? total : null },
  ];
}

/** A run with the progress that an event tells. Changes of status are read from the run itself, which is the truth. */
export function withProgress(run: RunView, event: RunEvent): RunView {
  if (event.type !== 'progress' || event.status !== run.status) return run;
  if (event.done === undefined || event.total === undefined) return run;
  return { ...run, progress: { done: event.done, total: event.total, unit: event.unit ?? '' } };
}

/**
 * A fresh answer over what is shown. Progress that the stream has told in the same stage is not taken back by an answer
 * that was on its way meanwhile.
 */
export function mergeRun(shown: RunView | undefined, fresh: RunView): RunView {
  if (shown?.progress == null || shown.status !== fresh.status || fresh.endedAt !== null) return fresh;
  const isOlder = fresh.progress === null || fresh.progress.done < shown.progress.done;
  return shown.attempt === fresh.attempt && isOlder ? { ...fresh, progress: shown.progress } : fresh;
}

/** When the present stage began, ms since 1970. */
export function stageStartMs(run: RunView): number {
  if (run.status === 'scoring') return time(run.scoringAt) ?? time(run.createdAt)!;
  if (run.status === 'extracting') return time(run.extractingAt) ?? time(run.createdAt)!;
  return time(run.createdAt)!;
}
