import { randomUUID } from 'node:crypto';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onnxUpload } from './support/models.js';
import { openService, type Service } from './support/service.js';

let service: Service;
let digest: string;
beforeAll(async () => {
  service = await openService();
  digest = (await service.upload('ada', 'ff-64', onnxUpload())).json().digest;
});
afterAll(() => service.close());

const submit = (
  body: unknown,
  key: string | null = randomUUID(),
  token = service.tokens.submit,
): Promise<LightMyRequestResponse> =>
  service.app.inject({
    method: 'POST',
    url: '/v1/submissions',
    headers: { authorization: `Bearer ${token}`, ...(key === null ? {} : { 'idempotency-key': key }) },
    payload: body as object,
  });

const body = () => ({ modelVersion: digest, benchmarks: ['tiny-ost'] });

test('a submission is 202 with a queued run a benchmark, and a job waits for each', async () => {
  const answer = await submit(body());
  expect(answer.statusCode, answer.body).toBe(202);
  const submission = answer.json();
  expect(submission).toMatchObject({ modelVersion: digest });
  expect(submission.runs).toMatchObject([
    { status: 'queued', benchmark: 'tiny-ost@0', model: { owner: 'ada', name: 'ff-64', digest }, scores: [] },
  ]);
  expect((await service.store.queues.counts()).extract.waiting).toBeGreaterThan(0);
  const read = await service.app.inject(answer.headers.location as string);
  expect(read.json()).toEqual(submission);
});

test('the same key and body: the same submission; another body: 409', async () => {
  const key = randomUUID();
  const first = (await submit(body(), key)).json();
  const waiting = (await service.store.queues.counts()).extract.waiting;
  const again = await submit({ benchmarks: ['tiny-ost'], modelVersion: digest }, key);
  expect(again.statusCode).toBe(202);
  expect(again.json().id).toBe(first.id);
  expect((await service.store.queues.counts()).extract.waiting).toBe(waiting);
  const problem = await service.refused(() => submit({ ...body(), benchmarks: ['tiny-ost@0'] }, key), 409);
  expect(problem).toMatchObject({ code: 'idempotency_conflict', field: expect.stringMatching(/idempotency-key/i) });
});

test('without a key', async () => {
  const problem = await service.refused(() => submit(body(), null), 400);
  expect(problem).toMatchObject({ code: 'invalid_request', field: 'header/idempotency-key' });
});

test('an unknown benchmark, and one named twice', async () => {
  const unknown = await service.refused(() => submit({ ...body(), benchmarks: ['tiny-ost', 'tiny-ots'] }), 404);
  expect(unknown).toMatchObject({ code: 'unknown_benchmark', field: '/benchmarks/1' });
  expect(unknown.remedy).toContain('tiny-ost@0');
  const version = await service.refused(() => submit({ ...body(), benchmarks: ['tiny-ost@7'] }), 404);
  expect(version).toMatchObject({ code: 'unknown_benchmark', field: '/benchmarks/0' });
  const twice = await service.refused(() => submit({ ...body(), benchmarks: ['tiny-ost', 'tiny-ost@0'] }), 400);
  expect(twice).toMatchObject({ code: 'invalid_request', field: '/benchmarks/1' });
});

test('an unknown model version', async () => {
  const problem = await service.refused(() => submit({ ...body(), modelVersion: 'f'.repeat(64) }), 404);
  expect(problem).toMatchObject({ code: 'unknown_model', field: '/modelVersion' });
});

test('fields: missing, unknown, malformed', async () => {
  expect(await service.refused(() => submit({ modelVersion: digest }), 400)).toMatchObject({
    code: 'invalid_request',
    field: '/benchmarks',
  });
  const unknown = await service.refused(() => submit({ ...body(), benchmark: 'tiny-ost' }), 400);
  expect(unknown).toMatchObject({ code: 'invalid_request', field: '/benchmark' });
  expect(unknown.detail).toContain('benchmark');
  expect(await service.refused(() => submit({ ...body(), modelVersion: 'latest' }), 400)).toMatchObject({
    code: 'invalid_request',
    field: '/modelVersion',
  });
  expect(await service.refused(() => submit({ ...body(), benchmarks: [] }), 400)).toMatchObject({
    field: '/benchmarks',
  });
});

test('another owner’s model is not submitted in their name', async () => {
  const { secret } = await service.store.tokens.create({ name: 'test', owner: 'grace', scopes: ['submit'] });
  const problem = await service.refused(() => submit(body(), randomUUID(), secret), 403);
  expect(problem).toMatchObject({ code: 'scope_missing', field: '/modelVersion' });
  expect((await submit(body(), randomUUID(), service.tokens.admin)).statusCode).toBe(202);
});

test('an unknown submission', async () => {
  const problem = await service.refused(() => service.app.inject(`/v1/submissions/${randomUUID()}`), 404);
  expect(problem).toMatchObject({ code: 'not_found', field: 'path/id' });
});
