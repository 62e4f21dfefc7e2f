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
  shutdown: AbortSignal;
}

/**
 * Runs `work` while a heartbeat keeps its lease. A heartbeat that finds the row in other hands, or the work that finds it
 * before and calls `lost`, aborts the work with `LeaseLost`, a shutdown with `ShuttingDown`; a heartbeat that fails
 * (database away) is tried again, since the lease itself decides.
 */
export async function withLease<T>(
  options: LeaseOptions,
  work: (signal: AbortSignal, lost: () => void) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const lost = () => controller.abort(new LeaseLost('the run is in other hands'));
  const onShutdown = () => controller.abort(new ShuttingDown('the worker ends'));
  if (options.shutdown.aborted) onShutdown();
  options.shutdown.addEventListener('abort', onShutdown, { once: true });
  let beating = false;
  const timer = setInterval(async () => {
    if (beating) return;
    beating = true;
    try {
      if (!(await options.heartbeat())) lost();
    } catch {
      // The next beat tries again; if none gets through, the sweeper takes the run.
    } finally {
      beating = false;
    }
  }, options.everyMs);
  try {
    return await work(controller.signal, lost);
  } catch (error) {
    // Whatever the work threw on its way out, the reason is the abort.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearInterval(timer);
    options.shutdown.removeEventListener('abort', onShutdown);
  }
}
