import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ModelVersionView, Problem } from '@corescore/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resumableUploads, UPLOAD_LIFETIME_MS } from '../src/resumable.js';
import { activationsUpload, npy } from './support/models.js';
import { filePart, type Part } from './support/multipart.js';
import { openService, type Service } from './support/service.js';

const MAX = 1 << 20;
let service: Service;
let base: string;
let other: string;
beforeAll(async () => {
  service = await openService({ maxUploadBytes: MAX });
  other = (await service.store.tokens.create({ name: 'other', owner: 'ada', scopes: ['submit'] })).secret;
  await service.app.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${(service.app.server.address() as AddressInfo).port}`;
});
afterAll(() => service.close());

const folder = () => join(service.env.home, 'uploads');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const tus = (token = service.tokens.submit) => ({ authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0' });

async function create(length: number, token?: string): Promise<string> {
  const answer = await fetch(`${base}/v1/uploads`, {
    method: 'POST',
    headers: { ...tus(token), 'upload-length': String(length) },
  });
  expect(answer.status, await answer.clone().text()).toBe(201);
  expect(answer.headers.get('tus-resumable')).toBe('1.0.0');
  expect(Date.parse(answer.headers.get('upload-expires')!)).toBeGreaterThan(Date.now());
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  const location = answer.headers.get('location')!;
  expect(location).toMatch(/^\/v1\/uploads\/[0-9a-f-]{36}$/);
  return location;
}

const patch = (location: string, offset: number, bytes: Uint8Array, headers: Record<string, string> = {}) =>
  fetch(base + location, {
    method: 'PATCH',
    headers: {
      ...tus(),
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
      ...headers,
    },
    body: new Uint8Array(bytes),
  });

async function offsetOf(location: string): Promise<number> {
  const answer = await fetch(base + location, { method: 'HEAD', headers: tus() });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return Number(answer.headers.get('upload-offset'));
}

async function problem(answer: Response, status: number): Promise<Problem> {
  expect(answer.status, await answer.clone().text()).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const body = (await answer.json()) as Problem;
  expect(body.remedy).toBeTruthy();
  return body;
}

/** A PATCH whose connection breaks once the service has some of its bytes. */
async function broken(location: string, bytes: Uint8Array, sent: number): Promise<void> {
  const path = join(folder(), location.split('/').at(-1)!);
  await new Promise<void>((resolve, reject) => {
    const request = httpRequest(base + location, {
      method: 'PATCH',
      headers: {
        ...tus(),
        'upload-offset': '0',
        'content-type': 'application/offset+octet-stream',
        'content-length': bytes.length,
      },
    });
    request.on('error', () => resolve());
    request.on('response', () => reject(new Error('it was answered')));
    request.write(bytes.subarray(0, sent));
    const timer = setInterval(() => {
      if (readFileSync(path).length === 0) return;
      clearInterval(timer);
      request.destroy();
    }, 10);
  });
}

const reference = (name: string, location: string): Part => ({
  name: 'upload',
  content: JSON.stringify({ name, upload: location.split('/').at(-1) }),
});

describe('an upload in pieces', () => {
  test('goes on after a broken connection where it ended, and gives the same digest', async () => {
    const bytes = randomBytes(600_000);
    const location = await create(bytes.length);
    await broken(location, bytes, 400_000);
    const there = await offsetOf(location);
    expect(there).toBeGreaterThan(0);
    expect(there).toBeLessThanOrEqual(400_000);
    const answer = await patch(location, there, bytes.subarray(there));
    expect(answer.status).toBe(204);
    expect(answer.headers.get('upload-offset')).toBe(String(bytes.length));
    expect(await offsetOf(location)).toBe(bytes.length);
    expect(sha256(readFileSync(join(folder(), location.split('/').at(-1)!)))).toBe(sha256(bytes));
  });

  test('becomes a file of a version, the same version as by multipart, and is gone then', async () => {
    const [manifest, ids, array] = activationsUpload();
    const whole = await service.upload('ada', 'supplied', [manifest, ids, array]);
    expect(whole.statusCode, whole.body).toBe(201);
    const bytes = array.content as Buffer;
    const location = await create(bytes.length);
    await patch(location, 0, bytes.subarray(0, 100));
    await patch(location, 100, bytes.subarray(100));
    const again = await service.upload('ada', 'supplied', [manifest, ids, reference('it.npy', location)]);
    expect(again.statusCode, again.body).toBe(200);
    expect((again.json() as ModelVersionView).digest).toBe((whole.json() as ModelVersionView).digest);
    expect((await fetch(base + location, { method: 'HEAD', headers: tus() })).status).toBe(404);
  });

  test('is adopted into the blobs by its digest, and stays after a refusal', async () => {
    const [manifest, ids] = activationsUpload();
    const bytes = npy([2, 6, 3], (i) => Math.cos(i));
    const location = await create(bytes.length);
    await patch(location, 0, bytes);
    const refused = await service.upload('ada', 'supplied', [manifest, reference('it.npy', location)]);
    expect(refused.json()).toMatchObject({ code: 'file_missing', field: 'ids.txt' });
    expect(await offsetOf(location)).toBe(bytes.length);

    const taken = await service.upload('ada', 'supplied', [manifest, ids, reference('it.npy', location)]);
    expect(taken.statusCode, taken.body).toBe(201);
    const digest = sha256(bytes);
    expect((taken.json() as ModelVersionView).files).toContainEqual({ path: 'it.npy', digest, bytes: bytes.length });
    expect(readFileSync(service.store.blobs.path(digest))).toEqual(bytes);
    expect(readdirSync(folder()).filter((name) => name.startsWith(location.split('/').at(-1)!))).toEqual([]);
  });
});

describe('refusals', () => {
  test('another offset: 409, nothing is written', async () => {
    const location = await create(100);
    await patch(location, 0, Buffer.alloc(40, 1));
    expect(await problem(await patch(location, 30, Buffer.alloc(10)), 409)).toMatchObject({
      code: 'upload_conflict',
      field: 'header/upload-offset',
    });
    expect(await offsetOf(location)).toBe(40);
  });

  test('another token: as if it were not there', async () => {
    const location = await create(10);
    const as = { authorization: `Bearer ${other}` };
    expect((await fetch(base + location, { method: 'HEAD', headers: { ...tus(), ...as } })).status).toBe(404);
    expect(await problem(await patch(location, 0, Buffer.alloc(10), as), 404)).toMatchObject({ code: 'not_found' });
    const remove = await fetch(base + location, { method: 'DELETE', headers: { ...tus(), ...as } });
    expect((await problem(remove, 404)).code).toBe('not_found');
    const [manifest, ids] = activationsUpload();
    await patch(location, 0, Buffer.alloc(10));
    const taken = await service.upload('ada', 'supplied', [manifest, ids, reference('it.npy', location)], other);
    expect(taken.statusCode).toBe(404);
    const reader = await fetch(`${base}/v1/uploads`, { method: 'POST', headers: tus(service.tokens.read) });
    expect((await problem(reader, 403)).code).toBe('scope_missing');
    const nobody = await fetch(`${base}/v1/uploads`, { method: 'POST', headers: { 'tus-resumable': '1.0.0' } });
    expect((await problem(nobody, 401)).code).toBe('token_missing');
  });

  test('metadata cannot name another owner', async () => {
    const { id } = (await service.store.tokens.list()).find((t) => t.name === 'other')!;
    const forged = await fetch(`${base}/v1/uploads`, {
      method: 'POST',
      headers: {
        ...tus(),
        'upload-length': '10',
        'upload-metadata': `tokenId ${Buffer.from(id).toString('base64')}`,
        'x-corescore-token-id': id,
      },
    });
    expect(forged.status).toBe(201);
    const there = await fetch(base + forged.headers.get('location')!, { method: 'HEAD', headers: tus(other) });
    expect(there.status).toBe(404);
    expect(await offsetOf(forged.headers.get('location')!)).toBe(0);
  });

  test('over the limit: 413, before and while bytes come', async () => {
    const announced = await fetch(`${base}/v1/uploads`, {
      method: 'POST',
      headers: { ...tus(), 'upload-length': String(MAX + 1) },
    });
    expect(await problem(announced, 413)).toMatchObject({ code: 'upload_too_large' });
    const location = await create(100);
    expect((await problem(await patch(location, 0, Buffer.alloc(101)), 413)).code).toBe('upload_too_large');
    expect(await offsetOf(location)).toBe(0);
    const parts = activationsUpload();
    const [a, b] = [await create(MAX), await create(MAX)];
    for (const upload of [a, b]) await patch(upload, 0, Buffer.alloc(MAX));
    const together = await service.upload('ada', 'supplied', [
      parts[0],
      reference('it.npy', a),
      reference('ids.txt', b),
    ]);
    expect(together.json()).toMatchObject({ code: 'upload_too_large', field: 'ids.txt' });
  });

  test('unfinished, unknown, or not said as it must be', async () => {
    const [manifest, ids] = activationsUpload();
    const location = await create(100);
    await patch(location, 0, Buffer.alloc(99));
    const sent = async (part: Part) =>
      (await service.upload('ada', 'supplied', [manifest, ids, part])).json() as Problem;
    const unfinished = await sent(reference('it.npy', location));
    expect(unfinished).toMatchObject({ code: 'upload_incomplete', status: 400 });
    expect(unfinished.detail).toContain('99 of 100 bytes');
    expect((await sent(reference('it.npy', `/v1/uploads/${randomUUID()}`))).code).toBe('not_found');
    expect((await sent(reference('other.npy', location))).code).toBe('file_unexpected');
    for (const content of ['x', '{}', '{"name": "it.npy", "upload": "../../token"}', 'null']) {
      expect(await sent({ name: 'upload', content })).toMatchObject({ code: 'invalid_request', field: 'upload' });
    }
    expect((await service.upload('ada', 'supplied', [manifest, ids, filePart('it.npy', '')])).json().code).toBe(
      'file_empty',
    );
  });

  test('what is not tus 1.0', async () => {
    const location = await create(100);
    const { 'tus-resumable': _, ...plain } = tus();
    const silent = await fetch(`${base}/v1/uploads`, { method: 'POST', headers: { ...plain, 'upload-length': '1' } });
    expect((await problem(silent, 412)).code).toBe('upload_protocol');
    expect((await problem(await fetch(`${base}/v1/uploads`, { method: 'POST', headers: tus() }), 400)).code).toBe(
      'invalid_request',
    );
    expect((await problem(await patch(location, 0, Buffer.alloc(1), { 'content-type': 'text/x' }), 415)).code).toBe(
      'unsupported_media_type',
    );
    const bare = await fetch(base + location, { method: 'PATCH', headers: { ...tus(), 'upload-offset': '0' } });
    expect((await problem(bare, 415)).code).toBe('unsupported_media_type');
    expect((await fetch(`${base}/v1/uploads/..%2f..%2ftoken`, { method: 'HEAD', headers: tus() })).status).toBe(400);
  });
});

test('given up: its files are gone', async () => {
  const location = await create(10);
  expect((await fetch(base + location, { method: 'DELETE', headers: tus() })).status).toBe(204);
  expect((await problem(await patch(location, 0, Buffer.alloc(10)), 404)).code).toBe('not_found');
  expect(readdirSync(folder()).join()).not.toContain(location.split('/').at(-1));
});

test('after its time it is gone, and is swept away', async () => {
  const [old, young] = [await create(10), await create(10)];
  const id = old.split('/').at(-1)!;
  const paths = [join(folder(), id), join(folder(), `${id}.json`)];
  const about = JSON.parse(readFileSync(paths[1], 'utf8')) as { creation_date: string };
  const before = new Date(Date.now() - UPLOAD_LIFETIME_MS - 1000);
  writeFileSync(paths[1], JSON.stringify({ ...about, creation_date: before.toISOString() }));
  expect((await problem(await patch(old, 0, Buffer.alloc(10)), 404)).code).toBe('not_found');
  for (const path of paths) utimesSync(path, before, before);
  await resumableUploads(service.store, service.env, () => new Date()).sweep();
  expect(paths.map(existsSync)).toEqual([false, false]);
  expect(await offsetOf(young)).toBe(0);
});
