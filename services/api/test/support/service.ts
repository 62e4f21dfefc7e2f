import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Problem, Scope } from '@corescore/contracts';
import { type Env, parseEnv } from '@corescore/contracts/env';
import { openStore, type Store } from '@corescore/store';
import { testDatabase } from '@corescore/store/testing';
import type { LightMyRequestResponse } from 'fastify';
import { expect } from 'vitest';
import { buildApp } from '../../src/app.js';
import type { App } from '../../src/context.js';
import { STIMULUS_IDS, tinyBenchmark } from './benchmark.js';
import { multipart, type Part } from './multipart.js';

export interface Service {
  app: App;
  store: Store;
  env: Env;
  databaseUrl: string;
  /** Log lines written so far. */
  log: string[];
  /** Secrets: an administrator's, one of owner `ada` that may submit, one of hers that may only read. */
  tokens: { admin: string; submit: string; read: string };
  upload(owner: string, name: string, parts: readonly Part[], token?: string): Promise<LightMyRequestResponse>;
  /** Sends what must be refused: checks the problem's form, that nothing was kept, and that the service goes on. */
  refused(send: () => Promise<LightMyRequestResponse>, status: number): Promise<Problem>;
  /** Everything that an upload could leave behind. */
  kept(): Promise<{ models: number; files: string[] }>;
  close(): Promise<void>;
}

/** All files below a folder, by path. */
function filesBelow(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The service on a database of its own, with the tiny benchmark, answering `inject`. */
export async function openService(change: Partial<Env> = {}, staticDir?: string): Promise<Service> {
  const home = mkdtempSync(join(tmpdir(), 'corescore-api-'));
  const database = await testDatabase();
  const store = await openStore({ databaseUrl: database.databaseUrl, schema: database.schema, home });
  await store.migrate();
  await store.benchmarks.register(tinyBenchmark(), STIMULUS_IDS);
  const token = async (owner: string, scopes: Scope[]): Promise<string> =>
    (await store.tokens.create({ name: 'test', owner, scopes })).secret;
  const tokens = {
    admin: await token('root', ['admin']),
    submit: await token('ada', ['submit']),
    read: await token('ada', ['read']),
  };
  const env: Env = { ...parseEnv({ CORESCORE_HOME: home }, '/'), ...change };
  const log: string[] = [];
  const app = await buildApp({
    store,
    env,
    staticDir,
    strictResponses: true,
    log: { write: (line) => log.push(line) },
  });

  const kept = async (): Promise<{ models: number; files: string[] }> => ({
    models: (await store.models.list({ limit: 200 })).items.reduce((sum, m) => sum + m.versions, 0),
    files: filesBelow(home),
  });
  return {
    ...{ app, store, env, databaseUrl: database.databaseUrl, log, tokens, kept },
    async upload(owner, name, parts, secret = tokens.submit) {
      const { payload, headers } = multipart(parts);
      return app.inject({
        method: 'POST',
        url: `/v1/models/${owner}/${name}/versions`,
        headers: { ...headers, authorization: `Bearer ${secret}` },
        payload,
      });
    },
    async refused(send, status) {
      const before = await kept();
      const answer = await send();
      expect(answer.statusCode, answer.body).toBe(status);
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      const problem = answer.json() as Problem;
      expect(problem).toMatchObject({ status, type: `urn:corescore:problem:${problem.code}` });
      expect(problem.detail).not.toBe('');
      expect(problem.remedy, 'a remedy').toBeTruthy();
      expect(await kept(), 'nothing is kept').toEqual(before);
      expect((await app.inject('/v1/benchmarks')).statusCode, 'the service goes on').toBe(200);
      return problem;
    },
    async close() {
      await app.close();
      await store.close();
      await database.drop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
