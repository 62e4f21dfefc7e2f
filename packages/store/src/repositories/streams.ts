import { v7 } from 'uuid';
import type { Database } from '../postgres/database.js';
import type { Streams } from '../types.js';
import { NOW } from './rows.js';

const RENEW_MS = 15_000;
/** Three renewals: a process that is busy for a while keeps its streams. */
const LEASE = `interval '45 seconds'`;

/**
 * Counts of open event streams, over all processes.
 * @param onError told where the leases of open streams could not be renewed
 */
export function createStreams(database: Database, onError: (error: Error) => void): Streams & { close(): void } {
  const held = new Map<string, string>();
  const renew = async (): Promise<void> => {
    const clock = database.clock();
    await database.query(
      `INSERT INTO open_streams (id, address, expires_at)
       SELECT id, address, ${NOW} + ${LEASE} FROM unnest($2::uuid[], $3::text[]) AS s (id, address)
       ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at`,
      [clock, [...held.keys()], [...held.values()]],
    );
  };
  const timer = setInterval(() => {
    if (held.size > 0) renew().catch(onError);
  }, RENEW_MS);
  timer.unref();

  return {
    async open(address, { perAddress, total }) {
      const id = v7();
      const refused = await database.transaction(async (sql) => {
        const clock = database.clock();
        // One after the other: two that count at once would both find room for the last.
        await sql.query(`SELECT pg_advisory_xact_lock(hashtextextended('open_streams ' || current_schema(), 0))`);
        await sql.query(`DELETE FROM open_streams WHERE expires_at <= ${NOW}`, [clock]);
        const [counted] = await sql.query<{ all: number; here: number }>(
          `SELECT count(*)::int AS all, count(*) FILTER (WHERE address = $1)::int AS here FROM open_streams`,
          [address],
        );
        if (counted!.here >= perAddress) return 'address' as const;
        if (counted!.all >= total) return 'total' as const;
        await sql.query(`INSERT INTO open_streams (id, address, expires_at) VALUES ($2, $3, ${NOW} + ${LEASE})`, [
          clock,
          id,
          address,
        ]);
        return null;
      });
      if (refused !== null) return { refused };
      held.set(id, address);
      return {
        refused,
        async close() {
          if (!held.delete(id)) return;
          await database.query('DELETE FROM open_streams WHERE id = $1', [id]);
        },
      };
    },
    close: () => clearInterval(timer),
  };
}
