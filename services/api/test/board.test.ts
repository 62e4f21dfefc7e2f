import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { Leaderboard } from '@corescore/contracts';
import { openStore } from '@corescore/store';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildApp } from '../src/app.js';
import { tinyBenchmark } from './support/benchmark.js';
import { extractRun, failRun, queuedRun, scoreRun } from './support/runs.js';
import { openService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await openService();
});
afterAll(() => service.close());

const URL = '/v1/leaderboard?benchmark=tiny-ost';
const board = async (app = service.app): Promise<Leaderboard> => (await app.inject(URL)).json() as Leaderboard;

/** Queued runs of models of their own, without files: a board has a row for each. */
async function addRows(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const digest = randomUUID().replaceAll('-', '').repeat(2);
    await service.store.models.createVersion({
      ...{ owner: 'ada', name: `net-${randomUUID()}`, digest, manifest: { kind: 'onnx' }, files: [] },
      ...{ temporal: true, parameters: 1, semanticDigest: null },
    });
    const { submission } = await service.store.submissions.create({
      ...{ owner: 'ada', tokenId: null, bodyDigest: digest, modelVersion: digest, benchmarks: ['tiny-ost'] },
    });
    ids.push(submission.runs[0]!.id);
  }
  return ids;
}

test('the board fits its schema, packed or not, with more rows than are made at once', async () => {
  const [scored] = await addRows(205);
  await extractRun(service, scored!);
  await scoreRun(service, scored!);
  const plain = await service.app.inject(URL);
  expect(plain.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', vary: 'accept-encoding' });
  const packed = await service.app.inject({ url: URL, headers: { 'accept-encoding': 'br, gzip;q=0.5' } });
  expect(packed.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(packed.rawPayload).toString('utf8')).toBe(plain.body);
  const refused = await service.app.inject({ url: URL, headers: { 'accept-encoding': 'gzip;q=0, br' } });
  expect(refused.headers['content-encoding']).toBeUndefined();
  const check = Compile(Leaderboard);
  const parsed = plain.json() as Leaderboard;
  expect(check.Errors(parsed)).toEqual([]);
  expect(parsed.rows).toHaveLength(205);
  const [first] = parsed.rows;
  expect(first).toMatchObject({ rank: 1, runId: scored });
  expect(first!.scores).toEqual((await service.store.runs.view(scored!))!.scores);
  const csv = await service.app.inject(`${URL}&format=csv`);
  expect(csv.body.trimEnd().split('\r\n')).toHaveLength(206);
});

test('what has changed is on the next board: a run that begins, is scored, fails, and in the table too', async () => {
  const [id] = await addRows(1);
  const status = async () => (await board()).rows.find((row) => row.runId === id)?.status;
  const told = async () => (await service.app.inject(`${URL}&format=csv`)).body.includes(`${id},scored`);
  expect(await status()).toBe('queued');
  expect(await told()).toBe(false);
  await extractRun(service, id!);
  expect(await status()).toBe('scoring');
  await scoreRun(service, id!);
  expect(await status()).toBe('scored');
  expect(await told()).toBe(true);
  const failing = await queuedRun(service);
  await failRun(service, failing.id);
  expect((await board()).rows.find((row) => row.runId === failing.id)).toMatchObject({
    status: 'failed',
    failure: { code: 'model_run_failed' },
  });
  await service.store.benchmarks.register({ ...tinyBenchmark(), sortMetric: 'ost_delay_p' }, [
    ...(await service.store.benchmarks.stimulusSet('tiny-objects'))!.ids,
  ]);
  expect((await board()).sortMetric).toBe('ost_delay_p');
});

test('a board is made once for all that ask at once, and not again while nothing has changed', async () => {
  const store = await openStore({ databaseUrl: service.databaseUrl, home: service.env.home, poolSize: 2 });
  const app = await buildApp({ store, env: service.env });
  const made = vi.spyOn(store.results, 'leaderboard');
  const inMemory = vi.spyOn(store.results, 'scores');
  const answers = await Promise.all(Array.from({ length: 24 }, () => app.inject(URL)));
  expect(new Set(answers.map((answer) => answer.statusCode))).toEqual(new Set([200]));
  expect(new Set(answers.map((answer) => answer.body)).size).toBe(1);
  expect(made).toHaveBeenCalledTimes(1);
  // Scores come some rows at a time, however many there are.
  expect(inMemory.mock.calls.every(([ids]) => ids.length <= 200)).toBe(true);
  await app.inject(URL);
  expect(made).toHaveBeenCalledTimes(1);
  await addRows(1);
  await app.inject(URL);
  expect(made).toHaveBeenCalledTimes(2);
  await app.close();
  await store.close();
});

test('a board that could not be made is made at the next request', async () => {
  const store = await openStore({ databaseUrl: service.databaseUrl, home: service.env.home });
  const app = await buildApp({ store, env: service.env, log: { write: () => undefined } });
  const broken = vi.spyOn(store.results, 'leaderboard').mockRejectedValueOnce(new Error('cut'));
  expect((await app.inject(URL)).statusCode).toBe(500);
  expect((await app.inject(URL)).statusCode).toBe(200);
  expect(broken).toHaveBeenCalledTimes(2);
  await app.close();
  await store.close();
});

test('a score that a scored row does not have, and another has, was not run: the table says so, and nothing of a queued row', async () => {
  const [whole, less, queued] = await addRows(3);
  for (const id of [whole!, less!]) await extractRun(service, id);
  await scoreRun(service, whole!);
  await scoreRun(service, less!, 'ost_delay_p');
  const csv = (await service.app.inject(`${URL}&format=csv`)).body;
  const [head, ...rows] = csv.split('\r\n').map((line) => line.split(','));
  const reasonOf = (id: string): string | undefined =>
    rows.find((row) => row[head!.indexOf('runId')] === id)?.[head!.indexOf('ost_delay_p/all/IT/reason')];
  expect([whole!, less!, queued!].map(reasonOf)).toEqual(['never_solved', 'not_run', '']);
});
