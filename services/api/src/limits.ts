import { isIPv6 } from 'node:net';
import { CorescoreError } from '@corescore/contracts';
import type { Env } from '@corescore/contracts/env';
import type { Budget, Store } from '@corescore/store';
import type { App } from './context.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Points that a request costs of what its token or address may spend; one unless told. */
    cost?: number;
  }
}

/** Of routes whose answer or work is large. */
export const COST = { large: 5, board: 10, upload: 20 } as const;

const GUESS_SECONDS = 5 * 60;
const MINUTE = 60;

export const requestBudget = (env: Env): Budget => ({
  name: 'requests',
  points: env.limits.pointsPerMinute,
  seconds: MINUTE,
});

const guessBudget = (env: Env): Budget => ({
  name: 'guesses',
  points: env.limits.tokenGuesses,
  seconds: GUESS_SECONDS,
});

/**
 * Who an address stands for: of IPv6 the network of 64 bits, which one host has whole; an IPv4 address in IPv6 clothes
 * is itself.
 */
export function addressKey(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(ip)) return ip;
  const [head = '', tail] = ip.replace(/%.*$/, '').split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const all = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** Takes what each request costs from its token's or address's points; runs before the body is read. */
export function limitRequests(app: App, store: Store, env: Env): void {
  const budget = requestBudget(env);
  app.addHook('onRequest', async (request) => {
    if (!request.url.startsWith('/v1/')) return;
    const key = request.identity === null ? `a:${addressKey(request.ip)}` : `t:${request.identity.tokenId}`;
    const seconds = await store.limits.spend(budget, key, request.routeOptions.config.cost ?? 1);
    if (seconds === null) return;
    const who = request.identity === null ? 'address' : 'token';
    throw new CorescoreError('rate_limited', `This ${who} has made too many requests in the last minute.`, {
      field: request.identity === null ? 'address' : 'header/authorization',
      remedy: `Wait ${seconds} s, as Retry-After says; CORESCORE_POINTS_PER_MINUTE of the service is ${budget.points}.`,
      retryAfterSeconds: seconds,
    });
  });
}

/** Counts wrong tokens by address. */
export interface Guesses {
  /** Before a token is looked up: a guess too many is not answered, right or wrong. @throws CorescoreError `token_guesses` */
  refuseMore(ip: string): Promise<void>;
  /** After one was wrong. @throws CorescoreError `token_guesses` where it was one too many */
  count(ip: string): Promise<void>;
}

export function countGuesses(store: Store, env: Env): Guesses {
  const budget = guessBudget(env);
  const refuse = (seconds: number | null): void => {
    if (seconds === null) return;
    throw new CorescoreError('token_guesses', 'This address has sent too many tokens that are not known here.', {
      field: 'header/authorization',
      remedy: `Check the token, and wait ${seconds} s, as Retry-After says; or read without a token.`,
      retryAfterSeconds: seconds,
    });
  };
  return {
    refuseMore: async (ip) => refuse(await store.limits.spent(budget, addressKey(ip))),
    count: async (ip) => refuse(await store.limits.spend(budget, addressKey(ip), 1)),
  };
}
