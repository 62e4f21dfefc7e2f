import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CorescoreError } from '@corescore/contracts';
import type { Env } from '@corescore/contracts/env';
import { openLog } from '@corescore/contracts/log';
import type { Store } from '@corescore/store';
import multipart from '@fastify/multipart';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyBaseLogger } from 'fastify';
import { Compile } from 'typebox/compile';
import { authentication } from './auth.js';
import type { App, RouteContext } from './context.js';
import { documentation } from './documentation.js';
import { intake } from './intake.js';
import { limitRequests } from './limits.js';
import { securityHeaders, servePage, wantsPage } from './page.js';
import { notFound, RouteTable, schemaProblem, sendProblem } from './problems.js';
import { leaveRefusedBodies } from './refused-body.js';
import { resumableUploads } from './resumable.js';
import { benchmarkRoutes } from './routes/benchmarks.js';
import { healthRoutes } from './routes/health.js';
import { leaderboardRoutes } from './routes/leaderboard.js';
import { modelRoutes } from './routes/models.js';
import { queueRoutes } from './routes/queues.js';
import { runEventRoutes } from './routes/run-events.js';
import { runResultRoutes } from './routes/run-results.js';
import { runRoutes } from './routes/runs.js';
import { submissionRoutes } from './routes/submissions.js';
import { tokenRoutes } from './routes/tokens.js';
import { uploadRoutes } from './routes/uploads.js';
import { refuseUnfit, validatorCompiler } from './validation.js';

/** A JSON body is a submission or a token: small. Model files go through multipart, with a limit of their own. */
const JSON_BODY_BYTES = 1024 * 1024;
const MINUTE_MS = 60_000;

export interface AppOptions {
  store: Store;
  env: Env;
  /** Folder of the built page; without it, the page beside this service where it has been built. */
  staticDir?: string;
  now?: () => Date;
  /** Where the log lines of failed requests go, JSON lines; default: standard error. */
  log?: { write(line: string): void };
  /** Check each response against its schema and answer 500 where it does not fit (tests). */
  strictResponses?: boolean;
}

function defaultStaticDir(): string | undefined {
  const built = fileURLToPath(new URL('../../leaderboard/dist', import.meta.url));
  return existsSync(built) ? built : undefined;
}

/** The service without a port: routes, errors, headers, documentation. `main.ts` gives it one, tests use `inject`. */
export async function buildApp(options: AppOptions): Promise<App> {
  const { store, env, now = () => new Date(), staticDir = defaultStaticDir() } = options;
  const app: App = fastify({
    loggerInstance: openLog('api', 'error', options.log) as FastifyBaseLogger,
    genReqId: () => randomUUID(),
    bodyLimit: JSON_BODY_BYTES,
    trustProxy: env.trustedProxies.length > 0 && env.trustedProxies,
    // A whole upload may take an hour on a slow line, but a silent socket is let go.
    requestTimeout: 60 * MINUTE_MS,
    connectionTimeout: 2 * MINUTE_MS,
    keepAliveTimeout: MINUTE_MS,
    http: { headersTimeout: MINUTE_MS },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    schemaErrorFormatter: schemaProblem,
    frameworkErrors: (error, request, reply) => {
      sendProblem(error, request, reply);
    },
    clientErrorHandler(error, socket) {
      answerClientError(error, socket);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.setValidatorCompiler(validatorCompiler);
  refuseUnfit(app);
  app.setSerializerCompiler(({ schema, method, url, httpStatus }) => {
    if (options.strictResponses !== true) return (data) => JSON.stringify(data);
    const check = Compile(schema as Parameters<typeof Compile>[0]);
    return (data) => {
      const text = JSON.stringify(data);
      const sent: unknown = JSON.parse(text);
      if (!check.Check(sent)) {
        const first = check.Errors(sent)[0];
        throw new Error(`${method} ${url} ${httpStatus}: ${first?.instancePath} ${first?.message}`);
      }
      return text;
    };
  });

  const table = new RouteTable();
  app.addHook('onRoute', (route) => {
    table.add(route.url, [route.method].flat());
  });
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) => {
    if (staticDir !== undefined && wantsPage(request)) reply.sendFile('index.html');
    else notFound(table, request, reply);
  });

  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (closing) {
      throw new CorescoreError('unavailable', 'The service is shutting down.', { remedy: 'Try again in a moment.' });
    }
  });
  securityHeaders(app);
  // Before the next: a client that waits to be told so is not to send a body that is refused.
  intake(app, env);
  leaveRefusedBodies(app);
  authentication(app, store, env);
  limitRequests(app, store, env);
  // Before a body is read for nobody. What looks for a file of the page comes to the handler above.
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404 || (staticDir !== undefined && wantsPage(request))) return;
    return notFound(table, request, reply);
  });
  await app.register(multipart, { throwFileSizeLimit: true });
  await documentation(app);

  const context: RouteContext = { store, env, now };
  const uploads = resumableUploads(store, env, now);
  await app.register(modelRoutes, { ...context, uploads });
  await app.register(uploadRoutes, { ...context, uploads });
  await app.register(submissionRoutes, context);
  await app.register(runRoutes, context);
  await app.register(runEventRoutes, context);
  await app.register(runResultRoutes, context);
  await app.register(leaderboardRoutes, context);
  await app.register(benchmarkRoutes, context);
  await app.register(queueRoutes, context);
  await app.register(tokenRoutes, context);
  await app.register(healthRoutes, context);
  if (staticDir !== undefined) await servePage(app, staticDir);
  await app.ready();
  return app;
}

/** A request that is not HTTP, or that ended half-way: there is no `reply` yet, so the answer is written by hand. */
function answerClientError(error: NodeJS.ErrnoException, socket: import('node:net').Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const cut = error.code === 'HPE_INVALID_EOF_STATE';
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const problem = new CorescoreError(
    cut || late ? 'upload_incomplete' : 'invalid_request',
    cut || late ? 'The request ended before its body was whole.' : 'The request is not valid HTTP.',
    { remedy: cut || late ? 'Send it again, whole.' : 'Send an HTTP/1.1 request.' },
  ).toProblem();
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} Bad Request\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
