import { CorescoreError } from '@corescore/contracts';
import pg from 'pg';

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
}

/** SQLSTATE classes and socket errors that mean "Postgres is away", not "the statement is wrong". */
const AWAY =
  /^(08...|57P0[123]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)$/;
/** What `pg` and its pool say of a connection that they do not get, or have no more; these come without a code. */
const NO_CONNECTION =
  /connection terminated|timeout expired|timeout exceeded when trying to connect|read timeout|not queryable|after calling end/i;

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as Error & { code?: string };
  return code === undefined ? NO_CONNECTION.test(error.message) : AWAY.test(code);
}

/** The database's absence as a problem with a remedy; any other error as it is. */
export function databaseError(error: unknown): unknown {
  if (!isAway(error)) return error;
  return new CorescoreError('unavailable', 'The database does not answer.', {
    remedy: 'Try again in a moment; the operator sees why in the log of the service.',
    cause: error,
  });
}

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

  constructor(
    databaseUrl: string,
    schema: string,
    poolSize: number,
    private readonly now: (() => Date) | undefined,
    onError: (error: Error) => void,
  ) {
    this.pool = new pg.Pool({ ...connectionConfig(databaseUrl, schema), max: poolSize, application_name: 'corescore' });
    // An idle connection that Postgres ends would otherwise end this process.
    this.pool.on('error', onError);
  }

  clock(): Date | null {
    return this.now?.() ?? null;
  }

  async query<R = Row>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    try {
      return (await this.pool.query(text, values as unknown[])).rows as R[];
    } catch (error) {
      throw databaseError(error);
    }
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    let client: pg.PoolClient;
    try {
      client = await this.pool.connect();
    } catch (error) {
      throw databaseError(error);
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
      throw databaseError(error);
    } finally {
      client.release(broken);
    }
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}
