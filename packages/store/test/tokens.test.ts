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

test('a token that has expired is refused by name, and shown with its end', async () => {
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  const { token, secret } = await t.store.tokens.create({ name: 'short', owner: 'ada', scopes: ['read'], expiresAt });
  expect(token.expiresAt).toBe(expiresAt);
  expect(await t.store.tokens.verify(secret)).toMatchObject({ id: token.id });
  await t.sql("UPDATE tokens SET expires_at = now() - interval '1 second' WHERE id = $1", [token.id]);
  await expect(t.store.tokens.verify(secret)).rejects.toMatchObject({
    code: 'token_expired',
    status: 401,
    message: expect.stringContaining('"short" expired on 20'),
    remedy: expect.any(String),
  });
  // Revoked is more than expired, and unknown is not told from it.
  await t.store.tokens.revoke(token.id);
  expect(await t.store.tokens.verify(secret)).toBeNull();
});

test('a local token that has expired is replaced', async () => {
  const path = join(t.home, 'expired', 'token');
  await t.store.tokens.ensureLocalToken(path);
  const { id } = (await t.store.tokens.verify(readFileSync(path, 'utf8').trim()))!;
  await t.sql("UPDATE tokens SET expires_at = now() - interval '1 second' WHERE id = $1", [id]);
  expect(await t.store.tokens.ensureLocalToken(path)).toEqual({ created: true });
});

test('the last administrator cannot be revoked; one whose token has expired does not count', async () => {
  await t.sql("UPDATE tokens SET revoked_at = now() WHERE 'admin' = ANY(scopes)");
  const admin = async (expiresAt?: string) =>
    (
      await t.store.tokens.create({
        name: 'admin',
        owner: 'root',
        scopes: ['read', 'admin'],
        expiresAt: expiresAt ?? null,
      })
    ).token.id;
  const last = await admin();
  const gone = await admin(new Date(Date.now() - 1000).toISOString());
  await t.store.tokens.create({ name: 'x', owner: 'root', scopes: ['submit'] });
  await expect(t.store.tokens.revoke(last)).rejects.toMatchObject({
    code: 'last_admin_token',
    field: 'path/id',
    remedy: expect.stringContaining('--scope admin'),
  });
  expect(await t.store.tokens.revoke(gone)).toMatchObject({ id: gone });
  // Two that revoke each other at once: one of them stays.
  const other = await admin();
  const both = await Promise.allSettled([t.store.tokens.revoke(last), t.store.tokens.revoke(other)]);
  expect(both.map((x) => x.status).sort()).toEqual(['fulfilled', 'rejected']);
});
