import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestStore, type TestStore } from './support/store.js';

let t: TestStore;
beforeAll(async () => {
  t = await openTestStore();
});
afterAll(() => t.close());

test('a secret is shown once and kept as a hash only', async () => {
  const { token, secret } = await t.store.tokens.create({ name: 'ci', owner: 'ada', scopes: ['read', 'submit'] });
  expect(secret).toMatch(/^cs_[A-Za-z0-9_-]{43}$/);
  expect(await t.store.tokens.verify(secret)).toEqual({ id: token.id, owner: 'ada', scopes: ['read', 'submit'] });
  const rows = await t.sql<{ row: string }>('SELECT tokens::text AS row FROM tokens WHERE id = $1', [token.id]);
  expect(rows[0]!.row).not.toContain(secret.slice(3));
  expect(await t.store.tokens.verify(`${secret}x`)).toBeNull();
  expect(await t.store.tokens.verify('')).toBeNull();
});

test('a revoked token is none; revoking again keeps the first time', async () => {
  const { token, secret } = await t.store.tokens.create({ name: 'old', owner: 'ada', scopes: ['read'] });
  const revoked = await t.store.tokens.revoke(token.id);
  expect(revoked!.revokedAt).not.toBeNull();
  expect(await t.store.tokens.verify(secret)).toBeNull();
  expect(await t.store.tokens.revoke(token.id)).toEqual(revoked);
  expect(await t.store.tokens.revoke('nonsense')).toBeNull();
  expect((await t.store.tokens.list()).find((x) => x.id === token.id)).toEqual(revoked);
});

test('the last use is noted, at most once a minute', async () => {
  const { token, secret } = await t.store.tokens.create({ name: 'used', owner: 'ada', scopes: ['read'] });
  const lastUsed = async () => (await t.store.tokens.list()).find((x) => x.id === token.id)!.lastUsedAt;
  expect(await lastUsed()).toBeNull();
  await t.store.tokens.verify(secret);
  const first = await lastUsed();
  expect(first).not.toBeNull();
  await t.store.tokens.verify(secret);
  expect(await lastUsed()).toBe(first);
  await t.sql(`UPDATE tokens SET last_used_at = last_used_at - interval '61 seconds' WHERE id = $1`, [token.id]);
  await t.store.tokens.verify(secret);
  expect(Date.parse((await lastUsed())!)).toBeGreaterThanOrEqual(Date.parse(first!));
});

test('the local token is made where it is missing or not valid here, and kept otherwise', async () => {
  const path = join(t.home, 'inner', 'token');
  expect(await t.store.tokens.ensureLocalToken(path)).toEqual({ created: true });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const secret = readFileSync(path, 'utf8').trim();
  expect(await t.store.tokens.verify(secret)).toMatchObject({ owner: 'local', scopes: ['admin'] });
  expect(await t.store.tokens.ensureLocalToken(path)).toEqual({ created: false });
  writeFileSync(path, 'cs_of-another-database\n');
  expect(await t.store.tokens.ensureLocalToken(path)).toEqual({ created: true });
  expect(await t.store.tokens.verify(readFileSync(path, 'utf8').trim())).not.toBeNull();
  expect(existsSync(`${path}.new`)).toBe(false);
});
