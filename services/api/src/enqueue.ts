import type { RunView } from '@corescore/contracts';
import type { Store } from '@corescore/store';
import type { FastifyBaseLogger } from 'fastify';

/**
 * Hands a run to the queue, after its row is committed. A queue that is away costs time only: the row is the truth,
 * and the sweeper enqueues what waits without a job.
 */
export async function enqueueRun(
  store: Store,
  run: Pick<RunView, 'id' | 'attempt'>,
  log: FastifyBaseLogger,
): Promise<void> {
  try {
    await store.queues.enqueue('extract', { runId: run.id, attempt: run.attempt });
  } catch (error) {
    log.error({ err: error, runId: run.id }, 'enqueue failed; left to the sweeper');
  }
}
