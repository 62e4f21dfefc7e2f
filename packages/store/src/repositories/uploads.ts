import type { Database } from '../postgres/database.js';
import type { OpenUploads } from '../types.js';
import { isId, NOW } from './rows.js';

/** Counts of resumable uploads that are open, over all processes. The bytes lie on disk; the service keeps them there. */
export function createUploads(database: Database): OpenUploads {
  return {
    reserve: ({ id, tokenId, bytes, seconds }, limits) =>
      database.transaction(async (sql) => {
        const clock = database.clock();
        await sql.query(`SELECT pg_advisory_xact_lock(hashtextextended('open_uploads ' || current_schema(), 0))`);
        await sql.query(`DELETE FROM open_uploads WHERE expires_at <= ${NOW}`, [clock]);
        const [open] = await sql.query<{ count: number; bytes: string }>(
          'SELECT count(*)::int AS count, coalesce(sum(bytes), 0) AS bytes FROM open_uploads WHERE token_id = $1',
          [tokenId],
        );
        if (open!.count >= limits.count) return 'count';
        if (Number(open!.bytes) + bytes > limits.bytes) return 'bytes';
        await sql.query(
          `INSERT INTO open_uploads (id, token_id, bytes, expires_at)
           VALUES ($2, $3, $4, ${NOW} + $5 * interval '1 second')`,
          [clock, id, tokenId, bytes, seconds],
        );
        return null;
      }),

    async release(id) {
      if (isId(id)) await database.query('DELETE FROM open_uploads WHERE id = $1', [id]);
    },
  };
}
