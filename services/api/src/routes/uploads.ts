import { CorescoreError } from '@corescore/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import { identityOf, requireScope } from '../auth.js';
import type { RouteContext } from '../context.js';
import { problems } from '../problems.js';
import { OFFSET_STREAM, type Resumable, type TusAnswer, UPLOADS_PATH } from '../resumable.js';
import { bearer, IdParams } from '../schemas.js';

const SWEEP_EVERY_MS = 60 * 60_000;

const tus = Type.String({ description: '1.0.0' });
const Nothing = (description: string) => Type.Null({ description });

/** Resumable uploads, tus 1.0: a file of a version, sent in pieces (docs/rest.md). */
export const uploadRoutes: FastifyPluginAsyncTypebox<RouteContext & { uploads: Resumable }> = async (
  app,
  { uploads },
) => {
  // The bytes are not for the parser: they go to disk as they come.
  app.addContentTypeParser(OFFSET_STREAM, (_request, payload, done) => done(null, payload));

  const sweep = () =>
    uploads.sweep().catch((error: unknown) => app.log.error({ err: error }, 'sweeping uploads failed'));
  const timer = setInterval(sweep, SWEEP_EVERY_MS);
  timer.unref();
  app.addHook('onListen', sweep);
  app.addHook('onClose', async () => clearInterval(timer));

  const answer = (reply: FastifyReply, { status, headers }: TusAnswer) => reply.code(status).headers(headers).send();
  const common = { tags: ['uploads'], security: bearer };

  app.post(
    UPLOADS_PATH,
    {
      onRequest: requireScope('submit'),
      schema: {
        ...common,
        summary: 'Begin a resumable upload (tus 1.0)',
        description: 'The answer names it in `Location`. It is kept for 24 hours, for the token that made it.',
        headers: Type.Object({ 'tus-resumable': Type.Optional(tus), 'upload-length': Type.Optional(Type.String()) }),
        response: { 201: Nothing('begun; Location, Upload-Expires'), ...problems(400, 401, 403, 412, 413, 415) },
      },
    },
    async (request, reply) => answer(reply, await uploads.handle(request, identityOf(request).tokenId, null)),
  );

  app.head(
    `${UPLOADS_PATH}/:id`,
    {
      config: { swagger: { exposeHeadRoute: true } },
      onRequest: requireScope('submit'),
      schema: {
        ...common,
        summary: 'How much of an upload is there: Upload-Offset of Upload-Length',
        headers: Type.Object({ 'tus-resumable': Type.Optional(tus) }),
        params: IdParams,
        response: { 200: Nothing('Upload-Offset, Upload-Length'), ...problems(400, 401, 403, 404, 412) },
      },
    },
    async (request, reply) =>
      answer(reply, await uploads.handle(request, identityOf(request).tokenId, request.params.id)),
  );

  app.patch(
    `${UPLOADS_PATH}/:id`,
    {
      onRequest: requireScope('submit'),
      schema: {
        ...common,
        summary: 'Send bytes of an upload, from Upload-Offset on',
        consumes: [OFFSET_STREAM],
        headers: Type.Object({ 'tus-resumable': Type.Optional(tus), 'upload-offset': Type.Optional(Type.String()) }),
        params: IdParams,
        response: {
          204: Nothing('received; Upload-Offset'),
          ...problems(400, 401, 403, 404, 409, 412, 413, 415),
        },
      },
    },
    async (request, reply) => {
      if (request.headers['content-type'] === undefined) {
        throw new CorescoreError('unsupported_media_type', 'The bytes have no content type.', {
          field: 'header/content-type',
          remedy: `Send Content-Type: ${OFFSET_STREAM}.`,
        });
      }
      return answer(reply, await uploads.handle(request, identityOf(request).tokenId, request.params.id));
    },
  );

  app.delete(
    `${UPLOADS_PATH}/:id`,
    {
      onRequest: requireScope('submit'),
      schema: {
        ...common,
        summary: 'Give an upload up',
        headers: Type.Object({ 'tus-resumable': Type.Optional(tus) }),
        params: IdParams,
        response: { 204: Nothing('gone'), ...problems(400, 401, 403, 404, 412) },
      },
    },
    async (request, reply) =>
      answer(reply, await uploads.handle(request, identityOf(request).tokenId, request.params.id)),
  );
};
