import { type CorescoreClient, RequestError } from '@corescore/client';
import {
  type ExitName,
  exitOfRun,
  isTerminal,
  type RunEvent,
  type RunView,
  type SubmissionView,
  unservedQueues,
} from '@corescore/contracts';
import { Exit } from '../failure.js';
import { bar, LiveLines } from '../format/progress.js';
import { runText } from '../format/scores.js';
import { FAILURES, STAGES } from '../format/words.js';
import type { Io } from '../io.js';

/** Which exit code speaks for a submission of several runs: the first that occurs. */
const PRECEDENCE: readonly ExitName[] = ['modelFailed', 'serviceFailed', 'cancelled', 'timedOut', 'pass'];

export function exitOfRuns(runs: readonly RunView[]): ExitName {
  const exits = new Set(runs.map((run) => exitOfRun(run.status, run.failure?.kind)));
  return PRECEDENCE.find((exit) => exits.has(exit)) ?? 'pass';
}

/**
 * The submission with this id; for the id of a run, its submission with that run alone.
 * @throws RequestError `not_found` where it is neither
 */
export async function findSubmission(client: CorescoreClient, id: string): Promise<SubmissionView> {
  try {
    return await client.getSubmission(id);
  } catch (error) {
    if (!(error instanceof RequestError) || error.code !== 'not_found') throw error;
  }
  const run = await client.getRun(id);
  const submission = await client.getSubmission(run.submissionId);
  return { ...submission, runs: submission.runs.filter((other) => other.id === id) };
}

/**
 * Shows the stages of all runs of a submission until each has ended, or until `timeoutSeconds` have passed: then the
 * runs go on without us.
 * @returns the submission as it stands at the end
 */
export async function follow(
  io: Io,
  client: CorescoreClient,
  submission: SubmissionView,
  timeoutSeconds: number | undefined,
): Promise<SubmissionView> {
  await noteUnserved(io, client, submission);
  const lines = new LiveLines(io);
  const timeout = new AbortController();
  const timer =
    timeoutSeconds === undefined ? undefined : setTimeout(() => timeout.abort('timeout'), timeoutSeconds * 1000);
  const watch = async (run: RunView): Promise<void> => {
    const name = `${run.model.owner}/${run.model.name} on ${run.benchmark}`;
    lines.set(run.id, stageLine(name, run), run.status);
    if (isTerminal(run.status)) return;
    for await (const event of client.watchRun(run.id, { signal: timeout.signal })) {
      lines.set(run.id, stageLine(name, event), event.status);
    }
  };
  try {
    const watches = await Promise.allSettled(submission.runs.map(watch));
    const failed = watches.find((w) => w.status === 'rejected');
    if (failed !== undefined && !timeout.signal.aborted) throw failed.reason;
  } finally {
    clearTimeout(timer);
    lines.finish();
  }
  const runs = await Promise.all(submission.runs.map((run) => client.getRun(run.id)));
  return { ...submission, runs };
}

/** Says of runs that have not ended why they wait: no worker takes the jobs of a queue. */
export async function noteUnserved(io: Io, client: CorescoreClient, { runs }: SubmissionView): Promise<void> {
  if (runs.every(({ status }) => isTerminal(status))) return;
  // Only a word of help: a service that cannot tell stops nobody from waiting.
  const unserved = unservedQueues(await client.listQueues().catch(() => []));
  if (unserved !== null) io.stderr(`${unserved.detail} The runs wait until there is one. ${unserved.remedy}\n`);
}

/**
 * Prints how a submission stands.
 * @throws Exit unless all of its runs are scored
 */
export function conclude(io: Io, submission: SubmissionView, format: string): void {
  if (format === 'json') io.stdout(`${JSON.stringify(submission, null, 2)}\n`);
  else io.stderr(`\n${submission.runs.map(runText).join('\n')}`);
  const exit = exitOfRuns(submission.runs);
  if (exit === 'timedOut') io.stderr(`Still running. Wait on: corescore wait ${submission.id}\n`);
  if (exit !== 'pass') throw new Exit(exit);
}

/** `local/net on core-objects-ost@0  ━━━━──── running the model  320 of 660 images`. */
export function stageLine(name: string, state: RunEvent | RunView): string {
  const progress = 'submissionId' in state ? state.progress : eventProgress(state);
  const stage = 'submissionId' in state && state.failure !== null ? FAILURES[state.failure.kind] : STAGES[state.status];
  const ahead = 'submissionId' in state && state.queuePosition ? `, ${state.queuePosition} ahead` : '';
  if (progress === null || isTerminal(state.status)) return `${name}  ${stage}${ahead}`;
  return `${name}  ${bar(progress.done, progress.total, 16)} ${stage}  ${progress.done} of ${progress.total} ${progress.unit}`;
}

function eventProgress(event: RunEvent): { done: number; total: number; unit: string } | null {
  if (event.type !== 'progress' || event.done === undefined || event.total === undefined) return null;
  return { done: event.done, total: event.total, unit: event.unit ?? '' };
}
