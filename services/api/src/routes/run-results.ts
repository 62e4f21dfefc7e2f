import { CorescoreError, canonicalJson, ImageResults, Receipt, SeriesList } from '@corescore/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { RouteContext } from '../context.js';
import { type Cell, csv } from '../csv.js';
import { COST } from '../limits.js';
import { problems } from '../problems.js';
import { FormatQuery, IdParams, jsonOrCsv } from '../schemas.js';
import { noRun } from './runs.js';

/** One row an image; the i1 of each time bin is a column of its own, named by the start of the bin. */
export function imagesCsv(images: ImageResults): string {
  const bins = images.binStartsMs.map((start) => (start === null ? 'i1' : `i1_${start}ms`));
  const columns = ['stimulusId', 'object', 'subset', 'threshold', 'targetMs', 'ostMs', 'ostReason', 'correct', ...bins];
  const rows = images.stimulusIds.map((id, i): Cell[] => [
    id,
    images.objects[i],
    images.subsets[i],
    images.thresholds[i],
    images.targetMs[i],
    images.ostMs[i],
    images.ostReason[i],
    images.correct[i],
    ...images.i1.map((bin) => bin[i]),
  ]);
  return csv(columns, rows);
}

/** What a scored run found, beside its scores. */
export const runResultRoutes: FastifyPluginAsyncTypebox<RouteContext> = async (app, { store }) => {
  /** @throws CorescoreError `not_found` for an unknown run, `state_conflict` for one without results */
  async function ofScoredRun<T>(id: string, read: () => Promise<T | null>): Promise<T> {
    const found = await read();
    if (found !== null) return found;
    const run = await store.runs.view(id);
    if (run === null) throw noRun(id);
    throw new CorescoreError('state_conflict', `The run is ${run.status}; it has results once it is scored.`, {
      field: 'path/id',
      remedy: `Follow /v1/runs/${id}/events until it is scored.`,
    });
  }

  app.get(
    '/v1/runs/:id/images',
    {
      config: { cost: COST.large },
      schema: {
        tags: ['runs'],
        summary: 'Results image by image',
        params: IdParams,
        querystring: FormatQuery,
        response: { 200: jsonOrCsv(ImageResults), ...problems(400, 401, 404, 409) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const images = await ofScoredRun(id, () => store.results.images(id));
      if (request.query.format !== 'csv') return images;
      reply.header('content-disposition', `attachment; filename="run-${id}-images.csv"`);
      return reply.type('text/csv; charset=utf-8').send(imagesCsv(images));
    },
  );

  app.get(
    '/v1/runs/:id/series',
    {
      config: { cost: COST.large },
      schema: {
        tags: ['runs'],
        summary: 'Results that are not one number: time courses',
        params: IdParams,
        response: { 200: SeriesList, ...problems(400, 401, 404, 409) },
      },
    },
    async (request) => {
      const { id } = request.params;
      return { runId: id, series: await ofScoredRun(id, () => store.results.series(id)) };
    },
  );

  app.get(
    '/v1/runs/:id/receipt',
    {
      schema: {
        tags: ['runs'],
        summary: 'What ties the scores to what made them, as canonical JSON',
        params: IdParams,
        response: { 200: Receipt, ...problems(400, 401, 404, 409) },
      },
      serializerCompiler: () => canonicalJson,
    },
    async (request) => ofScoredRun(request.params.id, () => store.results.receipt(request.params.id)),
  );
};
