import type { RunFailure } from '@corescore/contracts';
import { type ClaimedRun, checkRoom, mayPass } from '@corescore/store';
import { type Context, enqueue } from '../context.js';
import { DerivedLost } from './derived.js';
import { toFailure } from './failures.js';
import { LeaseLost, ShuttingDown, withLease } from './lease.js';
import { throttled } from './throttle.js';

/** A failure that another run of the same activations has met already. */
export class KnownFailure extends Error {
  constructor(readonly failure: RunFailure) {
    super(failure.detail);
  }
}

export interface Conduct {
  run: ClaimedRun;
  holder: string;
  /** Beats beside the run's own heartbeat (a shared extraction); false: lost. */
  heartbeat?: () => Promise<boolean>;
  /** Told before the run's row is changed: null when the work was given up, not failed. */
  onFailure?: (failure: RunFailure | null) => Promise<void>;
}

/** Tells how far a stage is, at most twice a second. */
export type TellProgress = (done: number, total: number) => void;

export interface Stage {
  /** Aborts when the run is lost, or the worker ends. */
  signal: AbortSignal;
  /** @param unit of `done` and `total` */
  progress(unit: string): TellProgress;
}

const PROGRESS_EVERY_MS = 500;

/** Runs one stage of a claimed run under its lease, and turns whatever it throws into the row's next state. */
export async function conduct(context: Context, stage: Conduct, work: (stage: Stage) => Promise<void>): Promise<void> {
  const { store, env, shutdown } = context;
  const { run, holder } = stage;
  const heartbeat = async (): Promise<boolean> =>
    (await store.runs.heartbeat(run.id, holder, env.leaseSeconds)) && ((await stage.heartbeat?.()) ?? true);
  try {
    // What a run writes is not known before it runs: where the reserve is touched it does not begin.
    await checkRoom(env.home, env.diskReserveBytes);
    const progress = (unit: string): TellProgress =>
      throttled(PROGRESS_EVERY_MS, Date.now, (done, total) => {
        // A lost update costs a tick of the bar.
        store.runs.progress(run.id, holder, { done, total, unit }).catch(() => undefined);
      });
    const changes = (look: () => void) => store.events.subscribe(run.id, look);
    const everyMs = (env.leaseSeconds * 1000) / 3;
    await withLease({ heartbeat, everyMs, changes, shutdown }, (signal) => work({ signal, progress }));
    context.pauses.over(run.id);
  } catch (error) {
    if (error instanceof LeaseLost) {
      await stage.onFailure?.(null);
      return;
    }
    if (error instanceof ShuttingDown) {
      await stage.onFailure?.(null);
      await store.runs.release(run.id, holder);
      return;
    }
    if (error instanceof DerivedLost) {
      await stage.onFailure?.(null);
      const again = await store.runs.extractAgain(run.id, holder, { damaged: error.damaged, reason: error.message });
      if (again.outcome === 'requeued') await enqueue(store, [again.due]);
      return;
    }
    if (error instanceof KnownFailure) {
      await store.runs.fail(run.id, holder, error.failure);
      return;
    }
    if (mayPass(error)) {
      // Neither the model's fault nor an attempt: it goes on once there is room, and the database, again.
      const pauseSeconds = context.pauses.nextSeconds(run.id);
      const because = `${(error as Error).message} The run waits, and its attempts are not counted.`;
      context.log(`run ${run.id} waits ${pauseSeconds} s: ${(error as Error).message}`);
      await stage.onFailure?.(null);
      await store.runs.release(run.id, holder, { pauseSeconds, because });
      return;
    }
    context.pauses.over(run.id);
    const failure = toFailure(error);
    if (failure.kind === 'infrastructure')
      context.log(`run ${run.id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    await stage.onFailure?.(failure);
    const ended = await store.runs.fail(run.id, holder, failure);
    if (ended.outcome === 'requeued') await enqueue(store, [ended.due]);
  }
}
