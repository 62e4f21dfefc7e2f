import { Problem } from '@corescore/contracts';
import type { Env } from '@corescore/contracts/env';
import { checkRoom } from '@corescore/store';
import type { App } from './context.js';

/** What sends something that stays. A cancellation frees more than it takes. */
const takesIn = (method: string, url: string): boolean =>
  (method === 'POST' || method === 'PATCH') && url.startsWith('/v1/') && !url.endsWith('/cancel');

/**
 * Takes nothing in that would touch the reserve of the disk: what is written below it could be what the database
 * needs. Asked before a body is read, and after it is known who may send it. The routes that may be refused so say so.
 */
export function intake(app: App, env: Env): void {
  app.addHook('onRoute', (route) => {
    if (![route.method].flat().some((method) => takesIn(method, route.url))) return;
    route.schema = { ...route.schema, response: { ...(route.schema?.response as object), 507: Problem } };
  });
  app.addHook('preParsing', async ({ method, routeOptions, headers }) => {
    if (!takesIn(method, routeOptions.url ?? '')) return;
    // What is announced: the body, or all pieces of an upload that begins. What is no number of bytes, or more than is taken
    // at all, is refused for that, later.
    const announced = [headers['content-length'], headers['upload-length']].map((text) =>
      typeof text === 'string' && /^\d+$/.test(text) && Number(text) <= env.maxUploadBytes ? Number(text) : 0,
    );
    await checkRoom(env.home, env.diskReserveBytes, Math.max(...announced));
  });
}
