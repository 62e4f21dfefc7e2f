import { CorescoreError, page, TokenRequest, TokenView } from '@corescore/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { requireScope } from '../auth.js';
import type { RouteContext } from '../context.js';
import { problems } from '../problems.js';
import { bearer, IdParams } from '../schemas.js';

const CreatedToken = Type.Object({
  token: TokenView,
  secret: Type.String({ description: 'shown once; only its hash is kept' }),
});

/** Who may write. For administrators only. */
export const tokenRoutes: FastifyPluginAsyncTypebox<RouteContext> = async (app, { store, now }) => {
  app.post(
    '/v1/tokens',
    {
      onRequest: requireScope('admin'),
      schema: {
        tags: ['tokens'],
        summary: 'Create a token; its secret is in this answer and nowhere else',
        security: bearer,
        body: TokenRequest,
        response: { 201: CreatedToken, ...problems(400, 401, 403, 413, 415) },
      },
    },
    async (request, reply) => {
      const { expiresAt } = request.body;
      if (expiresAt !== undefined) requireFuture(expiresAt, now());
      const created = await store.tokens.create(request.body);
      return reply.code(201).header('cache-control', 'no-store').send(created);
    },
  );

  app.get(
    '/v1/tokens',
    {
      onRequest: requireScope('admin'),
      schema: {
        tags: ['tokens'],
        summary: 'All tokens, without their secrets',
        security: bearer,
        response: { 200: page(TokenView), ...problems(401, 403) },
      },
    },
    async () => ({ items: await store.tokens.list(), nextCursor: null }),
  );

  app.delete(
    '/v1/tokens/:id',
    {
      onRequest: requireScope('admin'),
      schema: {
        tags: ['tokens'],
        summary: 'Revoke a token; not the last one that may make others',
        security: bearer,
        params: IdParams,
        response: { 200: TokenView, ...problems(400, 401, 403, 404, 409) },
      },
    },
    async (request) => {
      const token = await store.tokens.revoke(request.params.id);
      if (token !== null) return token;
      throw new CorescoreError('not_found', `There is no token ${request.params.id}.`, {
        field: 'path/id',
        remedy: 'GET /v1/tokens lists them.',
      });
    },
  );
};

/** Longer than any token should live: a year of five digits is no date to every database. */
const MOST_DAYS = 3650;

function requireFuture(expiresAt: string, now: Date): void {
  const days = (Date.parse(expiresAt) - now.getTime()) / 86_400_000;
  if (days > 0 && days <= MOST_DAYS) return;
  throw new CorescoreError('invalid_request', `/expiresAt is ${expiresAt}, not within the next ${MOST_DAYS} days.`, {
    field: '/expiresAt',
    remedy:
      'Give a time to come, such as 2030-01-31T00:00:00Z, or leave it out for a token that is valid until revoked.',
  });
}
