import { CorescoreError, RunView } from '@corescore/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { identityOf, requireOwner, requireScope } from '../auth.js';
import type { RouteContext } from '../context.js';
import { enqueueRun } from '../enqueue.js';
import { problems } from '../problems.js';
import { bearer, IdParams } from '../schemas.js';

/** A run and what its owner may do with it. */
export const runRoutes: FastifyPluginAsyncTypebox<RouteContext> = async (app, { store }) => {
  /** @throws CorescoreError `not_found`, or an access problem where the token's owner is not the model's */
  async function ownRun(request: FastifyRequest, id: string): Promise<RunView> {
    const run = await store.runs.view(id);
    if (run === null) throw noRun(id);
    requireOwner(identityOf(request), run.model.owner, 'path/id');
    return run;
  }

  app.get(
    '/v1/runs/:id',
    {
      schema: {
        tags: ['runs'],
        summary: 'A run: its stage, its times, its scores',
        params: IdParams,
        response: { 200: RunView, ...problems(400, 401, 404) },
      },
    },
    async (request) => {
      const run = await store.runs.view(request.params.id);
      if (run === null) throw noRun(request.params.id);
      return run;
    },
  );

  app.post(
    '/v1/runs/:id/cancel',
    {
      onRequest: requireScope('submit'),
      schema: {
        tags: ['runs'],
        summary: 'Cancel a run that has not ended',
        security: bearer,
        params: IdParams,
        response: { 200: RunView, ...problems(400, 401, 403, 404, 409) },
      },
    },
    async (request) => {
      await ownRun(request, request.params.id);
      return store.runs.cancel(request.params.id);
    },
  );

  app.post(
    '/v1/runs/:id/retry',
    {
      onRequest: requireScope('submit'),
      schema: {
        tags: ['runs'],
        summary: 'Queue a failed or cancelled run again',
        security: bearer,
        params: IdParams,
        response: { 202: RunView, ...problems(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      await ownRun(request, request.params.id);
      const run = await store.runs.retry(request.params.id);
      await enqueueRun(store, run, request.log);
      return reply.code(202).send(run);
    },
  );
};

export const noRun = (id: string): CorescoreError =>
  new CorescoreError('not_found', `There is no run ${id}.`, {
    field: 'path/id',
    remedy: 'Use the id of a run that a submission answered with.',
  });
