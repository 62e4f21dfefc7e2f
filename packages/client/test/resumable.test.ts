import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { createClient, NetworkError } from '../src/index.js';
import { type UploadMemory, uploadVersion } from '../src/node.js';
import { bodyOf, closedPort, json, peer } from './peer.js';

const dir = mkdtempSync(join(tmpdir(), 'corescore-resumable-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const manifestPath = join(dir, 'corescore.json');
const small = join(dir, 'ids.txt');
const large = join(dir, 'it.npy');
const LARGE_BYTES = 2_000_003;
const bytes = Buffer.alloc(LARGE_BYTES, 'corescore');
beforeEach(() => {
  writeFileSync(manifestPath, '{"name":"net"}');
  writeFileSync(small, 'a\nb\n');
  writeFileSync(large, bytes);
});

/** A peer that speaks as much tus as a test needs; `patch` decides what a PATCH comes to. */
async function tusPeer(
  patch: (request: IncomingMessage, response: ServerResponse, there: Buffer) => void | Promise<void>,
) {
  const uploads = new Map<string, Buffer>();
  const log: string[] = [];
  const versions: FormData[] = [];
  const keep = (id: string, more: Buffer) => uploads.set(id, Buffer.concat([uploads.get(id) ?? Buffer.alloc(0), more]));
  const url = await peer(async (request, response) => {
    const id = request.url!.split('/').at(-1)!;
    const offset = request.headers['upload-offset'];
    log.push(`${request.method} ${id}${offset === undefined ? '' : ` ${offset}`}`);
    if (request.method === 'POST' && request.url === '/v1/uploads') {
      const fresh = `00000000-0000-4000-8000-00000000000${uploads.size}`;
      uploads.set(fresh, Buffer.alloc(0));
      response.writeHead(201, { location: `/v1/uploads/${fresh}` }).end();
    } else if (request.method === 'HEAD') {
      const there = uploads.get(id);
      response.writeHead(there === undefined ? 404 : 200, { 'upload-offset': there?.length ?? 0 }).end();
    } else if (request.method === 'PATCH') {
      request.on('error', () => undefined);
      await patch(request, response, uploads.get(id)!);
    } else {
      const type = { 'content-type': request.headers['content-type'] ?? '' };
      versions.push(await new Response(new Uint8Array(await bodyOf(request)), { headers: type }).formData());
      json(response, 201, { digest: 'd' });
    }
  });
  /** Whether each upload has the bytes of the file, no more and no fewer. */
  const whole = () => [...uploads.values()].map((there) => there.equals(bytes));
  return { url, uploads, log, versions, keep, whole };
}
const idOf = (request: IncomingMessage) => request.url!.split('/').at(-1)!;

const upload = (url: string, extra: Partial<Parameters<typeof uploadVersion>[1]> = {}) =>
  uploadVersion(createClient({ url, token: 'cs_t' }), {
    owner: 'lab',
    name: 'net',
    manifestPath,
    files: [small, large],
    resumableFromBytes: 1_000_000,
    retryDelaysMs: [1, 1, 1],
    ...extra,
  });

function memory(): UploadMemory & { ids: Map<string, string> } {
  const ids = new Map<string, string>();
  return {
    ids,
    recall: async (_, path) => ids.get(path),
    remember: async (_, path, id) => void ids.set(path, id),
    forget: async (_, path) => void ids.delete(path),
  };
}

test('the large file goes by tus, the version names it; the bar ends whole', async () => {
  const service = await tusPeer(async (request, response) => {
    service.keep(idOf(request), await bodyOf(request));
    response.writeHead(204).end();
  });
  const progress: [number, number][] = [];
  const { created } = await upload(service.url, { onProgress: (sent, total) => progress.push([sent, total]) });
  expect(created).toBe(true);
  const [id] = [...service.uploads.keys()];
  expect(service.whole()).toEqual([true]);
  expect(service.log).toEqual(['POST uploads', `HEAD ${id}`, `PATCH ${id} 0`, 'POST versions']);
  const [form] = service.versions;
  expect([...form.keys()]).toEqual(['manifest', 'file', 'upload']);
  expect(JSON.parse(form.get('upload') as string)).toEqual({ name: 'it.npy', upload: id });
  const [sent, total] = progress.at(-1)!;
  expect(sent).toBe(total);
  expect(total).toBeGreaterThan(LARGE_BYTES);
  expect(progress.every(([s], i) => i === 0 || s >= progress[i - 1][0])).toBe(true);
});

test('a broken connection is gone on with from where the service is, however often it breaks', async () => {
  const service = await tusPeer(async (request, response, there) => {
    let kept = 0;
    for await (const chunk of request) {
      service.keep(idOf(request), chunk as Buffer);
      kept += (chunk as Buffer).length;
      if (kept > 250_000 && there.length < 1_500_000) return void request.socket.destroy();
    }
    response.writeHead(204).end();
  });
  await upload(service.url);
  expect(service.whole()).toEqual([true]);
  // More breaks than there are tries: each got something through.
  expect(service.log.filter((line) => line.startsWith('PATCH')).length).toBeGreaterThan(4);
});

test('tries without progress are bounded', async () => {
  const service = await tusPeer((request) => void request.socket.destroy());
  await expect(upload(service.url)).rejects.toThrow(NetworkError);
  expect(service.log.filter((line) => line.startsWith('PATCH'))).toHaveLength(4);
  await expect(upload(await closedPort())).rejects.toThrow(NetworkError);
});

test('a later call goes on with the upload of an earlier one, and forgets it once the version is there', async () => {
  let isBroken = true;
  const service = await tusPeer(async (request, response) => {
    if (isBroken) {
      for await (const chunk of request) {
        service.keep(idOf(request), chunk as Buffer);
        return void request.socket.destroy();
      }
    }
    service.keep(idOf(request), await bodyOf(request));
    response.writeHead(204).end();
  });
  const kept = memory();
  await expect(upload(service.url, { memory: kept, retryDelaysMs: [] })).rejects.toThrow(NetworkError);
  const [id] = [...service.uploads.keys()];
  expect(kept.ids.get(large)).toBe(id);
  isBroken = false;
  const there = service.uploads.get(id)!.length;
  expect(there).toBeGreaterThan(0);
  await upload(service.url, { memory: kept });
  expect(service.log).toContain(`PATCH ${id} ${there}`);
  expect(service.whole()).toEqual([true]);
  expect(kept.ids.size).toBe(0);
});

test('an upload that has expired is begun anew', async () => {
  const service = await tusPeer(async (request, response) => {
    service.keep(idOf(request), await bodyOf(request));
    response.writeHead(204).end();
  });
  const kept = memory();
  kept.ids.set(large, 'long-gone');
  await upload(service.url, { memory: kept, retryDelaysMs: [] });
  expect(service.log.slice(0, 2)).toEqual(['HEAD long-gone', 'POST uploads']);
  expect(service.whole()).toEqual([true]);
});

test('another offset than was thought is asked for again; a refusal ends it', async () => {
  const conflict = new CorescoreError('upload_conflict', 'Another offset.', { remedy: 'Ask.' }).toProblem();
  let first = true;
  const service = await tusPeer(async (request, response) => {
    const body = await bodyOf(request);
    if (first) {
      // Bytes of an earlier connection that arrive late.
      service.keep(idOf(request), body.subarray(0, 1000));
      first = false;
      return json(response, 409, conflict, 'application/problem+json');
    }
    service.keep(idOf(request), body);
    response.writeHead(204).end();
  });
  await upload(service.url);
  expect(service.whole()).toEqual([true]);

  const problem = new CorescoreError('upload_too_large', 'Too large.', { remedy: 'Send less.' }).toProblem();
  const strict = await tusPeer((request, response) => {
    request.resume();
    json(response, 413, problem, 'application/problem+json');
  });
  await expect(upload(strict.url)).rejects.toMatchObject({ name: 'RequestError', code: 'upload_too_large' });
  expect(strict.log.filter((line) => line.startsWith('PATCH'))).toHaveLength(1);
});

test('a file that changes under way is told', async () => {
  const service = await tusPeer((request) => {
    request.resume();
  });
  let changed = false;
  const result = upload(service.url, {
    onProgress: (sent) => {
      if (!changed && sent > 0) writeFileSync(large, 'short');
      changed ||= sent > 0;
    },
  });
  await expect(result).rejects.toThrow(/changed while it was being uploaded/);
});
