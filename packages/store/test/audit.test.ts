import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { sealFile } from '@corescore/contracts/sealed';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AuditReport } from '../src/types.js';
import { LEASE_SECONDS, modelVersion, openTestStore, type TestStore } from './support/store.js';

let t: TestStore;
beforeEach(async () => {
  t = await openTestStore();
});
afterEach(() => t.close());

const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A version of `ada/<name>` with one file; its blob's path. */
async function version(name: string, file = 'model.onnx', owner = 'ada'): Promise<string> {
  const bytes = Buffer.alloc(5000, name);
  const staged = join(t.home, 'staged');
  writeFileSync(staged, bytes);
  await t.store.blobs.adopt(staged, sha(bytes));
  const files = [{ path: file, digest: sha(bytes), bytes: bytes.length }];
  await t.store.models.createVersion(modelVersion({ owner, name, digest: sha(Buffer.from(name)), files }));
  return t.store.blobs.path(sha(bytes));
}

/** Activations of a finished extraction, sealed; their path. */
async function extraction(of: string): Promise<string> {
  const key = sha(Buffer.from(of));
  const path = await t.store.blobs.derivedPath(key, 'IT.npy');
  writeFileSync(path, Buffer.alloc(700, of));
  await sealFile(path);
  await t.store.extractions.claim(key, 'w', LEASE_SECONDS);
  const IT = { path, steps: 1, stimuli: 1, features: 1, temporal: false };
  await t.store.extractions.done(key, 'w', { engine: 'e', provider: 'cpu', regions: { IT }, stats: {} });
  return path;
}

/** As if it had been there for long. Only the time of the bytes can be set; the audit looks at both. */
const inTwoHours = async (): Promise<AuditReport> => {
  const { now } = Date;
  Date.now = () => now() + 2 * 60 * 60_000;
  try {
    return await t.store.audit();
  } finally {
    Date.now = now;
  }
};
const found = ({ findings }: AuditReport) => findings.map(({ kind, state, path }) => [kind, state, basename(path)]);

test('a home in order has nothing to report, and every file was looked at', async () => {
  await version('one');
  const twin = join(dirname(await extraction('one')), 'untrained-twin', 'IT.npy');
  mkdirSync(dirname(twin));
  writeFileSync(twin, 'twin');
  await sealFile(twin);
  const progress: [number, number][] = [];
  const report = await t.store.audit({ onProgress: (...now) => progress.push(now) });
  expect(report).toMatchObject({ ok: true, findings: [], findingsLeftOut: 0 });
  expect(report.blobs).toEqual({ files: 1, bytes: 5000, missing: 0, damaged: 0, orphaned: 0, orphanedBytes: 0 });
  expect(report.derived).toMatchObject({ files: 4, missing: 0, damaged: 0, orphaned: 0 });
  const [done, total] = progress.at(-1)!;
  expect(done).toBe(total);
  const read = progress.map(([bytes]) => bytes);
  expect(read, 'it never goes back').toEqual([...read].sort((a, b) => a - b));
  expect(total).toBe(report.blobs.bytes + report.derived.bytes);
});

test('missing, cut off and overwritten blobs are each told with who needs them and what to do', async () => {
  const [gone, cut, other, seed] = [
    await version('gone'),
    await version('cut', 'weights.bin'),
    await version('other'),
    await version('bundled', 'model.onnx', 'corescore'),
  ];
  await version('fine');
  unlinkSync(gone);
  truncateSync(cut, 12);
  writeFileSync(other, Buffer.alloc(5000, 'x'));
  unlinkSync(seed);
  const report = await t.store.audit();
  expect(report).toMatchObject({ ok: false, blobs: { files: 5, missing: 2, damaged: 2, orphaned: 0 } });
  const of = (path: string) => report.findings.find((one) => one.path.endsWith(basename(path)));
  expect(of(gone)).toEqual({
    kind: 'blob',
    state: 'missing',
    path: join('blobs', basename(gone).slice(0, 2), basename(gone)),
    bytes: null,
    expectedBytes: 5000,
    detail: 'It is gone.',
    usedBy: ['ada/gone, model.onnx'],
    remedy: expect.stringMatching(/^Upload ada\/gone again with the same files/),
  });
  expect(of(cut)).toMatchObject({ state: 'damaged', bytes: 12, detail: 'It has 12 bytes, and 5000 were uploaded.' });
  expect(of(other)).toMatchObject({ state: 'damaged', bytes: 5000, detail: 'It has other bytes than were uploaded.' });
  expect(of(seed)!.remedy).toMatch(/^Start the service again/);
});

test('derived data that are gone, damaged or orphaned never fail it', async () => {
  const [gone, damaged] = [await extraction('gone'), await extraction('damaged')];
  rmSync(dirname(gone), { recursive: true });
  writeFileSync(damaged, Buffer.alloc(700, 'x'));
  const stray = await t.store.blobs.derivedPath(sha(Buffer.from('stray')), 'IT.npy');
  writeFileSync(stray, Buffer.alloc(300));
  writeFileSync(`${damaged}.0badf00d.partial`, 'half');
  mkdirSync(join(t.home, 'stimuli'));
  writeFileSync(join(t.home, 'stimuli', `${'e'.repeat(64)}.npy`), 'images of the set that is registered');
  writeFileSync(join(t.home, 'stimuli', `${'0'.repeat(64)}.npy`), 'images of none');
  const report = await inTwoHours();
  expect(report).toMatchObject({ ok: true, derived: { missing: 1, damaged: 1, orphaned: 3 } });
  expect(found(report)).toEqual(
    expect.arrayContaining([
      ['derived', 'missing', 'IT.npy'],
      ['derived', 'damaged', 'IT.npy'],
      ['derived', 'orphaned', basename(dirname(stray))],
      ['derived', 'orphaned', 'IT.npy.0badf00d.partial'],
      ['derived', 'orphaned', `${'0'.repeat(64)}.npy`],
    ]),
  );
  expect(report.derived.orphanedBytes).toBe(300 + 4 + 14);
});

test('a file that no version needs is an orphan, unless it has just come: its row may follow', async () => {
  const bytes = Buffer.from('nobody needs it');
  const staged = join(t.home, 'staged');
  writeFileSync(staged, bytes);
  // An upload in pieces may be a day old when it becomes a blob.
  utimesSync(staged, new Date(0), new Date(0));
  await t.store.blobs.adopt(staged, sha(bytes));
  writeFileSync(join(t.home, 'blobs', 'stray'), 'x');
  expect(await t.store.audit()).toMatchObject({ ok: true, findings: [] });
  const report = await inTwoHours();
  expect(found(report).sort()).toEqual(
    [
      ['blob', 'orphaned', sha(bytes)],
      ['blob', 'orphaned', 'stray'],
    ].sort(),
  );
  expect(report).toMatchObject({ ok: true, blobs: { orphaned: 2, orphanedBytes: bytes.length + 1 } });
});

test('an extraction that runs is left alone', async () => {
  const key = sha(Buffer.from('running'));
  await t.store.extractions.claim(key, 'w', LEASE_SECONDS);
  writeFileSync(await t.store.blobs.derivedPath(key, 'IT.npy'), 'being written');
  expect((await inTwoHours()).findings).toEqual([]);
});

test('it ends with the reason of its signal', async () => {
  await version('one');
  const reason = new Error('asked to stop');
  await expect(t.store.audit({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test('a database without tables is named', async () => {
  const other = await t.second({ schema: 'elsewhere' });
  await expect(other.audit()).rejects.toMatchObject({ code: 'configuration', field: 'DATABASE_URL' });
});
