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
export const tokenRoutes: FastifyPluginAsyncTypebox<RouteContext> = async (app, { store }) => {
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
        summary: 'Revoke a token',
        security: bearer,
        params: IdParams,
        response: { 200: TokenView, ...problems(400, 401, 403, 404) },
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
