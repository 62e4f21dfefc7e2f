import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenView } from '@corescore/contracts';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onnxUpload } from './support/models.js';
import { multipart } from './support/multipart.js';
import { openService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await openService();
});
afterAll(() => service.close());

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** Every call that writes, and what it needs. */
const WRITES: [request: () => InjectOptions, scope: 'submit' | 'admin'][] = [
  [() => ({ method: 'POST', url: '/v1/models/ada/ff-64/versions', ...multipart(onnxUpload()) }), 'submit'],
  [
    () => ({
      method: 'POST',
      url: '/v1/submissions',
      headers: { 'idempotency-key': 'k' },
      payload: { modelVersion: 'a'.repeat(64), benchmarks: ['tiny-ost'] },
    }),
    'submit',
  ],
  [() => ({ method: 'POST', url: `/v1/runs/${randomUUID()}/cancel` }), 'submit'],
  [() => ({ method: 'POST', url: `/v1/runs/${randomUUID()}/retry` }), 'submit'],
  [() => ({ method: 'POST', url: '/v1/tokens', payload: { name: 'x', owner: 'ada', scopes: ['admin'] } }), 'admin'],
  [() => ({ method: 'GET', url: '/v1/tokens' }), 'admin'],
  [() => ({ method: 'DELETE', url: `/v1/tokens/${randomUUID()}` }), 'admin'],
];

test.each(WRITES)('call %# needs a token that is known and allows it', async (request, scope) => {
  const send = (headers: Record<string, string>) => {
    const options = request();
    return service.app.inject({ ...options, headers: { ...options.headers, ...headers } });
  };
  expect(await service.refused(() => send({}), 401)).toMatchObject({
    code: 'token_missing',
    field: 'header/authorization',
  });
  expect(await service.refused(() => send(bearer('wrong')), 401)).toMatchObject({ code: 'token_invalid' });
  expect(await service.refused(() => send({ authorization: 'Basic YTpi' }), 401)).toMatchObject({
    code: 'token_invalid',
  });
  const weaker = scope === 'admin' ? service.tokens.submit : service.tokens.read;
  const problem = await service.refused(() => send(bearer(weaker)), 403);
  expect(problem.code).toBe('scope_missing');
  expect(problem.remedy).toContain(scope);
});

test('a 401 says how to authenticate', async () => {
  const missing = await service.app.inject({ method: 'GET', url: '/v1/tokens' });
  expect(missing.headers['www-authenticate']).toBe('Bearer realm="corescore"');
  const wrong = await service.app.inject({ method: 'GET', url: '/v1/tokens', headers: bearer('wrong') });
  expect(wrong.headers['www-authenticate']).toContain('error="invalid_token"');
});

test('reading needs no token, but a wrong one is a mistake even there', async () => {
  expect((await service.app.inject('/v1/models')).statusCode).toBe(200);
  const read = await service.app.inject({ url: '/v1/models', headers: bearer(service.tokens.read) });
  expect(read.statusCode).toBe(200);
  const problem = await service.refused(() => service.app.inject({ url: '/v1/models', headers: bearer('wrong') }), 401);
  expect(problem.code).toBe('token_invalid');
});

test('tokens: created once with their secret, listed without, revoked for good', async () => {
  const admin = bearer(service.tokens.admin);
  const created = await service.app.inject({
    method: 'POST',
    url: '/v1/tokens',
    headers: admin,
    payload: { name: 'laptop', owner: 'grace', scopes: ['submit'] },
  });
  expect(created.statusCode, created.body).toBe(201);
  expect(created.headers['cache-control']).toBe('no-store');
  const { token, secret } = created.json();
  expect(token).toMatchObject({ name: 'laptop', owner: 'grace', scopes: ['submit'], revokedAt: null });

  const upload = () => service.upload('grace', 'ff-64', onnxUpload(), secret);
  expect((await upload()).statusCode).toBe(201);
  const list = await service.app.inject({ url: '/v1/tokens', headers: admin });
  expect(list.json().items.map((t: { id: string }) => t.id)).toContain(token.id);
  expect(list.body).not.toContain(secret);

  const revoked = await service.app.inject({ method: 'DELETE', url: `/v1/tokens/${token.id}`, headers: admin });
  expect(revoked.json().revokedAt).not.toBeNull();
  expect(await service.refused(upload, 401)).toMatchObject({ code: 'token_invalid' });
  const unknown = () => service.app.inject({ method: 'DELETE', url: `/v1/tokens/${randomUUID()}`, headers: admin });
  expect(await service.refused(unknown, 404)).toMatchObject({ code: 'not_found', field: 'path/id' });
});

test('a token request with a scope that there is not', async () => {
  const problem = await service.refused(
    () =>
      service.app.inject({
        method: 'POST',
        url: '/v1/tokens',
        headers: bearer(service.tokens.admin),
        payload: { name: 'x', owner: 'ada', scopes: ['write'] },
      }),
    400,
  );
  expect(problem).toMatchObject({ code: 'invalid_request', field: '/scopes/0' });
  expect(problem.remedy).toContain('submit');
});

test('a token may expire: only in the future, shown in the list, refused by name once it has', async () => {
  const admin = bearer(service.tokens.admin);
  const create = (expiresAt: string) =>
    service.app.inject({
      method: 'POST',
      url: '/v1/tokens',
      headers: admin,
      payload: { name: 'guest', owner: 'grace', scopes: ['read'], expiresAt },
    });
  for (const wrong of ['2020-01-01T00:00:00Z', '9999-01-01T00:00:00Z', '2030-02-30T00:00:00Z', 'tomorrow', '']) {
    expect(await service.refused(() => create(wrong), 400)).toMatchObject({
      code: 'invalid_request',
      field: '/expiresAt',
    });
  }
  const soon = new Date(Date.now() + 700).toISOString();
  const { token, secret } = (await create(soon)).json() as { token: { id: string }; secret: string };
  const list = await service.app.inject({ url: '/v1/tokens', headers: admin });
  expect(list.json().items.find((t: { id: string }) => t.id === token.id)).toMatchObject({ expiresAt: soon });
  const read = () => service.app.inject({ url: '/v1/models', headers: bearer(secret) });
  for (let i = 0; i < 100 && (await read()).statusCode === 200; i++) await sleep(50);
  const problem = await service.refused(read, 401);
  expect(problem).toMatchObject({ code: 'token_expired', field: 'header/authorization' });
  expect((await read()).headers['www-authenticate']).toContain('error="invalid_token"');
});

test('the last token that may make others is not revoked', async () => {
  const admin = bearer(service.tokens.admin);
  const { items } = (await service.app.inject({ url: '/v1/tokens', headers: admin })).json() as { items: TokenView[] };
  const admins = items.filter((token) => token.scopes.includes('admin') && token.revokedAt === null);
  const revoke = (id: string) => service.app.inject({ method: 'DELETE', url: `/v1/tokens/${id}`, headers: admin });
  const own = admins.find((token) => token.owner === 'root')!;
  for (const { id } of admins) if (id !== own.id) expect((await revoke(id)).statusCode).toBe(200);
  expect(await service.refused(() => revoke(own.id), 409)).toMatchObject({
    code: 'last_admin_token',
    field: 'path/id',
  });
  expect((await service.app.inject({ url: '/v1/tokens', headers: admin })).statusCode).toBe(200);
});
