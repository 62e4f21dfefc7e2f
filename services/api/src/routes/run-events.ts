import { CorescoreError, Uuid } from '@corescore/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { RouteContext } from '../context.js';
import { RunEventStream } from '../event-stream.js';
import { addressKey } from '../limits.js';
import { problems } from '../problems.js';
import { noRun } from './runs.js';

/** Each message of the stream. */
const Message = Type.Object({
  id: Type.String({ description: 'of the event' }),
  data: Type.String({ description: 'a RunEvent, as JSON' }),
});

/** The events of a run, live. */
export const runEventRoutes: FastifyPluginAsyncTypebox<RouteContext> = async (app, { store, env }) => {
  const open = new Set<RunEventStream>();
  // Before the server waits for its connections to end: these would not end by themselves.
  app.addHook('preClose', async () => {
    for (const stream of open) stream.end();
  });

  app.get(
    '/v1/runs/:id/events',
    {
      // A HEAD would wait for the end of the run.
      exposeHeadRoute: false,
      schema: {
        tags: ['runs'],
        summary: 'Events of a run, as server-sent events until it has ended',
        description:
          'Each message has `id` and, as `data`, a RunEvent. Reconnect with `Last-Event-ID` to resume after an event.',
        params: Type.Object({ id: Uuid }),
        headers: Type.Object({
          'last-event-id': Type.Optional(
            Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'id of the last event seen' }),
          ),
        }),
        response: {
          200: { description: 'the stream', content: { 'text/event-stream': { schema: Message } } },
          ...problems(400, 401, 404),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if ((await store.runs.view(id)) === null) throw noRun(id);
      const { streamsPerAddress, streams } = env.limits;
      const lease = await store.streams.open(addressKey(request.ip), { perAddress: streamsPerAddress, total: streams });
      if (lease.refused !== null) {
        throw tooManyStreams(lease.refused, lease.refused === 'address' ? streamsPerAddress : streams);
      }
      const source = {
        status: async () => {
          const run = await store.runs.view(id);
          if (run === null) throw noRun(id);
          return run.status;
        },
        list: (afterId: number, limit: number) => store.events.list(id, { afterId, limit }),
        subscribe: (onEvent: () => void) => store.events.subscribe(id, onEvent),
      };
      const lastEventId = request.headers['last-event-id'];
      const stream = new RunEventStream(source, lastEventId ?? null, (error) =>
        request.log.error({ err: error }, 'event stream failed'),
      );
      open.add(stream);
      stream.body.once('close', () => {
        open.delete(stream);
        // One that stays counted is forgotten with its lease.
        lease.close().catch((error: unknown) => request.log.error({ err: error }, 'an event stream stays counted'));
      });
      // Whoever has left before the stream began tells it to nobody.
      reply.raw.once('close', () => stream.body.destroy());
      await stream.start().catch((error: unknown) => {
        stream.body.destroy();
        throw error;
      });
      reply.header('cache-control', 'no-store').header('x-accel-buffering', 'no').type('text/event-stream');
      return reply.send(stream.body as never);
    },
  );
};

const tooManyStreams = (whose: 'address' | 'total', limit: number): CorescoreError =>
  new CorescoreError(
    'too_many_streams',
    `${whose === 'address' ? 'This address' : 'The service'} has ${limit} event streams open, as many as may be.`,
    {
      field: 'address',
      remedy: 'Close one, or ask GET /v1/runs/{id} now and then instead.',
      retryAfterSeconds: 15,
    },
  );
