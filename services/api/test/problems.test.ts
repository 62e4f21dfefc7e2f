import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@corescore/store';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildApp } from '../src/app.js';
import { onnxUpload } from './support/models.js';
import { multipart } from './support/multipart.js';
import { openService, type Service } from './support/service.js';

let service: Service;
let page: string;
beforeAll(async () => {
  page = mkdtempSync(join(tmpdir(), 'corescore-page-'));
  mkdirSync(join(page, 'assets'));
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>the page</title>');
  writeFileSync(join(page, 'assets', 'index-1a2b.js'), 'export {}');
  service = await openService({}, page);
});
afterAll(async () => {
  await service.close();
  rmSync(page, { recursive: true });
});

const html = { accept: 'text/html,*/*' };
const json = (payload: string) => ({
  method: 'POST' as const,
  url: '/v1/submissions',
  headers: {
    authorization: `Bearer ${service.tokens.submit}`,
    'idempotency-key': 'k',
    'content-type': 'application/json',
  },
  payload,
});

test('no such path', async () => {
  for (const url of ['/v1/nothing', '/nothing', '/v1/']) {
    expect(await service.refused(() => service.app.inject(url), 404)).toMatchObject({ code: 'not_found' });
  }
});

test('a path with another method says which it takes', async () => {
  const answer = await service.app.inject({ method: 'PUT', url: '/v1/submissions' });
  expect(answer.statusCode).toBe(405);
  expect(answer.headers.allow).toBe('POST');
  expect(answer.json()).toMatchObject({ code: 'method_not_allowed', remedy: 'Use POST.' });
  const model = await service.app.inject({ method: 'DELETE', url: '/v1/models/ada/ff-64' });
  expect(model.headers.allow).toBe('GET, HEAD');
});

test('bodies: not JSON, empty, too large, of another type', async () => {
  expect(await service.refused(() => service.app.inject(json('{"modelVersion":')), 400)).toMatchObject({
    code: 'invalid_request',
  });
  expect(await service.refused(() => service.app.inject(json('')), 400)).toMatchObject({ code: 'invalid_request' });
  const large = JSON.stringify({ modelVersion: 'x'.repeat(2_000_000) });
  expect(await service.refused(() => service.app.inject(json(large)), 413)).toMatchObject({ code: 'upload_too_large' });
  const xml = { ...json('<a/>'), headers: { ...json('').headers, 'content-type': 'application/xml' } };
  expect(await service.refused(() => service.app.inject(xml), 415)).toMatchObject({ code: 'unsupported_media_type' });
  const poison = '{"__proto__": {"admin": true}, "modelVersion": "x", "benchmarks": []}';
  expect(await service.refused(() => service.app.inject(json(poison)), 400)).toMatchObject({ code: 'invalid_request' });
});

test('a query with an unknown name, and an address that is none', async () => {
  expect(await service.refused(() => service.app.inject('/v1/models?limits=5'), 400)).toMatchObject({
    code: 'invalid_request',
    field: 'query/limits',
  });
  expect(await service.refused(() => service.app.inject('/v1/models?limit=many'), 400)).toMatchObject({
    field: 'query/limit',
  });
  expect(await service.refused(() => service.app.inject('/v1/runs/%zz'), 400)).toMatchObject({
    code: 'invalid_request',
  });
  expect(await service.refused(() => service.app.inject('/v1/models?cursor=nonsense'), 400)).toMatchObject({
    code: 'invalid_request',
  });
});

test('what breaks inside is 500 with a request id, logged, and never in the answer', async () => {
  const store = await openStore({ databaseUrl: service.databaseUrl, home: service.env.home, schema: 'not_migrated' });
  const log: string[] = [];
  const app = await buildApp({ store, env: service.env, log: { write: (line) => log.push(line) } });
  const answer = await app.inject('/v1/models');
  await app.close();
  await store.close();
  expect(answer.statusCode).toBe(500);
  const problem = answer.json();
  expect(problem).toMatchObject({ code: 'internal', status: 500 });
  expect(problem.detail).toContain(answer.headers['x-request-id']);
  expect(answer.body).not.toMatch(/relation|not_migrated|select|\.js|\.ts/i);
  expect(log.join('')).toContain('does not exist');
  expect(log.join('')).toContain(answer.headers['x-request-id']);
});

test('alive without a worker, but not ready', async () => {
  expect((await service.app.inject('/healthz')).json()).toEqual({ status: 'ok' });
  const waiting = await service.app.inject('/readyz');
  expect(waiting.statusCode).toBe(503);
  expect(waiting.headers['retry-after']).toBe('5');
  expect(waiting.json()).toMatchObject({ code: 'unavailable', detail: 'No worker takes the jobs of: extract, score.' });
});

