import { randomUUID } from 'node:crypto';
import { canonicalJson } from '@corescore/contracts';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { report, tinyBenchmark } from './support/benchmark.js';
import { extractRun, failRun, queuedRun, scoreRun } from './support/runs.js';
import { openService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await openService();
});
afterAll(() => service.close());

const get = (url: string) => service.app.inject(url);
const post = (url: string, token = service.tokens.submit): Promise<LightMyRequestResponse> =>
  service.app.inject({ method: 'POST', url, headers: { authorization: `Bearer ${token}` } });

test('a run is read through its stages, and its results once it is scored', async () => {
  const { id } = await queuedRun(service);
  expect((await get(`/v1/runs/${id}`)).json()).toMatchObject({ status: 'queued', queuePosition: expect.any(Number) });
  for (const what of ['images', 'series', 'receipt']) {
    const problem = await service.refused(() => get(`/v1/runs/${id}/${what}`), 409);
    expect(problem).toMatchObject({ code: 'state_conflict', field: 'path/id' });
    expect(problem.detail).toContain('queued');
  }
  await extractRun(service, id);
  expect((await get(`/v1/runs/${id}`)).json()).toMatchObject({ status: 'scoring', provider: 'cpu' });
  await scoreRun(service, id);

  const scored = (await get(`/v1/runs/${id}`)).json();
  const found = report(tinyBenchmark());
  expect(scored).toMatchObject({ status: 'scored', failure: null, scores: found.scores, notes: found.notes });
  expect((await get(`/v1/runs/${id}/images`)).json()).toEqual(found.images);
  expect((await get(`/v1/runs/${id}/series`)).json()).toEqual({ runId: id, series: found.series });
});

test('images as a table: a row an image, a column a time bin, nothing where a value is absent', async () => {
  const { id } = await queuedRun(service);
  await extractRun(service, id);
  await scoreRun(service, id);
  const answer = await get(`/v1/runs/${id}/images?format=csv`);
  expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
  expect(answer.headers['content-disposition']).toContain(`run-${id}-images.csv`);
  const lines = answer.body.split('\r\n');
  expect(lines[0]).toBe('stimulusId,object,subset,threshold,targetMs,ostMs,ostReason,correct,i1_70ms,i1_80ms');
  expect(lines[1]).toBe('img-0,bear,control,1,100,99.5,,1,0.5,1.5');
  expect(lines[5]).toBe('img-4,bear,challenge,1,131,,never_solved,0.5,,0.5');
  expect(lines.length).toBe(8);
});

test('the receipt is canonical JSON', async () => {
  const { id } = await queuedRun(service);
  await extractRun(service, id);
  await scoreRun(service, id);
  const answer = await get(`/v1/runs/${id}/receipt`);
  expect(answer.headers['content-type']).toContain('application/json');
  expect(answer.body).toBe(canonicalJson(answer.json()));
  expect(answer.json()).toMatchObject({ runId: id, versions: { corescore: '0.1.0' } });
});

test('cancel, and retry of what was cancelled or has failed', async () => {
  const { id } = await queuedRun(service);
  const cancelled = await post(`/v1/runs/${id}/cancel`);
  expect(cancelled.statusCode, cancelled.body).toBe(200);
  expect(cancelled.json().status).toBe('cancelled');
  expect((await post(`/v1/runs/${id}/cancel`)).json().status).toBe('cancelled');
  const retried = await post(`/v1/runs/${id}/retry`);
  expect(retried.statusCode, retried.body).toBe(202);
  expect(retried.json()).toMatchObject({ status: 'queued', attempt: 2, failure: null });
  await failRun(service, id);
  expect((await get(`/v1/runs/${id}`)).json()).toMatchObject({
    status: 'failed',
    failure: { kind: 'model_error', code: 'model_run_failed', remedy: 'Mend it.' },
  });
  expect((await post(`/v1/runs/${id}/retry`)).json()).toMatchObject({ status: 'queued', attempt: 3 });
});

