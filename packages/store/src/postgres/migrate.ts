import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CorescoreError } from '@corescore/contracts';
import { type Database, quoted } from './database.js';

/** The numbered files at the top of the repository. */
const FOLDER = new URL('../../../../migrations/', import.meta.url);
/** Any constant: one lock a schema, so that services that start together migrate one after the other. */
const LOCK = 0x636f7265;

interface Migration {
  version: number;
  name: string;
  sql: string;
  checksum: string;
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, FOLDER), 'utf8');
      return { version: Number(name.slice(0, 4)), name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Applies what is missing, all in one transaction, forward only.
 * @throws CorescoreError `configuration` when the database is newer than this program, or a file that was applied has
 * been changed since
 */
export async function migrate(database: Database, schema: string): Promise<void> {
  const migrations = await readMigrations();
  await database.transaction(async (sql) => {
    await sql.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [LOCK, schema]);
    await sql.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`);
    await sql.query(
      `CREATE TABLE IF NOT EXISTS schema_migrations (
         version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
         applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const applied = await sql.query<Omit<Migration, 'sql'>>('SELECT version, name, checksum FROM schema_migrations');
    for (const { version, name, checksum } of applied) check(migrations, version, name, checksum);
    const done = new Set(applied.map((m) => m.version));
    for (const { version, name, sql: text, checksum } of migrations) {
      if (done.has(version)) continue;
      await sql.query(text);
      await sql.query('INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)', [
        version,
        name,
        checksum,
      ]);
    }
  });
}

function check(migrations: readonly Migration[], version: number, name: string, checksum: string): void {
  const known = migrations.find((m) => m.version === version);
  if (known === undefined) {
    throw new CorescoreError('configuration', `The database has migration ${name}, which this version lacks.`, {
      field: 'DATABASE_URL',
      remedy: 'Run the newer version of corescore that wrote it; there is no way back.',
    });
  }
  if (known.checksum !== checksum) {
    throw new CorescoreError('configuration', `Migration ${name} is not the file that was applied.`, {
      field: fileURLToPath(new URL(known.name, FOLDER)),
      remedy: 'Restore the file, and put the change into a new migration.',
    });
  }
}