test('a queue without a worker is named, and so is the command that starts one', async () => {
  const worker = await service.store.queues.worker('extract', { concurrency: 2, handler: async () => {} });
  expect((await service.app.inject('/readyz')).json()).toMatchObject({
    detail: 'No worker takes the jobs of: score.',
    remedy: expect.stringContaining('corescore worker --queue score'),
  });
  expect((await service.app.inject('/v1/queues')).json()).toEqual({
    items: [
      { queue: 'extract', workers: 1, waiting: 0, active: 0 },
      { queue: 'score', workers: 0, waiting: 0, active: 0 },
    ],
    nextCursor: null,
  });
  await worker.close();
});

test('ready once somebody takes the jobs of every queue', async () => {
  const handler = async (): Promise<void> => {};
  const workers = [
    await service.store.queues.worker('extract', { concurrency: 1, handler }),
    await service.store.queues.worker('score', { concurrency: 1, handler }),
  ];
  const ready = await service.app.inject('/readyz');
  expect(ready.json()).toEqual({ status: 'ready', benchmarks: ['tiny-ost@0'] });
  await Promise.all(workers.map((worker) => worker.close()));
});

test('however many ask at once whether it is ready, the database is asked once', async () => {
  const asked = vi.spyOn(service.store, 'ping');
  const answers = await Promise.all(Array.from({ length: 30 }, () => service.app.inject('/readyz')));
  expect(new Set(answers.map((answer) => answer.statusCode)).size).toBe(1);
  expect(asked.mock.calls.length).toBeLessThan(30);
  asked.mockRestore();
});

test('every answer has the safety headers', async () => {
  for (const url of ['/healthz', '/v1/nothing', '/', '/docs']) {
    const { headers } = await service.app.inject({ url, headers: html });
    expect(headers['x-content-type-options'], url).toBe('nosniff');
    expect(headers['content-security-policy'], url).toContain("default-src 'self'");
    // Away from loopback a browser would ask for every script over https, which a plain service does not speak.
    expect(headers['content-security-policy'], url).not.toContain('upgrade-insecure-requests');
    expect(headers['strict-transport-security'], url).toBeUndefined();
  }
});

test('the page: its files, and itself for the addresses of its views', async () => {
  const home = await service.app.inject({ url: '/', headers: html });
  expect(home.body).toContain('the page');
  expect(home.headers['cache-control']).toBe('no-cache');
  const view = await service.app.inject({ url: '/runs/0190', headers: html });
  expect(view.statusCode).toBe(200);
  expect(view.body).toContain('the page');
  const asset = await service.app.inject('/assets/index-1a2b.js');
  expect(asset.headers['cache-control']).toContain('immutable');
  for (const request of [
    { url: '/v1/nothing', headers: html },
    { url: '/assets/index-9z9z.js', headers: html },
    { url: '/runs/0190', headers: { accept: 'application/json' } },
    { method: 'POST' as const, url: '/runs/0190', headers: html },
  ]) {
    expect(await service.refused(() => service.app.inject(request), 404)).toMatchObject({ code: 'not_found' });
  }
});

test('the documentation needs nothing from elsewhere', async () => {
  const docs = await service.app.inject('/docs');
  expect(docs.statusCode).toBe(200);
  expect(docs.body).not.toMatch(/(src|href)="https?:/);
  expect(docs.headers['content-security-policy']).not.toContain('unsafe-inline');
  expect((await service.app.inject('/docs/static/swagger-ui-bundle.js')).statusCode).toBe(200);
});

test('a home folder that cannot be written is told by name, and logged, instead of as a fault of the service', async () => {
  const file = join(page, 'in-the-way');
  writeFileSync(file, '');
  const log: string[] = [];
  const env = { ...service.env, home: join(file, 'home') };
  const app = await buildApp({ store: service.store, env, log: { write: (line) => log.push(line) } });
  const headers = { authorization: `Bearer ${service.tokens.submit}` };
  const upload = multipart(onnxUpload());
  for (const request of [
    { url: '/v1/models/ada/ff-64/versions', headers: { ...headers, ...upload.headers }, payload: upload.payload },
    { url: '/v1/uploads', headers: { ...headers, 'tus-resumable': '1.0.0', 'upload-length': '3' } },
  ]) {
    const answer = await app.inject({ method: 'POST', ...request });
    expect(answer.statusCode, answer.body).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.json()).toMatchObject({ code: 'unavailable', remedy: expect.stringContaining('CORESCORE_HOME') });
    expect(answer.body).not.toContain(file);
  }
  await app.close();
  expect(log.join('')).toContain(file);
});
