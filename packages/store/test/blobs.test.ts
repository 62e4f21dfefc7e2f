import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
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
const DIGEST = sha(BYTES);
const MODEL = { path: 'model.onnx', digest: DIGEST, bytes: BYTES.length };

/** Keeps `bytes` as the blob of `digest`, as an upload does that was hashed on its way in. */
async function upload(bytes = BYTES, digest = DIGEST): Promise<ReturnType<typeof createBlobs>> {
  const blobs = createBlobs(home);
  const staged = join(home, 'staged');
  writeFileSync(staged, bytes);
  await blobs.adopt(staged, digest);
  return blobs;
}

test('a staged file is taken over, once', async () => {
  for (let k = 0; k < 2; k++) {
    const blobs = await upload();
    expect(files()).toEqual([DIGEST]);
    expect(readFileSync(blobs.path(DIGEST))).toEqual(BYTES);
  }
});

test('the bytes of a blob are on disk before it has its name, and the name is before the upload goes on', async () => {
  const blobs = createBlobs(home);
  const blob = blobs.path(DIGEST);
  const probe = await open(root, 'r');
  const prototype = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  const flushed: string[] = [];
  const real = prototype.sync;
  const spy = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
    const { ino, size } = await this.stat();
    const isFolder = existsSync(dirname(blob)) && statSync(dirname(blob)).ino === ino;
    if (size === BYTES.length) flushed.push(existsSync(blob) ? 'bytes, too late' : 'bytes');
    else if (isFolder && existsSync(blob)) flushed.push('name');
    return real.call(this);
  });
  try {
    await upload();
  } finally {
    spy.mockRestore();
  }
  expect(flushed).toEqual(['bytes', 'name']);
});

const DAMAGE: [string, (path: string) => void, RegExp][] = [
  ['cut off', (path) => truncateSync(path, 1000), /has 1000 bytes, and 300000 were uploaded/],
  ['empty', (path) => truncateSync(path, 0), /has 0 bytes/],
  [
    'overwritten by as many bytes',
    (path) => writeFileSync(path, Buffer.alloc(BYTES.length, 'x')),
    /has other bytes than were uploaded/,
  ],
  ['gone', (path) => rmSync(path), /is gone/],
];

test.each(DAMAGE)(
  'a blob that is %s is never taken for the file; the same upload repairs it',
  async (_how, damage, says) => {
    const blobs = await upload();
    damage(blobs.path(DIGEST));
    const refused = await blobs.checkOut([MODEL], { of: 'ada/net' }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'stored_file_damaged',
      field: 'model.onnx',
      message: expect.stringMatching(says),
      remedy: expect.stringMatching(/Nothing is wrong with the model. Upload ada\/net again/),
    });
    expect((refused as Error).message).toContain(DIGEST);
    expect(readdirSync(join(home, 'checkouts')), 'no copy of it is left').toEqual([]);
    await upload();
    const { files, release } = await blobs.checkOut([MODEL], { of: 'ada/net' });
    expect(readFileSync(files['model.onnx']!)).toEqual(BYTES);
    await release();
  },
);

test('a run keeps the bytes that were verified, whatever happens to the blob while it runs', async () => {
  const blobs = await upload();
  const weights = Buffer.alloc(100, 'w');
  await upload(weights, sha(weights));
  const { files, release } = await blobs.checkOut(
    [MODEL, { path: 'weights.bin', digest: sha(weights), bytes: weights.length }],
    { of: 'ada/net' },
  );
  writeFileSync(blobs.path(DIGEST), Buffer.alloc(BYTES.length, 'x'));
  rmSync(blobs.path(sha(weights)));
  expect(readFileSync(files['model.onnx']!)).toEqual(BYTES);
  expect(readFileSync(files['weights.bin']!)).toEqual(weights);
  await release();
  expect(readdirSync(join(home, 'checkouts'))).toEqual([]);
});

test('checking out ends with the reason of its signal, and leaves nothing', async () => {
  const blobs = await upload();
  const reason = new Error('cancelled');
  await expect(blobs.checkOut([MODEL], { of: 'ada/net', signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(readdirSync(join(home, 'checkouts'))).toEqual([]);
});

test('a disk that refuses the copy says nothing about the stored file', async () => {
  const blobs = await upload();
  writeFileSync(join(home, 'checkouts'), 'a file where the folder should be');
  await expect(blobs.checkOut([MODEL], { of: 'ada/net' })).rejects.toMatchObject({
    code: expect.stringMatching(/^(ENOTDIR|EEXIST)$/),
  });
});

test('what a killed worker had checked out is swept by age', async () => {
  const blobs = await upload();
  await blobs.checkOut([MODEL], { of: 'ada/net' });
  const [old] = readdirSync(join(home, 'checkouts'));
  utimesSync(join(home, 'checkouts', old!), new Date(0), new Date(0));
  const { files } = await blobs.checkOut([MODEL], { of: 'ada/net' });
  await blobs.sweepCheckouts(60_000);
  expect(readdirSync(join(home, 'checkouts'))).toHaveLength(1);
  expect(existsSync(files['model.onnx']!)).toBe(true);
});

test('what is not a digest or a file name never becomes a path', async () => {
  const blobs = createBlobs(home);
  expect(() => blobs.path('../../etc/passwd')).toThrow(TypeError);
  await expect(blobs.derivedPath(DIGEST, '../x')).rejects.toThrow(TypeError);
  await expect(blobs.checkOut([{ ...MODEL, path: '../x' }], { of: 'ada/net' })).rejects.toThrow(TypeError);
});

test('derived files have a folder a key', async () => {
  const blobs = createBlobs(home);
  const path = await blobs.derivedPath(DIGEST, 'twin', 'IT.npy');
  expect(path).toBe(join(home, 'activations', DIGEST.slice(0, 2), DIGEST, 'twin', 'IT.npy'));
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, 'made');
});
