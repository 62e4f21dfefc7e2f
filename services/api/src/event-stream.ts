import { PassThrough, type Readable } from 'node:stream';
import { isTerminal, type RunEvent, type RunStatus } from '@corescore/contracts';

/** Comments keep proxies and clients from taking a quiet stream for a dead one. */
const HEARTBEAT_MS = 15_000;
const PAGE = 500;

/** What the stream reads: the rows are the truth, a notification only says that it is time to look. */
export interface EventSource {
  status(): Promise<RunStatus>;
  /** Events with an id above `afterId`, in order, at most `limit`. */
  list(afterId: number, limit: number): Promise<RunEvent[]>;
  /** Calls back after each new event of the run until the returned function is called. */
  subscribe(onEvent: () => void): Promise<() => Promise<void>>;
}

/** `id` and `data`, without an event name: a browser's `onmessage` gets every one, and `data.type` tells them apart. */
const format = (event: RunEvent): string => `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;

/**
 * A run that was retried has an older end in its history. A watcher that starts now is told of the present attempt
 * only, or it would take that older end for the end.
 */
export function presentAttempt(events: readonly RunEvent[]): RunEvent[] {
  const ended = events.findLastIndex((e, i) => i < events.length - 1 && e.type === 'status' && isTerminal(e.status));
  return events.slice(ended + 1);
}

/**
 * The events of a run as `text/event-stream`: what has been, then what comes, until the run has ended.
 * @param lastEventId resume after this event; null for a watcher that starts now
 */
export class RunEventStream {
  readonly body: Readable;
  readonly #out = new PassThrough();
  #after: number;
  #fresh: boolean;
  #busy = false;
  #again = false;
  #heartbeat: NodeJS.Timeout | undefined;
  #unsubscribe: (() => Promise<void>) | undefined;

  constructor(
    private readonly source: EventSource,
    lastEventId: number | null,
    private readonly onError: (error: unknown) => void,
  ) {
    this.body = this.#out;
    this.#after = lastEventId ?? 0;
    this.#fresh = lastEventId === null;
  }

  async start(heartbeatMs = HEARTBEAT_MS): Promise<void> {
    this.#out.once('close', () => this.#release());
    this.#out.write('retry: 1000\n\n');
    this.#unsubscribe = await this.source.subscribe(() => this.#wake());
    if (this.#out.destroyed) return this.#release();
    // A heartbeat looks, too: a notification lost with its database connection costs one beat, not the stream.
    this.#heartbeat = setInterval(() => {
      this.#out.write(': alive\n\n');
      this.#wake();
    }, heartbeatMs);
    this.#wake();
  }

  /** Ends the stream in order; the watcher may come back with `Last-Event-ID`. */
  end(): void {
    this.#out.end();
  }

  #wake(): void {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    this.#drain()
      .catch((error: unknown) => {
        // Nobody listens any more: the store may be closing under us.
        if (!this.#out.writable) return;
        this.onError(error);
        this.#out.end();
      })
      .finally(() => {
        this.#busy = false;
        if (this.#again && this.#out.writable) {
          this.#again = false;
          this.#wake();
        }
      });
  }

  async #drain(): Promise<void> {
    // The status is read before the events: an end seen here has its event in the list that follows.
    const over = isTerminal(await this.source.status());
    const fetched: RunEvent[] = [];
    for (;;) {
      const events = await this.source.list(this.#after, PAGE);
      fetched.push(...events);
      this.#after = events.at(-1)?.id ?? this.#after;
      if (events.length < PAGE) break;
    }
    const events = this.#fresh ? presentAttempt(fetched) : fetched;
    this.#fresh = false;
    if (!this.#out.writable) return;
    for (const event of events) this.#out.write(format(event));
    if (over) this.#out.end();
  }

  #release(): void {
    clearInterval(this.#heartbeat);
    const unsubscribe = this.#unsubscribe;
    this.#unsubscribe = undefined;
    unsubscribe?.().catch(this.onError);
  }
}
