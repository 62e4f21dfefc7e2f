import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeTemporary, sweepTemporary } from '../src/temporary.js';

const before = process.env['TMPDIR'];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corescore-temporary-'));
  process.env['TMPDIR'] = folder;
});
afterEach(async () => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  await rm(folder, { recursive: true, force: true });
});

/** A process that has made temporary folders, and lives. */
async function owner() {
  const code = `
    const { makeTemporary } = await import(${JSON.stringify(new URL('../dist/temporary.js', import.meta.url).href)});
    for (const kind of ['model', 'probe', 'twin']) await makeTemporary(kind);
    console.log('made');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

test('folders of a process that was killed are swept, with what is in them; those in use stay', async () => {
  const own = await makeTemporary('model');
  const child = await owner();
  const theirs = (await readdir(folder)).filter((name) => name !== basename(own));
  expect(theirs).toHaveLength(3);
  await mkdir(join(folder, theirs[0]!, 'activations'));
  await writeFile(join(folder, theirs[0]!, 'activations', 'IT.npy'), 'x');
  expect(await sweepTemporary()).toEqual([]);
  expect(await readdir(folder)).toHaveLength(4);

  child.kill('SIGKILL');
  await once(child, 'exit');
  expect((await sweepTemporary()).sort()).toEqual(theirs.sort());
  expect(await readdir(folder)).toEqual([basename(own)]);
});

test('an id that came round again is another process; a name of another host, or of nobody, is left alone', async () => {
  const [, kind, where, pid, started] = /^(corescore-model)-(.{8})-(\d+)-(\d+)-/.exec(
    basename(await makeTemporary('model')),
  )!;
  expect(pid).toBe(String(process.pid));
  const again = `${kind}-${where}-${pid}-${Number(started) - 1}-abcdef`;
  const left = [
    `${kind}-${'0'.repeat(8)}-${pid}-1-abcdef`,
    `${kind}-abcdef`,
    `corescore-e2e-${where}-${pid}-1-abcdef`,
    `other-${where}-${pid}-1-abcdef`,
  ];
  for (const name of [again, ...left]) await mkdir(join(folder, name));
  await writeFile(join(folder, `${kind}-${where}-${pid}-1-aafile`), 'no folder');
  expect(await sweepTemporary()).toEqual([again]);
  expect(await readdir(folder)).toEqual(expect.arrayContaining(left));
});
