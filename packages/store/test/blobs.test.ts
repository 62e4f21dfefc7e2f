import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { createBlobs } from '../src/blobs/disk.js';

const root = mkdtempSync(join(tmpdir(), 'corescore-blobs-'));
afterAll(() => rmSync(root, { recursive: true }));
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(root, 'home-'));
});

const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const files = () =>
  readdirSync(home, { recursive: true, withFileTypes: true }).flatMap((e) => (e.isFile() ? [e.name] : []));
const BYTES = Buffer.alloc(300_000, 'corescore');

test('a stream is kept under its digest, once', async () => {
  const blobs = createBlobs(home);
  const stored = await blobs.putStream(Readable.from([BYTES.subarray(0, 100_000), BYTES.subarray(100_000)]), {
    maxBytes: BYTES.length,
  });
  expect(stored).toEqual({ digest: sha(BYTES), bytes: BYTES.length });
  expect(await blobs.putStream(Readable.from([BYTES]), { maxBytes: BYTES.length })).toEqual(stored);
  expect(files()).toEqual([stored.digest]);
  expect(await blobs.has(stored.digest)).toBe(true);
  expect(await buffer(await blobs.open(stored.digest))).toEqual(BYTES);
  expect(readFileSync(blobs.path(stored.digest))).toEqual(BYTES);
});

test('one byte over the limit is refused, and nothing is left', async () => {
  const blobs = createBlobs(home);
  const put = blobs.putStream(Readable.from([BYTES]), { maxBytes: BYTES.length - 1 });
  await expect(put).rejects.toMatchObject({ code: 'upload_too_large', status: 413, field: 'file' });
  expect(files()).toEqual([]);
});

test.each([
  ['breaks', (source: PassThrough) => source.destroy(new Error('socket hang up'))],
  ['closes early', (source: PassThrough) => source.destroy()],
])('a source that %s is an incomplete upload, and nothing is left', async (_how, end) => {
  const blobs = createBlobs(home);
  const source = new PassThrough();
  source.write(BYTES);
  const put = blobs.putStream(source, { maxBytes: 1e9 });
  setImmediate(() => end(source));
  await expect(put).rejects.toMatchObject({ code: 'upload_incomplete' });
  expect(files()).toEqual([]);
});

test('a disk that refuses is no fault of the upload', async () => {
  writeFileSync(join(home, 'blobs'), 'a file where the folder should be');
  const put = createBlobs(home).putStream(Readable.from([BYTES]), { maxBytes: 1e9 });
  await expect(put).rejects.toMatchObject({ code: expect.stringMatching(/^(ENOTDIR|EEXIST)$/) });
});

test('a staged file is taken over; where the blob is there already, the file goes', async () => {
  const blobs = createBlobs(home);
  const staged = join(home, 'staged');
  for (let k = 0; k < 2; k++) {
    writeFileSync(staged, BYTES);
    await blobs.adopt(staged, sha(BYTES));
    expect(files()).toEqual([sha(BYTES)]);
  }
});

test('what is not a digest or a file name never becomes a path', async () => {
  const blobs = createBlobs(home);
  expect(() => blobs.path('../../etc/passwd')).toThrow(TypeError);
  await expect(blobs.derivedPath('activations', sha(BYTES), '../x')).rejects.toThrow(TypeError);
  await expect(blobs.open(sha(BYTES))).rejects.toMatchObject({ code: 'not_found' });
});

test('derived files have a folder a key', async () => {
  const blobs = createBlobs(home);
  const key = sha(BYTES);
  const path = await blobs.derivedPath('activations', key, 'IT.npy');
  expect(path).toBe(join(home, 'activations', key.slice(0, 2), key, 'IT.npy'));
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, 'made');
});
