import { readFileSync } from 'node:fs';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { App } from './context.js';
import { finishDocument } from './document.js';
import { DOCUMENTATION_POLICY } from './page.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** `/openapi.json`, made from the routes' schemas, and `/docs`, which shows it with files of its own. */
export async function documentation(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'corescore',
        version,
        description: 'Benchmarks of models of the primate ventral stream. Problems are RFC 9457 with a stable `code`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      tags: [
        { name: 'models', description: 'upload and read model versions' },
        { name: 'uploads', description: 'large files in pieces, resumable: tus 1.0' },
        { name: 'submissions', description: 'score a model version on benchmarks' },
        { name: 'runs', description: 'one model version on one benchmark: stages, events, results' },
        { name: 'leaderboard', description: 'the board of one benchmark' },
        { name: 'benchmarks', description: 'what is measured' },
        { name: 'tokens', description: 'who may write' },
        { name: 'health', description: 'is the service alive, is it ready' },
      ],
    },
    transformObject: (document) => finishDocument('openapiObject' in document ? document.openapiObject : {}),
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCUMENTATION_POLICY,
    uiConfig: { deepLinking: true },
    validatorUrl: false,
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}
