import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Scope, TokenView } from '@corescore/contracts';
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
  last_used_at: Date | null;
  revoked_at: Date | null;
}
const COLUMNS = 'id, name, owner, scopes, created_at, last_used_at, revoked_at';

const toView = (row: TokenRow): TokenView => ({
  id: row.id,
  name: row.name,
  owner: row.owner,
  scopes: row.scopes,
  createdAt: iso(row.created_at),
  lastUsedAt: isoOrNull(row.last_used_at),
  revokedAt: isoOrNull(row.revoked_at),
});

export function createTokens(database: Database): Tokens {
  const tokens: Tokens = {
    async create({ name, owner, scopes }) {
      const secret = `cs_${randomBytes(SECRET_BYTES).toString('base64url')}`;
      const row = await database.transaction(async (sql) => {
        await sql.query(`INSERT INTO users (name, created_at) VALUES ($2, ${NOW}) ON CONFLICT DO NOTHING`, [
          database.clock(),
          owner,
        ]);
        const [created] = await sql.query<TokenRow>(
          `INSERT INTO tokens (id, name, owner, scopes, secret_hash, created_at)
           VALUES ($2, $3, $4, $5, $6, ${NOW}) RETURNING ${COLUMNS}`,
          [database.clock(), v7(), name, owner, [...new Set(scopes)], hashOf(secret)],
        );
        return created!;
      });
      return { token: toView(row), secret };
    },

    async verify(secret) {
      const [row] = await database.query<TokenRow>(
        `SELECT ${COLUMNS} FROM tokens WHERE secret_hash = $1 AND revoked_at IS NULL`,
        [hashOf(secret)],
      );
      if (row === undefined) return null;
      await database.query(
        `UPDATE tokens SET last_used_at = ${NOW}
         WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < ${NOW} - interval '1 minute')`,
        [database.clock(), row.id],
      );
      return { id: row.id, owner: row.owner, scopes: row.scopes };
    },

    async list() {
      return (await database.query<TokenRow>(`SELECT ${COLUMNS} FROM tokens ORDER BY id DESC`)).map(toView);
    },

    async revoke(id) {
      if (!isId(id)) return null;
      const [row] = await database.query<TokenRow>(
        `UPDATE tokens SET revoked_at = coalesce(revoked_at, ${NOW}) WHERE id = $2 RETURNING ${COLUMNS}`,
        [database.clock(), id],
      );
      return row === undefined ? null : toView(row);
    },

    async ensureLocalToken(path) {
      const secret = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      if (secret !== null && (await tokens.verify(secret.trim())) !== null) return { created: false };
      const created = await tokens.create({ name: 'local', owner: 'local', scopes: ['admin'] });
      await makeFolder(dirname(path));
      await writeAtomically(path, `${created.secret}\n`, 0o600);
      return { created: true };
    },
  };
  return tokens;
}
