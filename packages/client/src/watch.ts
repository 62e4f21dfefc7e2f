import { isTerminal, type RunEvent } from '@corescore/contracts';
import { NetworkError, networkError, RequestError } from './errors.js';
import { parseEventStream } from './sse.js';
import type { Fetch } from './transport.js';

export interface WatchOptions {
  /** Only events after this one; 0 or absent: all. */
  lastEventId?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Connections that fail one after another, without an event between, before the watch gives up. */
  maxFailures?: number;
  /** Wait before the first reconnection; doubles with each failure up to 8 s. */
  retryMs?: number;
  /** A connection silent for so long (not even a comment) is taken for dead. */
  idleMs?: number;
}

const LONGEST_WAIT_MS = 8000;

/**
 * Events of a run until it is scored, failed or cancelled. Survives a dropped connection and a restart of the service:
 * reconnects and resumes after the last event seen, so that none is missed or told twice.
 * @throws RequestError for an answer that will not change (unknown run, token), NetworkError after `maxFailures`.
 */
export async function* watchEvents(
  url: string,
  send: Fetch,
  isOver: () => Promise<boolean>,
  options: WatchOptions = {},
): AsyncGenerator<RunEvent> {
  const { signal, maxFailures = 8, idleMs = 60_000 } = options;
  let retryMs = options.retryMs ?? 500;
  let lastEventId = options.lastEventId ?? 0;
  let failures = 0;
  for (;;) {
    signal?.throwIfAborted();
    const connection = new AbortController();
    const stop = () => connection.abort();
    signal?.addEventListener('abort', stop, { once: true });
    const alarm = idleAlarm(idleMs, stop);
    let failure: unknown;
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (lastEventId > 0) headers['last-event-id'] = String(lastEventId);
      const response = await orAborted(
        send(new Request(url, { headers, signal: connection.signal })),
        connection.signal,
      );
      if (response.body === null) throw new NetworkError('The stream of events has no body.');
      for await (const message of parseEventStream(alarm.watch(response.body, connection.signal))) {
        if (message.retryMs !== undefined) retryMs = message.retryMs;
        const event = JSON.parse(message.data) as RunEvent;
        if (event.id <= lastEventId) continue;
        lastEventId = event.id;
        failures = 0;
        yield event;
        if (event.type === 'status' && isTerminal(event.status)) return;
      }
      // The stream ended in order. Where the watch began after the last event, only the run itself knows that it is over.
      if (await isOver()) return;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof RequestError && error.status < 500 && error.status !== 429) throw error;
      failure = error;
    } finally {
      alarm.clear();
      signal?.removeEventListener('abort', stop);
      connection.abort();
    }
    failures += 1;
    if (failures > maxFailures) {
      if (failure instanceof NetworkError || failure instanceof RequestError) throw failure;
      throw networkError(url, failure ?? new Error('the stream of events ends again and again'));
    }
    await wait(Math.min(LONGEST_WAIT_MS, retryMs * 2 ** (failures - 1)), signal);
  }
}

/** Node's fetch holds the signal of a request weakly and may forget it in a collection; this does not. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Calls `ring` when the stream it watches carries no byte for `idleMs`; the stream fails when `signal` aborts. */
function idleAlarm(idleMs: number, ring: () => void) {
  let timer = setTimeout(ring, idleMs);
  let isOff = false;
  return {
    watch: (body: ReadableStream<Uint8Array>, signal: AbortSignal): ReadableStream<Uint8Array> =>
      body.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            clearTimeout(timer);
            if (!isOff) timer = setTimeout(ring, idleMs);
            controller.enqueue(chunk);
          },
        }),
        { signal },
      ),
    clear: () => {
      isOff = true;
      clearTimeout(timer);
    },
  };
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    const timer = setTimeout(end, ms);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}
