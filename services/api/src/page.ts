import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyRequest } from 'fastify';
import type { App } from './context.js';

/**
 * The service's own files only, over whatever protocol they came: a service without a certificate has no https to
 * upgrade to.
 */
const policy = (styles: string): string =>
  [
    "default-src 'self'",
    "script-src 'self'",
    `style-src ${styles}`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

/** Styles may be inline, since charts set them on their marks. */
const CONTENT_SECURITY_POLICY = policy("'self' 'unsafe-inline'");
export const DOCUMENTATION_POLICY = policy("'self'");

/** Headers of every answer; a route that has set its own policy (the API's documentation) keeps it. */
export function securityHeaders(app: App): void {
  app.addHook('onSend', async (_request, reply, payload) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'same-origin');
    if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
    return payload;
  });
}

/** Paths of the service itself: an unknown one is a problem, never the page. */
const SERVICE = /^\/(v1|docs|openapi\.json|healthz|readyz|metrics|assets)(\/|$)/;

/** Serves the built page's files. */
export async function servePage(app: App, staticDir: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: staticDir,
    cacheControl: false,
    setHeaders(reply, path) {
      // Built files carry a hash in their name; the page itself does not.
      const hashed = path.startsWith(join(staticDir, 'assets'));
      reply.setHeader('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}

/**
 * The page's views have paths of their own (`/runs/...`): a reader's GET for an unknown path gets the page, which
 * reads the address; a program's gets a problem.
 */
export function wantsPage(request: FastifyRequest): boolean {
  const path = request.url.split('?')[0] ?? '/';
  return request.method === 'GET' && (request.headers.accept ?? '').includes('text/html') && !SERVICE.test(path);
}
