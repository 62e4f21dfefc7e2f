import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Env } from '@corescore/contracts/env';
import type { Store } from '@corescore/store';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** What every route plugin gets. */
export interface RouteContext {
  store: Store;
  env: Env;
  now: () => Date;
}
