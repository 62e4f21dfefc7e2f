import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCsv, readNpyHeader } from '@corescore/formats';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { loadAtlas } from '../src/generate/atlas.js';
import { createRenderer } from '../src/generate/render.js';
import { checkPixels, type GeneratorOptions } from '../src/generate/sets.js';
import { writeSet } from '../src/generate/write-set.js';

const scratch = mkdtempSync(join(tmpdir(), 'core-objects-test-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let to = '';
let folders = 0;
beforeEach(() => {
  to = join(scratch, String(folders++));
});
const asked: GeneratorOptions = { set: 'benchmark', count: 24 };
const render = createRenderer(await loadAtlas(), 1, 64);

test('a written set holds the pixels and, row by row, what each image was made with', async () => {
  const progress: string[] = [];
  const { imagesPath, tablePath, cached, description } = await writeSet({
    ...asked,
    to,
    onProgress: (done, count) => progress.push(`${done}/${count}`),
  });
  expect(cached).toBe(false);
  expect(progress).toHaveLength(24);
  expect(progress.at(-1)).toBe('24/24');
  expect(description).toMatchObject({
    generator: 'core-objects',
    version: 1,
    set: 'benchmark',
    seed: 1,
    size: 64,
    count: 24,
  });
  const bytes = readFileSync(imagesPath);
  expect(await readNpyHeader(imagesPath)).toMatchObject({ shape: [24, 64, 64] });
  const rows = await readCsv(tablePath);
  expect(rows).toHaveLength(24);
  rows.forEach((row, i) => {
    const image = render('benchmark', i);
    const from = bytes.length - (24 - i) * 64 * 64;
    expect(Buffer.compare(bytes.subarray(from, from + 64 * 64), image.pixels)).toBe(0);
    expect(row).toMatchObject({
      stimulus_id: image.id,
      object_name: image.object,
      object_index: String(i % 10),
      band: image.band,
      exemplar: image.design,
    });
    const { parameters: p } = image;
    expect([row['load'], row['e_blur'], row['occlusion'], row['redraws']].map(Number)).toEqual([
      p.load,
      p.eBlur,
      p.occlusion,
      p.redraws,
    ]);
    // Every parameter has a column.
    const names = Object.keys(p).map((name) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`));
    expect(names.filter((name) => row[name] === undefined)).toEqual([]);
  });
});

test('a set that is there is not made again; one that is damaged is', async () => {
  const first = await writeSet({ ...asked, to });
  const again = await writeSet({ ...asked, to });
  expect(again).toEqual({ ...first, cached: true });
  const bytes = readFileSync(first.imagesPath);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(first.imagesPath, bytes);
  const mended = await writeSet({ ...asked, to });
  expect(mended).toEqual(first);
  expect(readdirSync(to)).toHaveLength(1);
});

test('other options have folders of their own', async () => {
  const names = new Set<string>();
  for (const other of [{}, { seed: 2 }, { size: 32 }, { count: 3 }, { set: 'train' as const }]) {
    names.add((await writeSet({ ...asked, count: 2, ...other, to })).folder);
  }
  expect(names.size).toBe(5);
});

test('two writers of one set at once end with one whole folder', async () => {
  const [one, other] = await Promise.all([writeSet({ ...asked, to }), writeSet({ ...asked, to })]);
  expect(one.description).toEqual(other.description);
  expect(readdirSync(to)).toHaveLength(1);
  expect((await writeSet({ ...asked, to })).cached).toBe(true);
});

test('a stopped writer leaves nothing behind', async () => {
  const stop = new AbortController();
  const onProgress = (done: number) => {
    if (done === 20) stop.abort();
  };
  await expect(writeSet({ ...asked, count: 60, to, signal: stop.signal, onProgress })).rejects.toThrow(/abort/i);
  expect(readdirSync(to)).toEqual([]);
});

test('a folder that goes while it is written to is named', async () => {
  const onProgress = (done: number) => {
    if (done === 24) rmSync(to, { recursive: true });
  };
  const refused = expect.objectContaining({ code: 'generator_option', field: 'to' });
  await expect(writeSet({ ...asked, to, onProgress })).rejects.toEqual(refused);
});

test('a folder that cannot be made is named', async () => {
  const file = join(scratch, 'a-file');
  writeFileSync(file, '');
  const refused = expect.objectContaining({ code: 'generator_option', field: 'to' });
  await expect(writeSet({ ...asked, to: file })).rejects.toEqual(refused);
});

test('a whole set whose pixels are not those of the version is refused; a part of it has nothing to be compared with', () => {
  const whole = { set: 'commitment', seed: 1, size: 64, count: 400 } as const;
  expect(() => checkPixels(whole, '00')).toThrow(expect.objectContaining({ code: 'source_mismatch', field: 'pixels' }));
  for (const other of [{ seed: 2 }, { size: 32 }, { count: 399 }]) {
    expect(() => checkPixels({ ...whole, ...other }, '00')).not.toThrow();
  }
});
