import { CorescoreError } from '@corescore/contracts';
import pg from 'pg';
import { diskFull, isDiskFull } from '../disk-room.js';

export type Row = Record<string, unknown>;

/** Runs SQL: the pool, or one connection within a transaction. */
export interface Sql {
  query<R = Row>(text: string, values?: readonly unknown[]): Promise<R[]>;
}

/** What every repository gets. */
export interface Database extends Sql {
  /** One transaction; rolled back when `work` throws. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** The injected time, or null for the database's own clock: SQL says `coalesce($1::timestamptz, now())`. */
  clock(): Date | null;
  /** Seconds since Postgres was last found away, or unable to write; Infinity where it never was. */
  steadySeconds(): number;
}

/** SQLSTATE classes and socket errors that mean "Postgres is away", not "the statement is wrong". */
const AWAY =
  /^(08...|57P0[123]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)$/;
/** What `pg` and its pool say of a connection that they do not get, or have no more; these come without a code. */
const NO_CONNECTION =
  /connection terminated|timeout expired|timeout exceeded when trying to connect|read timeout|not queryable|after calling end/i;

export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as Error & { code?: string };
  return code === 'unavailable' || (code === undefined ? NO_CONNECTION.test(error.message) : AWAY.test(code));
}

/** The database's absence, and its full disk, as problems with a remedy; any other error as it is. */
export function databaseError(error: unknown): unknown {
  if (error instanceof CorescoreError) return error;
  if (isDiskFull(error)) return diskFull('The disk of the database is full.', error);
  if (!isAway(error)) return error;
  return new CorescoreError('unavailable', 'The database does not answer.', {
    remedy: 'Try again in a moment; the operator sees why in the log of the service.',
    cause: error,
  });
}

/** The database is away, or cannot write: nothing that was asked is wrong, and it may be asked again. */
export const mayPass = (error: unknown): boolean =>
  (error instanceof CorescoreError && error.code === 'unavailable') || isDiskFull(error);

/** Identifiers cannot be bound as parameters. @throws CorescoreError `configuration` for anything but a plain name */
export function quoted(schema: string): string {
  if (!/^[a-z_][a-z0-9_]{0,55}$/.test(schema)) {
    throw new CorescoreError('configuration', `"${schema}" is not a schema name.`, {
      field: 'schema',
      remedy: 'Use lower-case letters, digits and underscores, at most 56.',
    });
  }
  return `"${schema}"`;
}

/** Options of a connection whose unqualified names mean `schema`. */
export const connectionConfig = (databaseUrl: string, schema: string): pg.ClientConfig => ({
  connectionString: databaseUrl,
  options: `-c search_path=${quoted(schema)}`,
  connectionTimeoutMillis: 10_000,
  keepAlive: true,
});

export class PooledDatabase implements Database {
  readonly pool: pg.Pool;
  #awayAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    databaseUrl: string,
    schema: string,
    poolSize: number,
    private readonly now: (() => Date) | undefined,
    onError: (error: Error) => void,
  ) {
    this.pool = new pg.Pool({ ...connectionConfig(databaseUrl, schema), max: poolSize, application_name: 'corescore' });
    // An idle connection that Postgres ends would otherwise end this process.
    this.pool.on('error', (error) => {
      this.#failed(error);
      onError(error);
    });
    // So would one that ends while a transaction has it and is between two statements: the next one tells.
    this.pool.on('connect', (client) => client.on('error', (error) => this.#failed(error)));
  }

  #failed(error: unknown): unknown {
    const told = databaseError(error);
    if (told !== error || isAway(error)) this.#awayAtMs = performance.now();
    return told;
  }

  steadySeconds(): number {
    return (performance.now() - this.#awayAtMs) / 1000;
  }

  clock(): Date | null {
    return this.now?.() ?? null;
  }

  async query<R = Row>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    try {
      return (await this.pool.query(text, values as unknown[])).rows as R[];
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    let client: pg.PoolClient;
    try {
      client = await this.pool.connect();
    } catch (error) {
      throw this.#failed(error);
    }
    const sql: Sql = {
      query: async <R>(text: string, values: readonly unknown[] = []) =>
        (await client.query(text, values as unknown[])).rows as R[],
    };
    let broken = false;
    try {
      await client.query('BEGIN');
      const result = await work(sql);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {
        broken = true;
      });
      throw this.#failed(error);
    } finally {
      client.release(broken);
    }
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}
