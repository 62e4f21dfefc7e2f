import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { makeFolder, publishFile, writeAtomically } from '../src/files.js';

const root = mkdtempSync(join(tmpdir(), 'corescore-files-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'one-'));
});

/** Runs `work` and lists what was flushed: a folder by its path, a file by its bytes and whether `path` was there. */
async function flushesOf(path: string, work: () => Promise<unknown>): Promise<string[]> {
  const probe = await open(root, 'r');
  const prototype = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  const seen: string[] = [];
  const real = prototype.sync;
  const spy = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
    const { ino } = await this.stat();
    const above = [path, dirname(path), dirname(dirname(path)), dirname(dirname(dirname(path)))];
    const known = above.find((one) => existsSync(one) && statSync(one).ino === ino);
    seen.push(known === undefined || known === path ? `bytes, ${existsSync(path) ? 'there' : 'not there'}` : known);
    return real.call(this);
  });
  try {
    await work();
  } finally {
    spy.mockRestore();
  }
  return seen;
}

test('a file is published after its bytes are on disk, and its folder is flushed after the rename', async () => {
  const path = join(folder, 'kept');
  writeFileSync(join(folder, 'partial'), 'bytes');
  const seen = await flushesOf(path, () => publishFile(join(folder, 'partial'), path));
  expect(seen).toEqual(['bytes, not there', folder]);
  expect(readdirSync(folder)).toEqual(['kept']);
});

test('an atomic write is flushed like that, too, and replaces what was there whole', async () => {
  const path = join(folder, 'token');
  expect(await flushesOf(path, () => writeAtomically(path, 'one\n', 0o600))).toEqual(['bytes, not there', folder]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await writeAtomically(path, async (handle) => {
    await handle.writeFile('two ');
    expect(readFileSync(path, 'utf8'), 'a reader sees the old file').toBe('one\n');
    await handle.writeFile('parts');
  });
  expect(readFileSync(path, 'utf8')).toBe('two parts');
});

test('a write that fails leaves the old file, and nothing beside it', async () => {
  const path = join(folder, 'kept');
  await writeAtomically(path, 'old');
  const broken = writeAtomically(path, async (handle) => {
    await handle.writeFile('half');
    throw new Error('no more');
  });
  await expect(broken).rejects.toThrow('no more');
  expect([readdirSync(folder), readFileSync(path, 'utf8')]).toEqual([['kept'], 'old']);
});

test('folders that are made are flushed into those above them, up to the first that was there', async () => {
  const deep = join(folder, 'a', 'b');
  expect(await flushesOf(join(deep, 'file'), () => makeFolder(deep))).toEqual([join(folder, 'a'), folder]);
  expect(await flushesOf(join(deep, 'file'), () => makeFolder(deep)), 'there already').toEqual([]);
});
