import { page, QueueView } from '@corescore/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { RouteContext } from '../context.js';
import { problems } from '../problems.js';

/** Who works here: page and command line say by this why a run waits. */
export const queueRoutes: FastifyPluginAsyncTypebox<RouteContext> = async (app, { store }) => {
  app.get(
    '/v1/queues',
    {
      schema: {
        tags: ['health'],
        summary: 'All queues: workers of each, jobs that wait and run',
        response: { 200: page(QueueView), ...problems(401) },
      },
    },
    async () => ({ items: await store.queues.health(), nextCursor: null }),
  );
};
