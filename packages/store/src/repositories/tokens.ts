import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CorescoreError, type Scope, type TokenView } from '@corescore/contracts';
import { makeFolder, writeAtomically } from '@corescore/contracts/files';
import { v7 } from 'uuid';
import type { Database } from '../postgres/database.js';
import type { Tokens } from '../types.js';
import { isId, iso, isoOrNull, NOW } from './rows.js';

const SECRET_BYTES = 32;
const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

interface TokenRow {
  id: string;
  name: string;
  owner: string;
  scopes: Scope[];
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
}
const COLUMNS = 'id, name, owner, scopes, created_at, expires_at, last_used_at, revoked_at';
/** A token that is taken. */
const VALID = `revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${NOW})`;

const toView = (row: TokenRow): TokenView => ({
  id: row.id,
  name: row.name,
  owner: row.owner,
  scopes: row.scopes,
  createdAt: iso(row.created_at),
  expiresAt: isoOrNull(row.expires_at),
  lastUsedAt: isoOrNull(row.last_used_at),
  revokedAt: isoOrNull(row.revoked_at),
});

export function createTokens(database: Database): Tokens {
  const tokens: Tokens = {
    async create({ name, owner, scopes, expiresAt = null }) {
      const secret = `cs_${randomBytes(SECRET_BYTES).toString('base64url')}`;
      const row = await database.transaction(async (sql) => {
        await sql.query(`INSERT INTO users (name, created_at) VALUES ($2, ${NOW}) ON CONFLICT DO NOTHING`, [
          database.clock(),
          owner,
        ]);
        const [created] = await sql.query<TokenRow>(
          `INSERT INTO tokens (id, name, owner, scopes, secret_hash, created_at, expires_at)
           VALUES ($2, $3, $4, $5, $6, ${NOW}, $7) RETURNING ${COLUMNS}`,
          [database.clock(), v7(), name, owner, [...new Set(scopes)], hashOf(secret), expiresAt],
        );
        return created!;
      });
      return { token: toView(row), secret };
    },

    async verify(secret) {
      const clock = database.clock();
      const [row] = await database.query<TokenRow & { valid: boolean; unmarked: boolean }>(
        `SELECT ${COLUMNS}, ${VALID} AS valid,
           coalesce(last_used_at < ${NOW} - interval '1 minute', true) AS unmarked
         FROM tokens WHERE secret_hash = $2 AND revoked_at IS NULL`,
        [clock, hashOf(secret)],
      );
      if (row === undefined) return null;
      if (!row.valid) throw expired(row);
      if (row.unmarked) await database.query(`UPDATE tokens SET last_used_at = ${NOW} WHERE id = $2`, [clock, row.id]);
      return { id: row.id, owner: row.owner, scopes: row.scopes };
    },

    async list() {
      return (await database.query<TokenRow>(`SELECT ${COLUMNS} FROM tokens ORDER BY id DESC`)).map(toView);
    },

    async revoke(id) {
      if (!isId(id)) return null;
      const row = await database.transaction(async (sql) => {
        const clock = database.clock();
        // Two administrators that revoke each other at once: the second waits, and then counts what is left.
        const admins = await sql.query<{ id: string }>(
          `SELECT id FROM tokens WHERE 'admin' = ANY(scopes) AND ${VALID} ORDER BY id FOR UPDATE`,
          [clock],
        );
        if (admins.length === 1 && admins[0]!.id === id) throw lastAdmin();
        const [revoked] = await sql.query<TokenRow>(
          `UPDATE tokens SET revoked_at = coalesce(revoked_at, ${NOW}) WHERE id = $2 RETURNING ${COLUMNS}`,
          [clock, id],
        );
        return revoked;
      });
      return row === undefined ? null : toView(row);
    },

    async ensureLocalToken(path) {
      const secret = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      if (secret !== null) {
        const known = await tokens.verify(secret.trim()).catch((error: unknown) => {
          if (error instanceof CorescoreError && error.code === 'token_expired') return null;
          throw error;
        });
        if (known !== null) return { created: false };
      }
      const created = await tokens.create({ name: 'local', owner: 'local', scopes: ['admin'] });
      await makeFolder(dirname(path));
      await writeAtomically(path, `${created.secret}\n`, 0o600);
      return { created: true };
    },
  };
  return tokens;
}

const expired = (row: TokenRow): CorescoreError =>
  new CorescoreError('token_expired', `The token "${row.name}" expired on ${iso(row.expires_at!)}.`, {
    field: 'header/authorization',
    remedy: 'Ask an administrator for a new one: corescore token create.',
  });

const lastAdmin = (): CorescoreError =>
  new CorescoreError('last_admin_token', 'This is the last token that may make others.', {
    field: 'path/id',
    remedy: 'Create another one with the scope admin first: corescore token create --scope admin.',
  });
