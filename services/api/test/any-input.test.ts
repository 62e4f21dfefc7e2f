import { CorescoreError, PROBLEMS, unfitIn } from '@corescore/contracts';
import { parseEnv } from '@corescore/contracts/env';
import fc from 'fast-check';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activationsUpload, onnxUpload } from './support/models.js';
import { manifestPart, multipart, type Part } from './support/multipart.js';
import { queuedRun } from './support/runs.js';
import { openService, type Service } from './support/service.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Parameter = { name: string; in: 'path' | 'query' | 'header'; schema: { type?: string } };
type Operation = {
  parameters?: Parameter[];
  responses: Record<string, { content?: object }>;
  requestBody?: { content: Record<string, { schema: { $ref?: string; properties?: object } }> };
};

let service: Service;
let known: Record<string, string>;
let operations: { name: string; method: string; path: string; operation: Operation }[];
beforeAll(async () => {
  const enough = 1_000_000_000;
  const { limits } = parseEnv({}, '/');
  service = await openService({ limits: { ...limits, pointsPerMinute: enough, openUploads: enough } });
  const run = await queuedRun(service);
  known = { id: run.id, owner: 'ada', name: 'ff-64', benchmark: 'tiny-ost', format: 'json', limit: '5' };
  const document = service.app.swagger() as unknown as { paths: Record<string, Record<string, Operation>> };
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => {
      const verb = method.toUpperCase();
      return { name: `${verb} ${path}`, method: verb, path, operation };
    }),
  );
});
afterAll(() => service.close());

/** Where a value is put in a request: a parameter, or a leaf of the body by its path. */
type Place = { in: 'path' | 'query' | 'header'; name: string } | { in: 'body' | 'manifest'; at: (string | number)[] };

const BODIES: Record<string, Json> = {
  'POST /v1/submissions': { modelVersion: 'a'.repeat(64), owner: 'ada', benchmarks: ['tiny-ost'] },
  'POST /v1/tokens': { name: 'x', owner: 'ada', scopes: ['read'], expiresAt: '2030-01-01T00:00:00Z' },
};
const HEADERS: Record<string, string> = {
  'idempotency-key': 'k',
  'tus-resumable': '1.0.0',
  'upload-length': '10',
  'upload-offset': '0',
  'last-event-id': '0',
};
const uploadOf = (at: Place | null, value: Json, parts: readonly Part[]): Part[] => {
  const manifest = JSON.parse(String(parts[0]!.content)) as Json;
  const changed = at?.in === 'manifest' ? put(manifest, at.at, value) : manifest;
  return [manifestPart(changed), ...parts.slice(1)];
};

function put(tree: Json, at: readonly (string | number)[], value: Json): Json {
  const [key, ...rest] = at;
  if (key === undefined) return value;
  if (Array.isArray(tree)) return tree.map((item, i) => (i === key ? put(item, rest, value) : item));
  return {
    ...(tree as { [key: string]: Json }),
    [key]: put((tree as { [key: string]: Json })[key] ?? null, rest, value),
  };
}

/** Every leaf of a body, and every place where a member or item could be more. */
function leaves(tree: Json, at: (string | number)[] = []): (string | number)[][] {
  if (Array.isArray(tree)) return [at, ...tree.flatMap((item, i) => leaves(item, [...at, i]))];
  if (typeof tree === 'object' && tree !== null) {
    return [at, ...Object.entries(tree).flatMap(([key, item]) => leaves(item, [...at, key]))];
  }
  return [at];
}

const LONG = 'x'.repeat(1_000_000);
const DEEP = JSON.parse(`${'['.repeat(3000)}${']'.repeat(3000)}`) as Json;
/** What no field was made for: texts that cannot be kept, too long, of another type, too deep. */
const hostile: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    '\0',
    'a\0b',
    '\ud800',
    'a\udc00',
    '',
    ' ',
    LONG,
    '../..',
    '%00',
    '-1',
    '1e400',
    'true',
    '0x10',
  ),
  fc.constantFrom<Json>(null, true, 0, -1, 1e308, [], {}, DEEP, { '\0': 1 }, { __proto__: 1 } as never, [LONG]),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);

/** The same inputs on every run; another one finds others. */
const SEED = 1;

const asText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

