import { BenchmarkView, page } from '@corescore/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { RouteContext } from '../context.js';
import { problems } from '../problems.js';
import { BenchmarkParams } from '../schemas.js';
import { noBenchmark } from './leaderboard.js';

/** What can be measured here. */
export const benchmarkRoutes: FastifyPluginAsyncTypebox<RouteContext> = async (app, { store }) => {
  app.get(
    '/v1/benchmarks',
    {
      schema: {
        tags: ['benchmarks'],
        summary: 'All benchmarks',
        response: { 200: page(BenchmarkView), ...problems(401) },
      },
    },
    async () => ({ items: await store.benchmarks.list(), nextCursor: null }),
  );

  app.get(
    '/v1/benchmarks/:id',
    {
      schema: {
        tags: ['benchmarks'],
        summary: 'A benchmark: `id@version`, or `id` for its newest version',
        params: BenchmarkParams,
        response: { 200: BenchmarkView, ...problems(400, 401, 404) },
      },
    },
    async (request) => {
      const benchmark = await store.benchmarks.resolve(request.params.id);
      if (benchmark !== null) return benchmark;
      throw noBenchmark(
        request.params.id,
        'path/id',
        (await store.benchmarks.list()).map((b) => b.ref),
      );
    },
  );
};
