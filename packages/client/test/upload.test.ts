import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { afterAll, expect, test } from 'vitest';
import { createClient, NetworkError, RequestError } from '../src/index.js';
import { uploadVersion } from '../src/node.js';
import { bodyOf, closedPort, json, peer } from './peer.js';

const dir = mkdtempSync(join(tmpdir(), 'corescore-upload-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const manifestPath = join(dir, 'corescore.json');
const model = join(dir, 'my "net".onnx');
const MODEL_BYTES = 3_000_017;
const bytes = Buffer.alloc(MODEL_BYTES, 'corescore');
writeFileSync(manifestPath, '{"name":"net"}');
writeFileSync(model, bytes);

const upload = (url: string, extra: Partial<Parameters<typeof uploadVersion>[1]> = {}) =>
  uploadVersion(createClient({ url, token: 'cs_t' }), {
    owner: 'lab',
    name: 'net',
    manifestPath,
    files: [model],
    ...extra,
  });

test('manifest first, then the file, with an exact length and progress up to all of it', async () => {
  let form: FormData | undefined;
  let headers: Record<string, unknown> = {};
  let requestPath: string | undefined;
  const url = await peer(async (request, response) => {
    headers = request.headers;
    requestPath = request.url;
    const body = await bodyOf(request);
    // Node's own multipart parser is the judge of what was sent.
    form = await new Response(new Uint8Array(body), {
      headers: { 'content-type': request.headers['content-type'] ?? '' },
    }).formData();
    json(response, 201, { digest: 'd', received: body.length });
  });
  const progress: [number, number][] = [];
  const { version, created } = await upload(url, { onProgress: (sent, total) => progress.push([sent, total]) });

  expect(created).toBe(true);
  expect(requestPath).toBe('/v1/models/lab/net/versions');
  expect(headers['authorization']).toBe('Bearer cs_t');
  const total = Number(headers['content-length']);
  expect((version as unknown as { received: number }).received).toBe(total);
  expect(progress.at(-1)).toEqual([total, total]);
  expect(progress.length).toBeGreaterThan(10);
  expect(progress.every(([sent], i) => i === 0 || sent > progress[i - 1][0])).toBe(true);

  expect([...form!.keys()]).toEqual(['manifest', 'file']);
  expect(await (form!.get('manifest') as File).text()).toBe('{"name":"net"}');
  const file = form!.get('file') as File;
  expect(file.name).toBe('my "net".onnx');
  const sha = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
  expect(sha(new Uint8Array(await file.arrayBuffer()))).toBe(sha(bytes));
});

test('a version that is there already is no error', async () => {
  const url = await peer(async (request, response) => {
    await bodyOf(request);
    json(response, 200, { digest: 'd' });
  });
  expect((await upload(url)).created).toBe(false);
});

test('a refusal that comes while bytes still flow is what the caller hears', async () => {
  const problem = new CorescoreError('token_invalid', 'The token is not known.', { remedy: 'Get one.' }).toProblem();
  const url = await peer((request, response) => {
    json(response, 401, problem, 'application/problem+json');
    request.resume();
  });
  await expect(upload(url)).rejects.toMatchObject({ name: 'RequestError', code: 'token_invalid', remedy: 'Get one.' });
  await expect(upload(url)).rejects.toThrow(RequestError);
});

test('a connection cut half-way is a NetworkError', async () => {
  const url = await peer((request) => {
    request.once('data', () => request.socket.destroy());
  });
  await expect(upload(url)).rejects.toThrow(NetworkError);
  await expect(upload(await closedPort())).rejects.toThrow(NetworkError);
});

test('the caller may stop it', async () => {
  const stop = new AbortController();
  const url = await peer((request) => {
    request.once('data', () => stop.abort(new Error('enough')));
  });
  await expect(upload(url, { signal: stop.signal })).rejects.toThrow('enough');
});

test('a file that grows or shrinks under way is told, and not passed off as whole', async () => {
  const url = await peer((request) => {
    request.resume();
  });
  for (const size of [100, MODEL_BYTES * 2]) {
    writeFileSync(model, bytes);
    let changed = false;
    const result = upload(url, {
      onProgress: () => {
        if (!changed) writeFileSync(model, Buffer.alloc(size));
        changed = true;
      },
    });
    await expect(result).rejects.toThrow(/changed while it was being uploaded/);
  }
  writeFileSync(model, bytes);
});

test('a file that is not there is named before anything is sent', async () => {
  const absent = join(dir, 'absent.onnx');
  await expect(upload('http://127.0.0.1:1', { files: [absent] })).rejects.toMatchObject({
    code: 'file_missing',
    field: 'absent.onnx',
  });
  await expect(upload('http://127.0.0.1:1', { files: [dir] })).rejects.toMatchObject({ code: 'file_missing' });
});
