import { CorescoreError, unservedQueues } from '@corescore/contracts';
import type { Store } from '@corescore/store';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger } from 'fastify';
import Type from 'typebox';
import type { RouteContext } from '../context.js';
import { problems } from '../problems.js';

/** Is the process alive, is the service ready. */
export const healthRoutes: FastifyPluginAsyncTypebox<RouteContext> = async (app, { store }) => {
  let asking: Promise<string[]> | undefined;

  app.get(
    '/healthz',
    {
      schema: {
        tags: ['health'],
        summary: 'The process answers',
        response: { 200: Type.Object({ status: Type.Literal('ok') }), ...problems() },
      },
    },
    () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        tags: ['health'],
        summary: 'Database and queue answer, jobs are being consumed, a benchmark is registered',
        response: {
          200: Type.Object({ status: Type.Literal('ready'), benchmarks: Type.Array(Type.String()) }),
          ...problems(),
        },
      },
    },
    async (request) => {
      // Anybody may ask, and it is not counted: all that ask at once share one look.
      asking ??= ready(store, request.log).finally(() => {
        asking = undefined;
      });
      return { status: 'ready' as const, benchmarks: await asking };
    },
  );
};

/** The benchmarks of a service that is ready. @throws CorescoreError `unavailable` with what is missing */
async function ready(store: Store, log: FastifyBaseLogger): Promise<string[]> {
  const part = async <T>(name: string, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      log.error({ err: error }, `${name} does not answer`);
      throw notReady(`The ${name} does not answer.`, `Check that the ${name} runs; the log says more.`);
    }
  };
  await part('database', () => store.ping());
  const unserved = unservedQueues(await part('queue', () => store.queues.health()));
  if (unserved !== null) throw notReady(unserved.detail, unserved.remedy);
  const benchmarks = (await part('database', () => store.benchmarks.list())).map((b) => b.ref);
  if (benchmarks.length > 0) return benchmarks;
  throw notReady('No benchmark is registered.', 'Wait for the worker, which registers the built-in ones.');
}

const notReady = (detail: string, remedy: string): CorescoreError =>
  new CorescoreError('unavailable', detail, { remedy });
