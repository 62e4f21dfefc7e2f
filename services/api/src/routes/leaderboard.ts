import { CorescoreError, Leaderboard } from '@corescore/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Boards, unpacked } from '../board.js';
import type { RouteContext } from '../context.js';
import { COST } from '../limits.js';
import { problems } from '../problems.js';
import { BoardQuery, jsonOrCsv } from '../schemas.js';

export const noBenchmark = (ref: string, field: string, known: readonly string[]): CorescoreError =>
  new CorescoreError('unknown_benchmark', `There is no benchmark ${ref}.`, {
    field,
    remedy: known.length > 0 ? `Use one of ${known.join(', ')}.` : 'Register a benchmark first.',
  });

/** The board of one benchmark; versions never mix. */
export const leaderboardRoutes: FastifyPluginAsyncTypebox<RouteContext> = async (app, { store, now }) => {
  const boards = new Boards(store, now);
  app.get(
    '/v1/leaderboard',
    {
      config: { cost: COST.board },
      schema: {
        tags: ['leaderboard'],
        summary: 'The board of a benchmark',
        querystring: BoardQuery,
        response: { 200: jsonOrCsv(Leaderboard), ...problems(400, 401, 404) },
      },
    },
    async (request, reply) => {
      const { benchmark: ref, format = 'json' } = request.query;
      const benchmark = await store.benchmarks.resolve(ref);
      if (benchmark === null) {
        throw noBenchmark(
          ref,
          'query/benchmark',
          (await store.benchmarks.list()).map((b) => b.ref),
        );
      }
      const packed = await boards.packed(benchmark, format);
      reply.header('vary', 'accept-encoding');
      if (format === 'csv') {
        reply.header('content-disposition', `attachment; filename="${benchmark.ref.replace('@', '-v')}.csv"`);
      }
      reply.type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8');
      if (!takesGzip(request.headers['accept-encoding'])) return reply.send(unpacked(packed) as never);
      return reply.header('content-encoding', 'gzip').send(packed as never);
    },
  );
};

/** RFC 9110: the coding by its name, or any, without a weight of zero. */
const takesGzip = (accepted: string | string[] | undefined): boolean =>
  String(accepted ?? '')
    .split(',')
    .some((coding) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(coding));