test('a scored run is neither cancelled nor retried', async () => {
  const { id } = await queuedRun(service);
  await extractRun(service, id);
  await scoreRun(service, id);
  for (const action of ['cancel', 'retry']) {
    const problem = await service.refused(() => post(`/v1/runs/${id}/${action}`), 409);
    expect(problem.code).toBe('state_conflict');
  }
});

test('only the model’s owner, or an administrator, cancels and retries', async () => {
  const { id } = await queuedRun(service);
  const { secret } = await service.store.tokens.create({ name: 'test', owner: 'grace', scopes: ['submit'] });
  for (const action of ['cancel', 'retry']) {
    expect(await service.refused(() => post(`/v1/runs/${id}/${action}`, secret), 403)).toMatchObject({
      code: 'scope_missing',
    });
    expect(await service.refused(() => post(`/v1/runs/${id}/${action}`, service.tokens.read), 403)).toMatchObject({
      code: 'scope_missing',
      field: 'header/authorization',
    });
  }
  expect((await post(`/v1/runs/${id}/cancel`, service.tokens.admin)).statusCode).toBe(200);
});

test('a run that is not there, and an id that is none', async () => {
  const unknown = `/v1/runs/${randomUUID()}`;
  for (const path of ['', '/events', '/images', '/series', '/receipt']) {
    const problem = await service.refused(() => get(`${unknown}${path}`), 404);
    expect(problem).toMatchObject({ code: 'not_found', field: 'path/id' });
  }
  expect(await service.refused(() => post(`${unknown}/cancel`), 404)).toMatchObject({ code: 'not_found' });
  expect(await service.refused(() => get('/v1/runs/17'), 400)).toMatchObject({
    code: 'invalid_request',
    field: 'path/id',
  });
});

test('the board, and the same as a table', async () => {
  const { id } = await queuedRun(service);
  await extractRun(service, id);
  await scoreRun(service, id);
  const board = (await get('/v1/leaderboard?benchmark=tiny-ost')).json();
  expect(board).toMatchObject({
    benchmark: 'tiny-ost@0',
    sortMetric: 'ost_rho_partial',
    rows: [{ rank: 1, role: 'model', owner: 'ada', name: 'ff-64', runId: id, status: 'scored' }],
  });
  const table = await get('/v1/leaderboard?benchmark=tiny-ost@0&format=csv');
  expect(table.headers['content-type']).toBe('text/csv; charset=utf-8');
  const [head, row] = table.body.split('\r\n').map((line) => line.split(','));
  const cell = (name: string): string | undefined => row[head.indexOf(name)];
  expect(cell('name')).toBe('ff-64');
  expect(cell('ost_rho_partial/all/IT')).toBe('0.412345678901234');
  expect(cell('ost_rho_partial/all/IT/low')).toBe('0.3');
  expect(cell('ost_delay_p/all/IT')).toBe('');
  expect(cell('ost_delay_p/all/IT/reason')).toBe('never_solved');
});

test('benchmarks: all, one, its newest version, and none', async () => {
  const all = (await get('/v1/benchmarks')).json();
  expect(all.items.map((b: { ref: string }) => b.ref)).toEqual(['tiny-ost@0']);
  expect((await get('/v1/benchmarks/tiny-ost')).json()).toEqual(all.items[0]);
  expect((await get('/v1/benchmarks/tiny-ost@0')).json()).toEqual(all.items[0]);
  expect(await service.refused(() => get('/v1/benchmarks/huge-ost'), 404)).toMatchObject({
    code: 'unknown_benchmark',
    field: 'path/id',
  });
  expect(await service.refused(() => get('/v1/leaderboard?benchmark=huge-ost'), 404)).toMatchObject({
    code: 'unknown_benchmark',
    field: 'query/benchmark',
  });
  expect(await service.refused(() => get('/v1/leaderboard'), 400)).toMatchObject({
    code: 'invalid_request',
    field: 'query/benchmark',
  });
  expect(await service.refused(() => get('/v1/leaderboard?benchmark=tiny-ost&format=xlsx'), 400)).toMatchObject({
    field: 'query/format',
    remedy: expect.stringContaining('csv'),
  });
});

test('a model that is not there', async () => {
  expect(await service.refused(() => get('/v1/models/ada/none'), 404)).toMatchObject({ code: 'not_found' });
});
