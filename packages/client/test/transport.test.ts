import { CorescoreError } from '@corescore/contracts';
import { expect, test } from 'vitest';
import { createClient, NetworkError, RequestError } from '../src/index.js';
import { closedPort, json, peer } from './peer.js';

const rejection = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

test('problem details become a RequestError with code, field and remedy', async () => {
  const problem = new CorescoreError('unknown_benchmark', 'There is no benchmark x.', {
    field: 'path/id',
    remedy: 'Use core-objects-ost@0.',
  }).toProblem();
  const url = await peer((_, response) => json(response, problem.status, problem, 'application/problem+json'));
  const error = await rejection(createClient({ url }).getBenchmark('x'));
  expect(error).toBeInstanceOf(RequestError);
  expect(error).toMatchObject({
    code: 'unknown_benchmark',
    status: 404,
    field: 'path/id',
    remedy: 'Use core-objects-ost@0.',
    message: 'There is no benchmark x.',
  });
});

test('an error page of a proxy keeps its status and the beginning of its text', async () => {
  const url = await peer((_, response) =>
    response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad\n gateway</h1>'),
  );
  const error = await rejection(createClient({ url }).listBenchmarks());
  expect(error).toMatchObject({ code: 'http_502', status: 502, message: 'HTTP 502: <h1>Bad gateway</h1>' });
});

test('JSON that is no problem is told as text', async () => {
  const url = await peer((_, response) => json(response, 418, { oops: 1 }));
  expect(await rejection(createClient({ url }).listBenchmarks())).toMatchObject({
    code: 'http_418',
    message: 'HTTP 418: {"oops":1}',
  });
});

test('nobody listening is a NetworkError that names the address', async () => {
  const url = await closedPort();
  const error = await rejection(createClient({ url }).listBenchmarks());
  expect(error).toBeInstanceOf(NetworkError);
  expect((error as Error).message).toContain(`${url} cannot be reached: `);
  expect((error as Error).message).toContain('ECONNREFUSED');
});

test('an answer cut in its middle is no answer', async () => {
  const url = await peer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{"items":[');
    setImmediate(() => response.destroy());
  });
  expect(await rejection(createClient({ url }).listBenchmarks())).toBeInstanceOf(NetworkError);
});

test('the token is sent as a bearer token, the key in its header, and only where there is one', async () => {
  const seen: (string | undefined)[][] = [];
  const url = await peer((request, response) => {
    seen.push([
      request.method,
      request.url,
      request.headers.authorization,
      request.headers['idempotency-key'] as string,
    ]);
    json(response, 200, { items: [] });
  });
  await createClient({ url, token: 'cs_secret' }).submit(
    { modelVersion: 'a'.repeat(64), benchmarks: ['core-objects-ost'] },
    { idempotencyKey: 'k1' },
  );
  await createClient({ url: `${url}/` }).listBenchmarks();
  expect(seen).toEqual([
    ['POST', '/v1/submissions', 'Bearer cs_secret', 'k1'],
    ['GET', '/v1/benchmarks', undefined, undefined],
  ]);
});
