#!/usr/bin/env node
/** Writes the OpenAPI document, from which the client's types are generated. Usage: node dist/openapi.js <file> */
import { parseEnv } from '@corescore/contracts/env';
import { writeAtomically } from '@corescore/contracts/files';
import type { Store } from '@corescore/store';
import { buildApp } from './app.js';

/** The document comes from the routes' schemas alone: no route is called, so no store is opened. */
export async function openApiDocument(): Promise<string> {
  const store = new Proxy({} as Store, {
    get(_, name) {
      throw new Error(`the document needs no store, and asked for ${String(name)}`);
    },
  });
  const app = await buildApp({ store, env: parseEnv({}, '.') });
  const document = app.swagger();
  await app.close();
  return `${JSON.stringify(document, null, 2)}\n`;
}

const [, script, file] = process.argv;
if (script !== undefined && import.meta.url === new URL(script, 'file://').href && file !== undefined) {
  await writeAtomically(file, await openApiDocument());
}
