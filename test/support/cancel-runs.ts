import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunView } from '@corescore/contracts';
import { RandomState } from '../../packages/metrics/src/random/random-state.js';
import { call, type Served, until } from './serve.js';
import { servicePid } from './victims.js';

export interface CancelPlan {
  /** Puts one run of a model into the queue; that of all runs but the first finds its activations, and its twin's. */
  submit: (key: string) => Promise<string>;
  cancels: number;
  /** SIGTERMs of the worker, spread over the cancels; the run that it holds then must go on, and is cancelled after. */
  terms: number;
  /** Moments are drawn from [.02, longestSeconds] s after the scoring threads have begun, as many within each doubling. */
  longestSeconds: number;
  seed: number;
  onCancelled?: (count: number) => void;
}

export interface CancelOutcome {
  /** Times that a worker ended without being asked to, or was killed since it did not end. */
  aborts: number;
  /** Runs that count more than one attempt, or failed. */
  lost: number;
  /** From the cancel until the next run is scored, s. */
  latencySeconds: number[];
  /** Cancels that came while the run was being scored. */
  withinScoring: number;
}

const FIRST_SECONDS = 0.02;

/** Ends of the worker, as the supervisor notes them: by code 0 where it was asked to. */
const workerEnds = (home: string): string[] =>
  readFileSync(join(home, 'logs', 'corescore.log'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { msg: string }).msg)
    .filter((message) => /^worker (was ended by \S+|stopped with code \d+)$/.test(message));

/** Cancels runs at random moments of their scoring and now and then ends the worker; counts what it cost. */
export async function cancelRuns(served: Served, plan: CancelPlan): Promise<CancelOutcome> {
  const random = new RandomState(plan.seed);
  const every = plan.terms === 0 ? Number.POSITIVE_INFINITY : Math.floor(plan.cancels / plan.terms);
  const view = (id: string) => call<RunView>(served, `/v1/runs/${id}`);
  const endsBefore = workerEnds(served.home).length;
  const outcome: CancelOutcome = { aborts: 0, lost: 0, latencySeconds: [], withinScoring: 0 };
  const ids: string[] = [];
  let cancelledAt: number | undefined;
  let terms = 0;

  const begun = (id: string) =>
    until('scoring', 300, async () => {
      const run = await view(id);
      if (run.endedAt !== null) throw new Error(`${run.status} before it was scored: ${JSON.stringify(run.failure)}`);
      // Under that status a run also waits, and has its twin run by a process of its own.
      return run.status === 'scoring' && run.progress?.unit === 'time steps';
    });

  // The next scoring begins once the last one has been given up, so what it waits for is the latency of a cancel.
  for (let k = 0; k < plan.cancels; k++) {
    const id = await plan.submit(`cancel-${plan.seed}-${k}`);
    ids.push(id);
    await begun(id);
    if (cancelledAt !== undefined) outcome.latencySeconds.push((Date.now() - cancelledAt) / 1000);
    const moment = FIRST_SECONDS * (plan.longestSeconds / FIRST_SECONDS) ** random.rand();
    await sleep(1000 * moment);
    if ((k + 1) % every === 0 && terms < plan.terms) {
      terms += 1;
      const pid = servicePid(served.home, 'worker')!;
      process.kill(pid, 'SIGTERM');
      await until('another worker', 60, async () => (servicePid(served.home, 'worker') ?? pid) !== pid);
      await begun(id);
    }
    const before = await call<RunView>(served, `/v1/runs/${id}/cancel`, { method: 'POST' }).catch(() => null);
    cancelledAt = Date.now();
    if (before !== null) outcome.withinScoring += 1;
    plan.onCancelled?.(k + 1);
  }
  // The last one is let through: what was cancelled before has left a worker that works.
  const last = await plan.submit(`cancel-${plan.seed}-last`);
  const end = await until('an end', 600, async () => {
    const run = await view(last);
    return run.endedAt !== null && run;
  });
  if (end.status !== 'scored') outcome.lost += 1;
  for (const run of await Promise.all([...ids, last].map(view))) {
    if (run.attempt > 1 || run.status === 'failed') outcome.lost += 1;
  }
  const ends = workerEnds(served.home).slice(endsBefore);
  const inOrder = ends.filter((line) => /code 0\b/.test(line)).length;
  outcome.aborts = ends.length - Math.min(inOrder, terms);
  return outcome;
}
