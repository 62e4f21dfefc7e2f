import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { databaseError, type PooledDatabase } from '../postgres/database.js';
import type { Budget, Limits } from '../types.js';

const TABLE = 'rate_limits';

export function createLimits(database: PooledDatabase): Limits {
  const limiters = new Map<string, RateLimiterPostgres>();
  const limiterOf = ({ name, points, seconds }: Budget): RateLimiterPostgres => {
    const key = `${name}/${points}/${seconds}`;
    const limiter =
      limiters.get(key) ??
      new RateLimiterPostgres({
        storeClient: database.pool,
        storeType: 'pool',
        tableName: TABLE,
        tableCreated: true,
        keyPrefix: name,
        points,
        duration: seconds,
        // What is over its limit is refused by this process without asking the database again.
        inMemoryBlockOnConsumed: points,
      });
    limiters.set(key, limiter);
    return limiter;
  };
  const secondsIn = (result: RateLimiterRes): number => Math.max(1, Math.ceil(result.msBeforeNext / 1000));

  return {
    async spend(budget, key, cost) {
      try {
        await limiterOf(budget).consume(key, cost);
        return null;
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) return secondsIn(refusal);
        // Without the count nobody knows whether the limit is kept: the request is refused, not let through.
        throw databaseError(refusal);
      }
    },

    async spent(budget, key) {
      try {
        const found = await limiterOf(budget).get(key);
        return found !== null && found.consumedPoints >= budget.points ? secondsIn(found) : null;
      } catch (error) {
        throw databaseError(error);
      }
    },
  };
}
