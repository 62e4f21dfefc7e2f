import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEnv } from '@corescore/contracts/env';
import { openStore } from '@corescore/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApp } from '../src/app.js';
import { addressKey } from '../src/limits.js';
import { queuedRun } from './support/runs.js';
import { openService, type Service } from './support/service.js';

const { limits: defaults } = parseEnv({}, '/');
const limits = { ...defaults, pointsPerMinute: 30, tokenGuesses: 3, streamsPerAddress: 2, streams: 3 };
let service: Service;
let second: { app: Awaited<ReturnType<typeof buildApp>>; close(): Promise<void> };
/** A service, and a second process of it on the same database. */
beforeAll(async () => {
  service = await openService({ limits: { ...limits, openUploads: 2, openUploadBytes: 1000 } });
  const store = await openStore({ databaseUrl: service.databaseUrl, home: service.env.home });
  const app = await buildApp({ store, env: service.env, log: { write: () => undefined } });
  second = { app, close: () => app.close().then(() => store.close()) };
});
afterAll(async () => {
  await second.close();
  await service.close();
});

let next = 1;
/** An address that nobody has used before: its budget is whole. */
const newAddress = (): string => `10.0.${next >> 8}.${next++ & 255}`;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test('requests of an address are limited over all processes; a token has a limit of its own', async () => {
  const remoteAddress = newAddress();
  const ask = (app = service.app, headers = {}) => app.inject({ url: '/v1/benchmarks', remoteAddress, headers });
  for (let i = 0; i < 15; i++) {
    expect((await ask()).statusCode).toBe(200);
    expect((await ask(second.app)).statusCode).toBe(200);
  }
  for (const app of [service.app, second.app]) {
    const answer = await ask(app);
    expect(answer.statusCode).toBe(429);
    expect(answer.json()).toMatchObject({ code: 'rate_limited', field: 'address' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(60);
  }
  const { secret } = await service.store.tokens.create({ name: 'ci', owner: 'ada', scopes: ['read'] });
  for (let i = 0; i < 30; i++) expect((await ask(service.app, bearer(secret))).statusCode).toBe(200);
  const spent = await ask(second.app, bearer(secret));
  expect(spent.statusCode).toBe(429);
  expect(spent.json()).toMatchObject({ code: 'rate_limited', field: 'header/authorization' });
  // What a monitor asks is not counted.
  expect((await service.app.inject({ url: '/healthz', remoteAddress })).statusCode).toBe(200);
});

test('a request that is dear to answer costs more of the limit', async () => {
  const remoteAddress = newAddress();
  const board = () => service.app.inject({ url: '/v1/leaderboard?benchmark=tiny-ost', remoteAddress });
  for (let i = 0; i < 3; i++) expect((await board()).statusCode).toBe(200);
  expect((await board()).statusCode).toBe(429);
});

test('a path that is none is counted too', async () => {
  const remoteAddress = newAddress();
  const statuses = [];
  for (let i = 0; i < 31; i++)
    statuses.push((await service.app.inject({ url: '/v1/nothing', remoteAddress })).statusCode);
  expect(new Set(statuses.slice(0, 30))).toEqual(new Set([404]));
  expect(statuses.at(-1)).toBe(429);
});

test('without a database nothing is let through, and the answer says so', async () => {
  const store = await openStore({ databaseUrl: service.databaseUrl, home: service.env.home });
  const app = await buildApp({ store, env: service.env, log: { write: () => undefined } });
  await store.close();
  const answer = await app.inject('/v1/benchmarks');
  await app.close();
  expect(answer.statusCode, answer.body).toBe(503);
  expect(answer.json()).toMatchObject({ code: 'unavailable' });
  expect(answer.headers['retry-after']).toBe('5');
});

test('guesses of tokens are limited by address, over all processes; then no token of that address is looked at', async () => {
  const remoteAddress = newAddress();
  const guess = (app = service.app, token: string = randomUUID()) =>
    app.inject({ url: '/v1/benchmarks', remoteAddress, headers: bearer(token) });
  expect((await guess()).statusCode).toBe(401);
  expect((await guess(second.app)).statusCode).toBe(401);
  expect((await guess()).statusCode).toBe(401);
  for (const [app, token] of [
    [second.app, randomUUID()],
    [service.app, randomUUID()],
    [second.app, service.tokens.read],
  ] as const) {
    const answer = await guess(app, token);
    expect(answer.statusCode, answer.body).toBe(429);
    expect(answer.json()).toMatchObject({ code: 'token_guesses', field: 'header/authorization' });
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(300);
  }
  // Reading without a token goes on, and so does everybody else.
  expect((await service.app.inject({ url: '/v1/benchmarks', remoteAddress })).statusCode).toBe(200);
  const other = { url: '/v1/benchmarks', remoteAddress: newAddress(), headers: bearer(service.tokens.read) };
  expect((await service.app.inject(other)).statusCode).toBe(200);
});

test('the address is the client’s where a proxy is trusted, and nobody else’s word is taken for it', async () => {
  const store = await openStore({ databaseUrl: service.databaseUrl, home: service.env.home });
  const env = { ...service.env, trustedProxies: ['192.168.0.0/16'] };
  const app = await buildApp({ store, env, log: { write: () => undefined } });
  const via = (remoteAddress: string, client: string) =>
    app.inject({ url: '/v1/benchmarks', remoteAddress, headers: { 'x-forwarded-for': client } });
  const [one, other] = [newAddress(), newAddress()];
  for (let i = 0; i < 30; i++) expect((await via('192.168.0.1', one)).statusCode).toBe(200);
  expect((await via('192.168.0.1', one)).statusCode).toBe(429);
  expect((await via('192.168.0.1', other)).statusCode).toBe(200);
  const liar = newAddress();
  for (let i = 0; i < 30; i++) expect((await via(liar, newAddress())).statusCode).toBe(200);
  expect((await via(liar, newAddress())).statusCode).toBe(429);
  await app.close();
  await store.close();
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s stands for %s', (ip, key) => {
  expect(addressKey(ip)).toBe(key);
});

test('event streams are limited by address and in all, over all processes, and counted down when they end', async () => {
  const { id } = await queuedRun(service);
  const env = { ...service.env, trustedProxies: ['127.0.0.1'] };
  const store = await openStore({ databaseUrl: service.databaseUrl, home: service.env.home });
  const apps = [
    await buildApp({ store: service.store, env, log: { write: () => undefined } }),
    await buildApp({ store, env, log: { write: () => undefined } }),
  ];
  const urls = await Promise.all(apps.map((app) => app.listen({ host: '127.0.0.1', port: 0 })));
  const open: AbortController[] = [];
  const watch = async (url: string, address: string): Promise<Response> => {
    const control = new AbortController();
    const answer = await fetch(`${url}/v1/runs/${id}/events`, {
      headers: { 'x-forwarded-for': address },
      signal: control.signal,
    });
    if (answer.ok) open.push(control);
    return answer;
  };
  const [one, other] = [newAddress(), newAddress()];
  expect((await watch(urls[0]!, one)).status).toBe(200);
  expect((await watch(urls[1]!, one)).status).toBe(200);
  const full = await watch(urls[0]!, one);
  expect(full.status).toBe(429);
  expect(full.headers.get('retry-after')).toBe('15');
  expect(await full.json()).toMatchObject({
    code: 'too_many_streams',
    detail: expect.stringContaining('This address'),
  });
  expect((await watch(urls[0]!, other)).status).toBe(200);
  const all = await watch(urls[1]!, newAddress());
  expect(all.status).toBe(429);
  expect(await all.json()).toMatchObject({ code: 'too_many_streams', detail: expect.stringContaining('The service') });
  open[0]!.abort();
  // The service hears of it a moment later; each try costs a point.
  const statuses: number[] = [];
  for (let i = 0; i < 20 && statuses.at(-1) !== 200; i++) {
    await sleep(100);
    statuses.push((await watch(urls[1]!, one)).status);
  }
  expect(statuses.at(-1)).toBe(200);
  for (const control of open) control.abort();
  for (const app of apps) {
    // The client has opened connections for requests that it has not sent: they would be waited for.
    app.server.closeAllConnections();
    await app.close();
  }
  await store.close();
});

test('open resumable uploads of a token are limited in number and bytes; what is given up or used is not counted', async () => {
  const mine = (await service.store.tokens.create({ name: 'a', owner: 'ada', scopes: ['submit'] })).secret;
  const begin = (length: number, token = mine, app = service.app) =>
    app.inject({
      method: 'POST',
      url: '/v1/uploads',
      headers: { ...bearer(token), 'tus-resumable': '1.0.0', 'upload-length': String(length) },
    });
  const first = await begin(400);
  expect(first.statusCode, first.body).toBe(201);
  const bytes = await begin(601, mine, second.app);
  expect(bytes.statusCode).toBe(429);
  expect(bytes.json()).toMatchObject({ code: 'too_many_uploads', detail: expect.stringContaining('1000 bytes') });
  expect(bytes.headers['retry-after']).toBe('60');
  expect((await begin(600, mine, second.app)).statusCode).toBe(201);
  expect((await begin(0)).json()).toMatchObject({ detail: expect.stringContaining('2 uploads') });
  // Another token, of the same owner, has its own.
  expect((await begin(400, service.tokens.submit)).statusCode).toBe(201);
  const headers = { ...bearer(mine), 'tus-resumable': '1.0.0' };
  const url = first.headers.location as string;
  expect((await service.app.inject({ method: 'DELETE', url, headers })).statusCode).toBe(204);
  expect((await begin(400)).statusCode).toBe(201);
});

test('an upload that could not be begun is not counted', async () => {
  const mine = (await service.store.tokens.create({ name: 'b', owner: 'ada', scopes: ['submit'] })).secret;
  const begin = (headers: Record<string, string>) =>
    service.app.inject({
      method: 'POST',
      url: '/v1/uploads',
      headers: { ...bearer(mine), 'tus-resumable': '1.0.0', 'upload-length': '900', ...headers },
    });
  for (let i = 0; i < 3; i++) expect((await begin({ 'upload-metadata': 'filename !!!' })).statusCode).toBe(400);
  expect((await begin({})).statusCode).toBe(201);
});
