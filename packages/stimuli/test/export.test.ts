import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ManifestInput } from '@corescore/contracts';
import { readNpyHeader, readNpyRows } from '@corescore/formats';
import { afterAll, expect, test } from 'vitest';
import { zip } from '../../formats/test/support/zip-writer.js';
import { exportStimuli, loadStimulusSet, type Pixels, preprocess, type StimulusSet } from '../src/index.js';

const root = mkdtempSync(join(tmpdir(), 'corescore-export-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const [HEIGHT, WIDTH] = [6, 8];
const ids = ['a', 'Capital', 'with, comma and "quotes"', '../up', 'z9'].sort();
const bytes = HEIGHT * WIDTH * 3;
const pixels: Pixels = {
  n: ids.length,
  height: HEIGHT,
  width: WIDTH,
  data: Uint8Array.from({ length: ids.length * bytes }, (_, i) => (i * 37 + (i >> 3) * 11) % 256),
};
const subsets = ['control', 'challenge'] as const;
const set: StimulusSet = {
  identifier: 'tiny',
  digest: 'e'.repeat(64),
  visualDegrees: 8,
  stimuli: ids.map((id, i) => ({ id, file: 'x.png', object: `object ${i}`, subset: subsets[i % 2], metadata: {} })),
};

let count = 0;
const write = async (change: Partial<Parameters<typeof exportStimuli>[0]> = {}) => {
  const dir = join(root, `out-${count++}`);
  const seen: string[] = [];
  const onProgress = (stage: string, done: number, total: number) => seen.push(`${stage} ${done} of ${total}`);
  const { files } = await exportStimuli({ benchmark: 'tiny@0', set, pixels, dir, force: false, onProgress, ...change });
  return { dir: change.dir ?? dir, files, seen };
};

test('read again, table and images are the set: ids, objects, bands, every pixel', async () => {
  const { dir, files, seen } = await write();
  const names = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(names).toHaveLength(files);
  expect(seen.at(-1)).toBe(`images ${ids.length} of ${ids.length}`);
  const images = readdirSync(join(dir, 'images')).map((name) => `images/${name}`);
  writeFileSync(join(root, 'again.zip'), zip(images.map((name) => [name, readFileSync(join(dir, name))] as const)));
  const again = await loadStimulusSet({
    identifier: 'tiny',
    csvPath: join(dir, 'stimuli.csv'),
    zipPath: join(root, 'again.zip'),
    visualDegrees: 8,
  });
  expect(again.pixels).toEqual(pixels);
  expect(again.set.stimuli.map((s) => [s.id, s.object, s.subset])).toEqual(
    set.stimuli.map((s) => [s.id, s.object, s.subset]),
  );
  expect(readFileSync(join(dir, 'ids.txt'), 'utf8')).toBe(`${ids.join('\n')}\n`);
  expect(JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'))).toEqual({
    benchmark: 'tiny@0',
    stimulusSet: { identifier: 'tiny', digest: set.digest },
    images: ids.length,
    width: WIDTH,
    height: HEIGHT,
    visualDegrees: 8,
  });
  expect(readFileSync(join(dir, 'README.txt'), 'utf8')).toContain(`"set": "${set.digest}"`);
});

test.each(['NCHW', 'NHWC'] as const)('what a network is fed, %s, is what preprocessing gives', async (layout) => {
  const input: ManifestInput = {
    ...{ name: 'x', layout, size: [5, 4], channels: 3, channelOrder: 'bgr', range: [0, 255] },
    ...{ mean: [1, 2, 3], std: [4, 5, 6], visualDegrees: 10, resize: 'bicubic' },
  };
  const { dir } = await write({ input });
  const path = join(dir, 'input.npy');
  const header = await readNpyHeader(path);
  expect(header).toMatchObject({ dtype: '<f4', shape: [ids.length, ...(layout === 'NCHW' ? [3, 5, 4] : [5, 4, 3])] });
  const expected = new Float32Array(ids.length * 60);
  for (let i = 0; i < ids.length; i++) {
    const image = pixels.data.subarray(i * bytes, (i + 1) * bytes);
    preprocess(image, HEIGHT, WIDTH, 8, input, expected, i * 60);
  }
  expect(await readNpyRows(path, header, 0, ids.length)).toEqual(expected);
});

test('a folder that holds files is left alone, unless it is said; a file is no folder', async () => {
  const { dir } = await write();
  writeFileSync(join(dir, 'mine.txt'), 'mine');
  await expect(write({ dir })).rejects.toMatchObject({ code: 'configuration', field: '--to' });
  await write({ dir, force: true });
  expect(readFileSync(join(dir, 'mine.txt'), 'utf8')).toBe('mine');
  await expect(write({ dir: join(dir, 'mine.txt') })).rejects.toMatchObject({ code: 'configuration', field: '--to' });
});
