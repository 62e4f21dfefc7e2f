import { createHash } from 'node:crypto';
import { CorescoreError, canonicalJson, SubmissionRequest, SubmissionView } from '@corescore/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { identityOf, requireOwner, requireScope } from '../auth.js';
import type { RouteContext } from '../context.js';
import { enqueueRun } from '../enqueue.js';
import { COST } from '../limits.js';
import { problems } from '../problems.js';
import { bearer, IdParams } from '../schemas.js';
import { noBenchmark } from './leaderboard.js';

/** A model version on one or more benchmarks: one run each. */
export const submissionRoutes: FastifyPluginAsyncTypebox<RouteContext> = async (app, { store }) => {
  app.post(
    '/v1/submissions',
    {
      config: { cost: COST.large },
      onRequest: requireScope('submit'),
      schema: {
        tags: ['submissions'],
        summary: 'Score a model version on benchmarks',
        description: 'The same `Idempotency-Key` with the same body answers with the same submission.',
        security: bearer,
        headers: Type.Object({
          'idempotency-key': Type.String({ minLength: 1, maxLength: 255, description: 'any text of your choice' }),
        }),
        body: SubmissionRequest,
        response: { 202: SubmissionView, ...problems(400, 401, 403, 404, 409, 413, 415) },
      },
    },
    async (request, reply) => {
      const identity = identityOf(request);
      const { modelVersion, owner, benchmarks: refs } = request.body;
      const version = await store.models.version(modelVersion, owner ?? identity.owner);
      if (version === null || (owner !== undefined && version.owner !== owner)) {
        throw new CorescoreError(
          'unknown_model',
          `There is no model version ${modelVersion}${owner === undefined ? '' : ` of ${owner}`}.`,
          {
            field: '/modelVersion',
            remedy: 'Upload it first; the answer to the upload has its digest.',
          },
        );
      }
      requireOwner(identity, version.owner, '/modelVersion');
      const benchmarks: string[] = [];
      for (const [i, ref] of refs.entries()) {
        const benchmark = await store.benchmarks.resolve(ref);
        if (benchmark === null) {
          throw noBenchmark(
            ref,
            `/benchmarks/${i}`,
            (await store.benchmarks.list()).map((b) => b.ref),
          );
        }
        if (benchmarks.includes(benchmark.ref)) {
          throw new CorescoreError('invalid_request', `The benchmark ${benchmark.ref} is named twice.`, {
            field: `/benchmarks/${i}`,
            remedy: 'Name each benchmark once.',
          });
        }
        benchmarks.push(benchmark.ref);
      }
      const { submission, created } = await store.submissions.create({
        owner: identity.owner,
        tokenId: identity.tokenId,
        idempotencyKey: request.headers['idempotency-key'],
        bodyDigest: createHash('sha256').update(canonicalJson(request.body)).digest('hex'),
        modelVersion,
        modelOwner: version.owner,
        benchmarks,
      });
      if (created) for (const run of submission.runs) await enqueueRun(store, run, request.log);
      return reply.code(202).header('location', `/v1/submissions/${submission.id}`).send(submission);
    },
  );

  app.get(
    '/v1/submissions/:id',
    {
      schema: {
        tags: ['submissions'],
        summary: 'A submission and its runs',
        params: IdParams,
        response: { 200: SubmissionView, ...problems(400, 401, 404) },
      },
    },
    async (request) => {
      const submission = await store.submissions.view(request.params.id);
      if (submission !== null) return submission;
      throw new CorescoreError('not_found', `There is no submission ${request.params.id}.`, {
        field: 'path/id',
        remedy: 'Use the id that POST /v1/submissions answered with.',
      });
    },
  );
};
