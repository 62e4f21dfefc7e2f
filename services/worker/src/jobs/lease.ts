/** A run that is no longer ours: cancelled by its owner, or taken over after the lease ran out. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** The process is asked to end: the run goes back unharmed. */
export class ShuttingDown extends Error {
  override readonly name = 'ShuttingDown';
}

export interface LeaseOptions {
  /** Extends the lease; false when the row is no longer held by us. */
  heartbeat: () => Promise<boolean>;
  everyMs: number;
  /** Calls back whenever the row may have changed hands, until the answer is called. */
  changes: (look: () => void) => Promise<() => Promise<void>>;
  shutdown: AbortSignal;
}

/**
 * Runs `work` while a heartbeat keeps its lease. A heartbeat that finds the row in other hands aborts the work with
 * `LeaseLost`, a shutdown with `ShuttingDown`; a heartbeat that fails (database away) is tried again, since the lease
 * itself decides. A change of the row, such as a cancel, has it looked at without waiting for the next beat.
 */
export async function withLease<T>(options: LeaseOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onShutdown = () => controller.abort(new ShuttingDown('the worker ends'));
  if (options.shutdown.aborted) onShutdown();
  options.shutdown.addEventListener('abort', onShutdown, { once: true });
  let beating = false;
  let again = false;
  const beat = async (): Promise<void> => {
    again = true;
    if (beating) return;
    beating = true;
    try {
      while (again) {
        again = false;
        if (!(await options.heartbeat())) controller.abort(new LeaseLost('the run is in other hands'));
      }
    } catch {
      // The next beat tries again; if none gets through, the sweeper takes the run.
    } finally {
      beating = false;
    }
  };
  const timer = setInterval(beat, options.everyMs);
  // Without it a change is found at the next beat.
  const unsubscribe = await options.changes(() => void beat()).catch(() => undefined);
  try {
    controller.signal.throwIfAborted();
    return await work(controller.signal);
  } catch (error) {
    // Whatever the work threw on its way out, the reason is the abort.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearInterval(timer);
    options.shutdown.removeEventListener('abort', onShutdown);
    await unsubscribe?.();
  }
}
