import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { digestOfFile, removeSealed, sealedState, sealFile, sealOf } from '../src/sealed.js';

const root = mkdtempSync(join(tmpdir(), 'corescore-sealed-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let path: string;
const BYTES = Buffer.alloc(3_000_000, 'activations');
beforeEach(async () => {
  path = join(mkdtempSync(join(root, 'one-')), 'IT.npy');
  writeFileSync(path, BYTES);
  await sealFile(path);
});

test('a sealed file is whole; its seal is what sha256sum reads', async () => {
  expect(await sealedState(path)).toBe('whole');
  expect(await digestOfFile(path)).toBe(createHash('sha256').update(BYTES).digest('hex'));
  expect(
    execFileSync('sh', ['-c', 'command -v sha256sum >/dev/null || exit 0; sha256sum -c IT.npy.sha256'], {
      cwd: join(path, '..'),
      encoding: 'utf8',
    }),
  ).toMatch(/^(IT\.npy: OK\n)?$/);
});

test.each<[string, () => void, string]>([
  ['cut', () => truncateSync(path, 10), 'damaged'],
  ['empty', () => truncateSync(path, 0), 'damaged'],
  [
    'overwritten in one byte',
    () => writeFileSync(path, Buffer.concat([Buffer.from('A'), BYTES.subarray(1)])),
    'damaged',
  ],
  ['deleted', () => rmSync(path), 'gone'],
  ['deleted with its folder', () => rmSync(join(path, '..'), { recursive: true }), 'gone'],
  ['without its seal', () => rmSync(sealOf(path)), 'unsealed'],
  ['under a broken seal', () => writeFileSync(sealOf(path), ''), 'damaged'],
  [
    'a folder',
    () => {
      rmSync(path);
      mkdirSync(path);
    },
    'damaged',
  ],
])('a file that is %s', async (_how, damage, state) => {
  damage();
  expect(await sealedState(path)).toBe(state);
});

test('a file is removed with its seal', async () => {
  await removeSealed(path);
  await removeSealed(path);
  expect(readdirSync(join(path, '..'))).toEqual([]);
});
