import pg from 'pg';
import { connectionConfig, databaseError } from './database.js';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

/**
 * One dedicated connection that LISTENs on a channel and hands each payload to its subscribers. It connects at the
 * first subscription and again whenever the connection is lost; everybody is called once then, since what was
 * notified in between is gone.
 */
export class Listener {
  readonly #subscribers = new Map<string, Set<() => void>>();
  #client: pg.Client | undefined;
  #connecting: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;
  #closed = false;

  constructor(
    private readonly databaseUrl: string,
    private readonly schema: string,
    private readonly channel: string,
    private readonly onError: (error: Error) => void,
  ) {}

  async subscribe(payload: string, call: () => void): Promise<() => Promise<void>> {
    const calls = this.#subscribers.get(payload) ?? new Set();
    this.#subscribers.set(payload, calls);
    calls.add(call);
    const unsubscribe = async () => {
      calls.delete(call);
      if (calls.size === 0 && this.#subscribers.get(payload) === calls) this.#subscribers.delete(payload);
    };
    try {
      await this.#connect();
    } catch (error) {
      await unsubscribe();
      throw databaseError(error);
    }
    return unsubscribe;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#subscribers.clear();
    await this.#connecting?.catch(() => undefined);
    await this.#client?.end().catch(() => undefined);
    this.#client = undefined;
  }

  #connect(): Promise<void> {
    if (this.#client !== undefined || this.#closed) return Promise.resolve();
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #open(): Promise<void> {
    const client = new pg.Client({
      ...connectionConfig(this.databaseUrl, this.schema),
      application_name: 'corescore listener',
    });
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('the listener was disconnected')));
    client.on('notification', ({ payload }) => {
      for (const call of this.#subscribers.get(payload ?? '') ?? []) call();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${this.channel}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    this.#retryMs = FIRST_RETRY_MS;
  }

  #lost(client: pg.Client, error: Error): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    if (this.#closed) return;
    this.onError(error);
    client.end().catch(() => undefined);
    this.#reconnectLater();
  }

  #reconnectLater(): void {
    this.#retry = setTimeout(() => {
      this.#connect().then(
        () => {
          for (const calls of this.#subscribers.values()) for (const call of calls) call();
        },
        (error: Error) => {
          this.onError(error);
          if (!this.#closed) this.#reconnectLater();
        },
      );
    }, this.#retryMs);
    this.#retry.unref();
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }
}
