import pg from 'pg';
import { connectionConfig } from '../postgres/database.js';

/** Name of the locks' space: no other advisory lock of the service has two keys. */
const SPACE = 'queue_workers';
const RETRY_MS = 500;

/** SQL: somebody alive holds the lock of the row `w` of `queue_workers`. */
export const IS_PRESENT = `EXISTS (
  SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
    AND l.classid = (hashtext(current_schema() || '.${SPACE}')::bigint & 4294967295)::oid
    AND l.objid = (hashtext(w.id::text)::bigint & 4294967295)::oid)`;

/**
 * Holds an advisory lock for each worker of this process, on a connection of their own. A row outlives a process that is
 * killed; its connection does not, and Postgres gives the lock back with it.
 */
export class Presence {
  readonly #ids = new Set<string>();
  #client: pg.Client | undefined;
  #opening: Promise<pg.Client> | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly databaseUrl: string,
    private readonly schema: string,
    private readonly onError: (error: Error) => void,
  ) {}

  async announce(id: string): Promise<void> {
    this.#ids.add(id);
    await this.#hold(id);
  }

  /** Again and again where the database is away; nothing for a worker that was withdrawn meanwhile. */
  async #hold(id: string): Promise<void> {
    try {
      // Tried, not waited for: where a connection that broke still holds it, it is held.
      await this.#lock('pg_try_advisory_lock', id);
    } catch {
      if (this.#ids.has(id)) this.#again();
    }
  }

  async withdraw(id: string): Promise<void> {
    this.#ids.delete(id);
    if (this.#ids.size > 0) await this.#lock('pg_advisory_unlock', id);
    else await this.close();
  }

  async close(): Promise<void> {
    this.#ids.clear();
    clearTimeout(this.#retry);
    await this.#opening?.catch(() => undefined);
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  async #lock(call: 'pg_try_advisory_lock' | 'pg_advisory_unlock', id: string): Promise<void> {
    const client = this.#client ?? (await this.#connect());
    await client.query(`SELECT ${call}(hashtext(current_schema() || '.${SPACE}'), hashtext($1))`, [id]);
  }

  #connect(): Promise<pg.Client> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<pg.Client> {
    const client = new pg.Client({
      ...connectionConfig(this.databaseUrl, this.schema),
      application_name: 'corescore presence',
    });
    const lost = (error: Error): void => {
      if (this.#client !== client) return;
      this.#client = undefined;
      this.onError(error);
      this.#again();
    };
    client.on('error', lost);
    client.on('end', () => lost(new Error('the connection that tells of the workers was ended')));
    await client.connect();
    this.#client = client;
    return client;
  }

  #again(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      for (const id of this.#ids) void this.#hold(id);
    }, RETRY_MS);
    this.#retry.unref();
  }
}
