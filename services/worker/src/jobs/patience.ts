import { setTimeout as sleep } from 'node:timers/promises';
import { growingPauseMs } from '@corescore/contracts';
import { mayPass, type Store } from '@corescore/store';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/**
 * The store as jobs use it: what moves a run or an extraction on is tried until the database takes it, so that work
 * of minutes is not thrown away for an outage of seconds. Each of these calls may be repeated: it is compare-and-set
 * under the holder's name. Heartbeats and progress are not: the next one comes anyway.
 * @param shutdown once it is aborted, a call is tried once
 */
export function patientStore(
  store: Store,
  shutdown: AbortSignal,
  pause: typeof growingPauseMs = growingPauseMs,
): Store {
  const patient =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      for (let failed = 1; ; failed++) {
        try {
          return await call(...args);
        } catch (error) {
          if (!mayPass(error) || shutdown.aborted) throw error;
          await sleep(pause(failed, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), undefined, { signal: shutdown }).catch(
            () => undefined,
          );
        }
      }
    };
  const { runs, extractions } = store;
  return {
    ...store,
    runs: {
      ...runs,
      claim: patient(runs.claim),
      toScoring: patient(runs.toScoring),
      release: patient(runs.release),
      finish: patient(runs.finish),
      fail: patient(runs.fail),
    },
    extractions: {
      ...extractions,
      claim: patient(extractions.claim),
      done: patient(extractions.done),
      failed: patient(extractions.failed),
      get: patient(extractions.get),
      discard: patient(extractions.discard),
    },
  };
}