function requestOf(
  { name, method, path, operation }: (typeof operations)[number],
  place: Place | null,
  value: Json,
  upload: readonly Part[],
): InjectOptions {
  const given = (parameter: Parameter): string | undefined => {
    if (place !== null && 'name' in place && place.in === parameter.in && place.name === parameter.name)
      return asText(value);
    return parameter.in === 'header' ? HEADERS[parameter.name] : known[parameter.name];
  };
  let url = path;
  const query = new URLSearchParams();
  const headers: Record<string, string> = { authorization: `Bearer ${service.tokens.admin}` };
  for (const parameter of operation.parameters ?? []) {
    const text = given(parameter);
    if (text === undefined) continue;
    if (parameter.in === 'path')
      url = url.replace(`{${parameter.name}}`, encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '?')));
    else if (parameter.in === 'query') query.set(parameter.name, text);
    // Node's parser takes no other bytes in a header, and no more of them.
    else headers[parameter.name] = text.replace(/[^\x20-\xff]/g, '?').slice(0, 8000);
  }
  const request: InjectOptions = {
    method: method as 'GET',
    url: `${url}${query.size > 0 ? `?${query}` : ''}`,
    headers,
  };
  const media = Object.keys(operation.requestBody?.content ?? {})[0];
  if (media === 'multipart/form-data') {
    const body = multipart(uploadOf(place, value, upload));
    return { ...request, payload: body.payload, headers: { ...headers, ...body.headers } };
  }
  if (BODIES[name] !== undefined) {
    const body = place?.in === 'body' ? put(BODIES[name]!, place.at, value) : BODIES[name]!;
    return { ...request, payload: JSON.stringify(body), headers: { ...headers, 'content-type': 'application/json' } };
  }
  if (method === 'PATCH') {
    return { ...request, payload: 'bytes', headers: { ...headers, 'content-type': 'application/offset+octet-stream' } };
  }
  return request;
}

/** No fault of ours, a documented status, and a problem that says what to do. */
function checkAnswer(operation: Operation, answer: LightMyRequestResponse, what: string): void {
  expect(answer.statusCode, `${what}: ${answer.body.slice(0, 300)}`).toBeLessThan(500);
  if (answer.statusCode < 400)
    return void expect(Object.keys(operation.responses), what).toContain(String(answer.statusCode));
  expect(Object.keys(operation.responses), `${what}: ${answer.body.slice(0, 300)}`).toContain(
    String(answer.statusCode),
  );
  expect(answer.headers['content-type'], what).toBe('application/problem+json; charset=utf-8');
  if (answer.body === '') return; // to a HEAD
  const problem = answer.json() as { code: string; status: number; detail: string; remedy?: string };
  expect(Object.keys(PROBLEMS), what).toContain(problem.code);
  expect(problem.remedy, what).toBeTruthy();
  expect(answer.body.length, `${what}: an answer is not as long as what was sent`).toBeLessThan(10_000);
}

const shown = (value: Json): string => (JSON.stringify(value) ?? '').slice(0, 100);

describe('whatever stands in a field, the answer is documented and no fault of the service', () => {
  test('every parameter and every field of a JSON body of every call', async () => {
    for (const call of operations) {
      const parameters = (call.operation.parameters ?? []).map(({ in: where, name }): Place => ({ in: where, name }));
      const fields = leaves(BODIES[call.name] ?? null).map((at): Place => ({ in: 'body', at }));
      const places = BODIES[call.name] === undefined ? parameters : [...parameters, ...fields];
      // A run that has not ended would hold its stream open: what is asked for here is refused, or ended.
      if (call.path.endsWith('/events')) await service.store.runs.cancel(known['id']!);
      for (const place of places) {
        await fc.assert(
          fc.asyncProperty(hostile, async (value) => {
            const answer = await service.app.inject(requestOf(call, place, value, onnxUpload()));
            checkAnswer(call.operation, answer, `${call.name} with ${JSON.stringify(place)} = ${shown(value)}`);
          }),
          { numRuns: 8, endOnFailure: true, seed: SEED },
        );
      }
    }
  });

  test('every field of a manifest; what is taken is kept to the letter', async () => {
    const call = operations.find(({ name }) => name === 'POST /v1/models/{owner}/{name}/versions')!;
    for (const upload of [onnxUpload(), activationsUpload()]) {
      const manifest = JSON.parse(String(upload[0]!.content)) as { name: string };
      known['name'] = manifest.name;
      for (const at of leaves({ ...manifest, description: '', reference: '', licence: '', family: '' } as Json)) {
        await fc.assert(
          fc.asyncProperty(hostile, async (value) => {
            const place: Place = { in: 'manifest', at };
            const answer = await service.app.inject(requestOf(call, place, value, upload));
            checkAnswer(call.operation, answer, `${JSON.stringify(place)} = ${shown(value)}`);
            if (answer.statusCode >= 300) return;
            expect(unfitIn(value)).toBeNull();
            expect(answer.json().manifest).toEqual(put(manifest as Json, at, value));
          }),
          { numRuns: 6, endOnFailure: true, seed: SEED },
        );
      }
    }
    known['name'] = 'ff-64';
  });
});

