import { CorescoreError, ModelSummary, ModelView, page, UploadedVersionView } from '@corescore/contracts';
import { modelVersionDigest } from '@corescore/formats';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { identityOf, requireOwner, requireScope } from '../auth.js';
import type { RouteContext } from '../context.js';
import { enqueueRun } from '../enqueue.js';
import { Inspections } from '../inspections.js';
import { COST } from '../limits.js';
import { acceptFile, acceptManifest, checkModel } from '../model-checks.js';
import { problems } from '../problems.js';
import type { Resumable } from '../resumable.js';
import { bearer, ModelParams, PAGE_SIZE, PageQuery } from '../schemas.js';
import { stagingDir, withUpload } from '../upload.js';
import { validatorCompiler } from '../validation.js';

/** For the document only: the parts are checked as they stream in (`upload.ts`), the body is never in memory. */
const UploadBody = Type.Object(
  {
    manifest: Type.String({ format: 'binary', description: 'corescore.json; the first part' }),
    file: Type.Array(Type.String({ format: 'binary' }), {
      description: 'the model and the files it needs, or the arrays and the list of ids that the manifest names',
    }),
    upload: Type.Optional(
      Type.Array(Type.String(), {
        description: 'in place of a file: {"name": "it.npy", "upload": id of a finished resumable upload}',
      }),
    ),
  },
  { description: 'manifest part first, then the files' },
);

/** Model versions: uploaded once, never changed. */
export const modelRoutes: FastifyPluginAsyncTypebox<RouteContext & { uploads: Resumable }> = async (
  app,
  { store, env, uploads },
) => {
  // An upload that a shutdown cuts off still has its files to remove, after its connection is gone.
  const running = new Set<Promise<unknown>>();
  const inspections = new Inspections(env.limits.inspectSeconds);
  app.addHook('onClose', async () => {
    await inspections.close();
    await Promise.allSettled(running);
  });

  app.post(
    '/v1/models/:owner/:name/versions',
    {
      config: { cost: COST.upload },
      onRequest: requireScope('submit'),
      validatorCompiler: (route) => (route.httpPart === 'body' ? () => true : validatorCompiler(route as never)),
      schema: {
        tags: ['models'],
        summary: 'Upload a model version',
        description:
          'Answers 201 with the version, and 200 where this very version is there already; `warnings` say what looks wrong with it and was not refused.',
        security: bearer,
        consumes: ['multipart/form-data'],
        params: ModelParams,
        body: UploadBody,
        response: {
          200: UploadedVersionView,
          201: UploadedVersionView,
          ...problems(400, 401, 403, 413, 415, 422),
        },
      },
    },
    async (request, reply) => {
      const { owner, name } = request.params;
      const identity = identityOf(request);
      requireOwner(identity, owner, 'path/owner');
      const upload = withUpload(
        request,
        {
          stagingDir: stagingDir(env.home),
          maxBytes: env.maxUploadBytes,
          acceptManifest: (value) => acceptManifest(value, name),
          acceptFile,
          wholeUpload: (id) => uploads.whole(id, identity.tokenId),
        },
        async (upload) => {
          const { warnings, ...checked } = await checkModel({ store, inspections }, upload, env.maxActivationBytes);
          const files = upload.files.map(({ name: path, digest, bytes }) => ({ path, digest, bytes }));
          const digest = modelVersionDigest(upload.manifest, files);
          // Files before the row, and on disk: a row never names a file that is not there. Files that are stored already
          // are replaced, which repairs those that were damaged.
          for (const file of upload.files) await store.blobs.adopt(file.path, file.digest);
          const answer = await store.models.createVersion({
            ...{ owner, name, digest, files, manifest: upload.manifest },
            ...checked,
            tokenId: identity.tokenId,
          });
          for (const id of upload.uploadIds) await uploads.remove(id);
          // Runs that had found one of these files damaged go on with the bytes that are there now.
          for (const { runId: id, attempt } of await store.runs.retryRepaired(files.map((file) => file.digest))) {
            await enqueueRun(store, { id, attempt }, request.log);
          }
          return { ...answer, warnings };
        },
      );
      running.add(upload);
      const { version, created, warnings } = await upload.finally(() => running.delete(upload));
      return reply
        .code(created ? 201 : 200)
        .header('location', `/v1/models/${owner}/${name}`)
        .send({ ...version, warnings });
    },
  );

  app.get(
    '/v1/models',
    {
      schema: {
        tags: ['models'],
        summary: 'All models',
        querystring: PageQuery,
        response: { 200: page(ModelSummary), ...problems(400, 401) },
      },
    },
    async (request) => store.models.list({ limit: PAGE_SIZE, ...request.query }),
  );

  app.get(
    '/v1/models/:owner/:name',
    {
      config: { cost: COST.large },
      schema: {
        tags: ['models'],
        summary: 'A model: its versions and their runs',
        params: ModelParams,
        response: { 200: ModelView, ...problems(400, 401, 404) },
      },
    },
    async (request) => {
      const { owner, name } = request.params;
      const model = await store.models.view(owner, name);
      if (model !== null) return model;
      throw new CorescoreError('not_found', `There is no model ${owner}/${name}.`, {
        field: 'path/name',
        remedy: 'GET /v1/models lists them.',
      });
    },
  );
};
