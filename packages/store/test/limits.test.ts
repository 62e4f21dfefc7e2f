import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { databaseError } from '../src/postgres/database.js';
import { openTestStore, type TestStore } from './support/store.js';

let t: TestStore;
beforeAll(async () => {
  t = await openTestStore();
});
afterAll(() => t.close());

const budget = { name: 'tests', points: 5, seconds: 60 };

test('40 at once over two processes: exactly as many are let through as there are points', async () => {
  const second = await t.second();
  const key = randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) => (i % 2 ? second : t.store).limits.spend(budget, key, 1)),
  );
  expect(answers.filter((seconds) => seconds === null)).toHaveLength(5);
  const refused = answers.filter((seconds) => seconds !== null);
  expect(refused.every((seconds) => seconds > 0 && seconds <= 60)).toBe(true);
  expect(await second.limits.spent(budget, key)).toBeGreaterThan(0);
  expect(await t.store.limits.spent(budget, randomUUID())).toBeNull();
});

test('a window that is over begins anew, whatever was spent in it', async () => {
  const second = await t.second();
  const key = randomUUID();
  for (let i = 0; i < 5; i++) await t.store.limits.spend(budget, key, 1);
  expect(await t.store.limits.spend(budget, key, 1)).toBeGreaterThan(0);
  await t.sql('UPDATE rate_limits SET expire = 0 WHERE key LIKE $1', [`%${key}`]);
  expect(await second.limits.spent(budget, key)).toBeNull();
  expect(await second.limits.spend(budget, key, 5)).toBeNull();
  expect(await second.limits.spend(budget, key, 1)).toBeGreaterThan(0);
});

test('streams of a process that was killed are forgotten with their lease', async () => {
  const limits = { perAddress: 1, total: 10 };
  const opened = await t.store.streams.open('192.0.2.1', limits);
  expect(opened.refused).toBeNull();
  expect(await t.store.streams.open('192.0.2.1', limits)).toEqual({ refused: 'address' });
  await t.sql("UPDATE open_streams SET expires_at = now() - interval '1 second'");
  const again = await t.store.streams.open('192.0.2.1', limits);
  expect(again.refused).toBeNull();
  if (again.refused === null) await again.close();
  const third = await t.store.streams.open('192.0.2.1', limits);
  expect(third.refused).toBeNull();
});

test('streams that are opened at once are not more than may be', async () => {
  const second = await t.second();
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      (i % 2 ? second : t.store).streams.open('192.0.2.2', { perAddress: 4, total: 100 }),
    ),
  );
  expect(answers.filter(({ refused }) => refused === null)).toHaveLength(4);
});

test('an upload that has expired is not counted', async () => {
  const { token } = await t.store.tokens.create({ name: 'x', owner: 'ada', scopes: ['submit'] });
  const reserve = (bytes: number) =>
    t.store.uploads.reserve({ id: randomUUID(), tokenId: token.id, bytes, seconds: 60 }, { count: 2, bytes: 100 });
  expect(await reserve(60)).toBeNull();
  expect(await reserve(41)).toBe('bytes');
  expect(await reserve(40)).toBeNull();
  expect(await reserve(0)).toBe('count');
  await t.sql("UPDATE open_uploads SET expires_at = now() - interval '1 second' WHERE bytes = 60");
  expect(await reserve(60)).toBeNull();
});

test('no connection in time is the database’s absence, not a fault of the service', async () => {
  const { hostname, port } = new URL(t.databaseUrl);
  expect(hostname).not.toBe('');
  // A server that takes the connection and never speaks.
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port: silentPort } = silent.address() as { port: number };
  expect(silentPort).not.toBe(Number(port));
  const mute = new pg.Pool({ host: '127.0.0.1', port: silentPort, connectionTimeoutMillis: 50 });
  const told = await mute.query('SELECT 1').catch((error: unknown) => error);
  expect(databaseError(told)).toMatchObject({ code: 'unavailable', status: 503 });
  silent.close();
  // All connections of the pool are in use.
  const busy = new pg.Pool({ connectionString: t.databaseUrl, max: 1, connectionTimeoutMillis: 50 });
  const held = await busy.connect();
  const waited = await busy.query('SELECT 1').catch((error: unknown) => error);
  expect((waited as Error).message).toBe('timeout exceeded when trying to connect');
  expect(databaseError(waited)).toMatchObject({ code: 'unavailable', status: 503 });
  held.release();
  await busy.end();
  const late = await busy.query('SELECT 1').catch((error: unknown) => error);
  expect(databaseError(late)).toMatchObject({ code: 'unavailable' });
  await mute.end().catch(() => undefined);
});