const admin = () => ({ authorization: `Bearer ${service.tokens.admin}` });
const tokenOf = (payload: unknown, headers = {}) =>
  service.app.inject({
    method: 'POST',
    url: '/v1/tokens',
    headers: { ...admin(), 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
  });

test.each([
  ['NUL', 'a\0b', /NUL/],
  ['a lone surrogate', 'a\ud800b', /surrogate/],
])('%s in a token’s name is refused by name', async (_, name, what) => {
  const problem = await service.refused(() => tokenOf({ name, owner: 'ada', scopes: ['read'] }), 400);
  expect(problem).toMatchObject({ code: 'invalid_request', field: '/name', remedy: expect.stringMatching(what) });
});

test.each([
  ['NUL', 'a\0b', /NUL/],
  ['a lone surrogate', 'a\udfffb', /surrogate/],
])('%s in a description is refused by name instead of stored as something else', async (_, description, what) => {
  const [manifest, ...files] = onnxUpload();
  const changed = { ...(JSON.parse(String(manifest.content)) as object), description };
  const problem = await service.refused(() => service.upload('ada', 'ff-64', [manifestPart(changed), ...files]), 422);
  expect(problem).toMatchObject({ code: 'invalid_manifest', field: '/description' });
  expect(problem.detail).toMatch(what);
});

test('bytes that are no UTF-8 are refused, in a body and in a manifest', async () => {
  const body = Buffer.from('{"name": "caf\u00e9", "owner": "ada", "scopes": ["read"]}', 'latin1');
  expect(await service.refused(() => tokenOf(body), 400)).toMatchObject({ detail: 'The body is not UTF-8.' });
  const [manifest, ...files] = onnxUpload();
  const text = String(manifest.content).replace('shallow', 'caf\u00e9');
  for (const part of [
    { ...manifest, content: Buffer.from(text, 'latin1') },
    { name: 'manifest', type: 'text/plain', content: Buffer.from(text, 'latin1') },
  ]) {
    const problem = await service.refused(() => service.upload('ada', 'ff-64', [part, ...files]), 400);
    expect(problem).toMatchObject({
      code: 'manifest_not_json',
      field: 'manifest',
      detail: 'The manifest is not UTF-8.',
    });
  }
});

test.each(['', '; boundary=', `; boundary=${'b'.repeat(71)}`, '; boundary=""', '; charset=utf-8'])(
  'a multipart body whose content type ends "%s" has no boundary, which is told by name',
  async (rest) => {
    const { payload } = multipart(onnxUpload());
    const send = () =>
      service.app.inject({
        method: 'POST',
        url: '/v1/models/ada/ff-64/versions',
        headers: { authorization: `Bearer ${service.tokens.submit}`, 'content-type': `multipart/form-data${rest}` },
        payload,
      });
    expect(await service.refused(send, 400)).toMatchObject({ code: 'invalid_request', field: 'header/content-type' });
  },
);

test.each([
  ['upload-concat', 'partial'],
  ['upload-concat', 'final;/v1/uploads/a'],
  ['upload-defer-length', '1'],
  ['upload-length', ''],
  ['upload-length', '-1'],
  ['upload-length', '1e3'],
  ['upload-metadata', 'filename !!!'],
])('a resumable upload that is begun with %s: "%s" is refused by name', async (name, value) => {
  const headers = { ...admin(), 'tus-resumable': '1.0.0', 'upload-length': '10', [name]: value };
  const problem = await service.refused(() => service.app.inject({ method: 'POST', url: '/v1/uploads', headers }), 400);
  expect(problem).toMatchObject({ code: 'invalid_request', field: `header/${name}` });
});

test.each([
  '/v1/models?limit=true',
  '/v1/models?limit=false',
  '/v1/models?limit=1e1',
  '/v1/models?limit=0x10',
  '/v1/models?limit=5.0',
  '/v1/models?limit=%205',
  '/v1/models?limit=',
  '/v1/models?limit=5&limit=6',
  '/v1/models?limit=+5',
  '/v1/models?limit=005',
])('%s is no whole number and is not made one', async (url) => {
  expect(await service.refused(() => service.app.inject(url), 400)).toMatchObject({
    code: 'invalid_request',
    field: 'query/limit',
  });
});

test.each(['true', '1e1', '-1', '1.5', '0x1'])('Last-Event-ID: %s is not made a number', async (id) => {
  const url = `/v1/runs/${known['id']}/events`;
  const send = () => service.app.inject({ url, headers: { 'last-event-id': id } });
  expect(await service.refused(send, 400)).toMatchObject({ code: 'invalid_request', field: 'header/last-event-id' });
});

test('a value of another type in a body is not made to fit', async () => {
  for (const [payload, field] of [
    [{ name: 5, owner: 'ada', scopes: ['read'] }, '/name'],
    [{ name: 'x', owner: 'ada', scopes: 'read' }, '/scopes'],
    [{ name: 'x', owner: null, scopes: ['read'] }, '/owner'],
  ] as const) {
    expect(await service.refused(() => tokenOf(payload), 400)).toMatchObject({ field });
  }
});

test('what is refused is quoted, not sent back whole', () => {
  const problem = new CorescoreError('invalid_request', `${'x'.repeat(1996)}\u{1f600}${LONG}`).toProblem();
  expect(problem.detail.length).toBeLessThanOrEqual(2000);
  expect(unfitIn(problem)).toBeNull();
});
