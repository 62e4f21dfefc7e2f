import { CorescoreError, Leaderboard, type LeaderboardRow, type Score } from '@corescore/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { RouteContext } from '../context.js';
import { type Cell, csv } from '../csv.js';
import { COST } from '../limits.js';
import { problems } from '../problems.js';
import { BoardQuery, jsonOrCsv } from '../schemas.js';

const keyOf = (score: Score): string => `${score.metric}/${score.subset}/${score.region}`;

/** One row a model; each score has its value, the bounds of its interval and, where absent, the reason. */
export function boardCsv(board: Leaderboard): string {
  const keys = [...new Set(board.rows.flatMap((row) => row.scores.map(keyOf)))];
  const columns = [
    ...['rank', 'role', 'label', 'owner', 'name', 'kind', 'digest', 'runId', 'status', 'scoredAt'],
    ...['controlMs', 'challengeMs'],
    ...keys.flatMap((key) => [key, `${key}/low`, `${key}/high`, `${key}/reason`]),
  ];
  const rows = board.rows.map((row: LeaderboardRow): Cell[] => {
    const scores = new Map(row.scores.map((score) => [keyOf(score), score]));
    return [
      ...[row.rank, row.role, row.label, row.owner, row.name, row.kind, row.digest, row.runId, row.status],
      ...[row.scoredAt, row.controlMs, row.challengeMs],
      ...keys.flatMap((key) => {
        const score = scores.get(key);
        return [score?.value, score?.low, score?.high, score?.reason];
      }),
    ];
  });
  return csv(columns, rows);
}

export const noBenchmark = (ref: string, field: string, known: readonly string[]): CorescoreError =>
  new CorescoreError('unknown_benchmark', `There is no benchmark ${ref}.`, {
    field,
    remedy: known.length > 0 ? `Use one of ${known.join(', ')}.` : 'Register a benchmark first.',
  });

/** The board of one benchmark; versions never mix. */
export const leaderboardRoutes: FastifyPluginAsyncTypebox<RouteContext> = async (app, { store, now }) => {
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
      const { benchmark: ref, format } = request.query;
      const benchmark = await store.benchmarks.resolve(ref);
      if (benchmark === null) {
        throw noBenchmark(
          ref,
          'query/benchmark',
          (await store.benchmarks.list()).map((b) => b.ref),
        );
      }
      const board: Leaderboard = {
        benchmark: benchmark.ref,
        sortMetric: benchmark.sortMetric,
        rows: await store.results.leaderboard(benchmark.ref),
        generatedAt: now().toISOString(),
      };
      if (format !== 'csv') return board;
      reply.header('content-disposition', `attachment; filename="${benchmark.ref.replace('@', '-v')}.csv"`);
      return reply.type('text/csv; charset=utf-8').send(boardCsv(board));
    },
  );
};
