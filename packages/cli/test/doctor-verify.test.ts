import { createHash } from 'node:crypto';
import { existsSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditReport, openStore, startEmbeddedPostgres } from '@corescore/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditText } from '../src/format/audit.js';
import { styles } from '../src/io.js';
import { main } from '../src/program.js';
import { recordedIo } from './support.js';

const BYTES = Buffer.alloc(2000, 'model');
const DIGEST = createHash('sha256').update(BYTES).digest('hex');
let home: string;
let service: Awaited<ReturnType<typeof startEmbeddedPostgres>>;
let blob: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'corescore-verify-'));
  service = await startEmbeddedPostgres({ home });
  const store = await openStore({ databaseUrl: service.databaseUrl, home });
  await store.migrate();
  const staged = join(home, 'staged');
  writeFileSync(staged, BYTES);
  await store.blobs.adopt(staged, DIGEST);
  blob = store.blobs.path(DIGEST);
  await store.models.createVersion({
    ...{ owner: 'ada', name: 'net', digest: 'a'.repeat(64), manifest: { kind: 'onnx' }, temporal: false },
    files: [{ path: 'model.onnx', digest: DIGEST, bytes: BYTES.length }],
    ...{ parameters: null, semanticDigest: null },
  });
  await store.close();
});
afterAll(async () => {
  await service.stop();
  await rm(home, { recursive: true, force: true });
});

const verify = async (...flags: string[]) => {
  const io = recordedIo({ env: { CORESCORE_HOME: home } });
  return { code: await main(['doctor', '--verify', ...flags], io), out: io.out, err: io.err };
};

test('doctor --verify beside a service, and where only its home is there: exit codes 0 and 4, and what to do', async () => {
  const fine = await verify();
  expect(fine, fine.err).toMatchObject({ code: 0, out: '' });
  expect(fine.err).toMatch(/Verifying ━+ 100 %[\s\S]*uploaded +1 +2\.0 KiB +0 +0 +0[\s\S]*there and whole/);

  truncateSync(blob, 100);
  await service.stop();
  const { code, out } = await verify('--format', 'json');
  expect(code).toBe(4);
  expect(JSON.parse(out) as AuditReport).toMatchObject({
    home,
    ok: false,
    findings: [{ state: 'damaged', bytes: 100, usedBy: ['ada/net, model.onnx'] }],
  });
  expect(existsSync(join(home, 'postgres', 'postmaster.pid')), 'its database is stopped again').toBe(false);
  expect(existsSync(join(home, 'postgres.owner'))).toBe(false);

  const told = await verify();
  expect(told.code).toBe(4);
  expect(told.err).toMatch(
    /Uploaded files that are damaged\n +blobs\/.*\n.*100 bytes.*2000.*\n.*ada\/net.*\n.*Upload ada\/net/,
  );
});

test('a home without a database, and one that is not there, are named: exit code 10, and nothing is made', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'corescore-verify-empty-'));
  for (const [folder, says] of [
    [empty, /There is no database in/],
    [join(empty, 'nowhere'), /There is no folder/],
  ] as const) {
    const io = recordedIo({ env: { CORESCORE_HOME: folder } });
    expect(await main(['doctor', '--verify'], io)).toBe(10);
    expect(io.err).toMatch(says);
  }
  expect(readdirSync(empty)).toEqual([]);
  await rm(empty, { recursive: true });
});

test('a long list ends, and says how many more there are', () => {
  const none = { files: 0, bytes: 0, missing: 0, damaged: 0, orphaned: 0, orphanedBytes: 0 };
  const findings = Array.from({ length: 25 }, (_, i) => ({
    ...{ kind: 'derived' as const, state: 'orphaned' as const, path: `activations/${i}`, bytes: 1024 },
    ...{ expectedBytes: null, detail: 'No extraction needs it.', usedBy: [], remedy: 'It may be deleted.' },
  }));
  const report = { ok: true, blobs: none, derived: { ...none, orphaned: 25 }, findings, findingsLeftOut: 3 };
  const text = auditText(report, '/home', styles({ color: false }));
  expect(text.match(/what to do/g)).toHaveLength(20);
  expect(text).toMatch(/and 5 more[\s\S]*3 further findings/);
});
