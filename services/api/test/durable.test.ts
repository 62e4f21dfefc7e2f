import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import type { ModelVersionView } from '@corescore/contracts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { activationsUpload, onnxUpload } from './support/models.js';
import type { Part } from './support/multipart.js';
import { queuedRun } from './support/runs.js';
import { openService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await openService();
  await service.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => service.close());

/** The array of the activations as a finished resumable upload, in place of its part. */
async function resumableUpload(): Promise<Part[]> {
  const base = `http://127.0.0.1:${(service.app.server.address() as AddressInfo).port}`;
  const [manifest, ids, array] = activationsUpload({ manifest: (m) => (m['description'] = 'in pieces') });
  const bytes = array.content as Buffer;
  const headers = { authorization: `Bearer ${service.tokens.submit}`, 'tus-resumable': '1.0.0' };
  const made = await fetch(`${base}/v1/uploads`, {
    method: 'POST',
    headers: { ...headers, 'upload-length': String(bytes.length) },
  });
  const location = made.headers.get('location')!;
  await fetch(base + location, {
    method: 'PATCH',
    headers: { ...headers, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: new Uint8Array(bytes),
  });
  const upload = { name: 'it.npy', upload: location.split('/').at(-1) };
  return [manifest, ids, { name: 'upload', content: JSON.stringify(upload) }];
}

const ROUTES: [string, string, () => Promise<Part[]>][] = [
  ['a network in one request', 'ff-64', async () => onnxUpload()],
  ['supplied activations', 'supplied', async () => activationsUpload()],
  ['a resumable upload', 'supplied', resumableUpload],
];

test.each(ROUTES)('%s: its files and their names are on disk before its row is there', async (_what, name, parts) => {
  const probe = await open(service.env.home, 'r');
  const prototype = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  const flushed = new Set<number>();
  const real = prototype.sync;
  const sync = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
    flushed.add((await this.stat()).ino);
    return real.call(this);
  });
  const { models, blobs } = service.store;
  const atRow: [string, boolean, boolean][] = [];
  const createVersion = models.createVersion.bind(models);
  const row = vi.spyOn(models, 'createVersion').mockImplementation((version) => {
    for (const { path, digest } of version.files) {
      const blob = blobs.path(digest);
      atRow.push([path, flushed.has(statSync(blob).ino), flushed.has(statSync(dirname(blob)).ino)]);
    }
    return createVersion(version);
  });
  try {
    const answer = await service.upload('ada', name, await parts());
    expect(answer.statusCode, answer.body).toBeLessThan(300);
    expect(atRow).toEqual((answer.json() as ModelVersionView).files.map(({ path }) => [path, true, true]));
  } finally {
    sync.mockRestore();
    row.mockRestore();
  }
});

const DAMAGE: [string, (path: string) => void][] = [
  ['cut off', (path) => truncateSync(path, 5)],
  ['overwritten', (path) => writeFileSync(path, Buffer.alloc(statSync(path).size, 'x'))],
  ['deleted', (path) => rmSync(path)],
];

// A network's checks are dear: once.
const CASES = ROUTES.flatMap(([what, name, parts]) =>
  DAMAGE.slice(0, name === 'ff-64' ? 1 : 3).map(([how, damage]) => [what, how, name, parts, damage] as const),
);

test.each(CASES)(
  '%s: a stored file that was %s is repaired by the same upload',
  async (_what, _how, name, parts, damage) => {
    const { files } = (await service.upload('ada', name, await parts())).json() as ModelVersionView;
    const paths = files.map(({ digest }) => service.store.blobs.path(digest));
    const before = paths.map((path) => readFileSync(path));
    for (const path of paths) damage(path);
    const again = await service.upload('ada', name, await parts());
    expect(again.statusCode, again.body).toBe(200);
    expect(paths.map((path) => readFileSync(path))).toEqual(before);
  },
);

test('a run that failed for a damaged file begins again when the file is uploaded again', async () => {
  const { id } = await queuedRun(service);
  await service.store.runs.claim(id, 'extracting', 'w', 30);
  await service.store.runs.fail(id, 'w', {
    kind: 'infrastructure',
    code: 'stored_file_damaged',
    detail: 'It is gone.',
  });
  const runOf = async () => (await service.app.inject(`/v1/runs/${id}`)).json();
  expect(await runOf()).toMatchObject({ status: 'failed', attempt: 1 });
  const waiting = async () => (await service.store.queues.counts()).extract.waiting;
  const before = await waiting();
  expect((await service.upload('ada', 'ff-64', onnxUpload())).statusCode).toBe(200);
  expect(await runOf()).toMatchObject({ status: 'queued', attempt: 2, failure: null });
  expect(await waiting()).toBe(before + 1);
});
