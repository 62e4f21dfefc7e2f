import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { writeNpyFloat32 } from '@corescore/formats';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { zip } from '../../formats/test/support/zip-writer.js';
import { coreObjectsSpikePaths, loadStimulusSet, readPixels, writePixels } from '../src/index.js';

const dir = mkdtempSync(join(tmpdir(), 'corescore-stimuli-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const put = (name: string, bytes: Uint8Array | string) => {
  writeFileSync(join(dir, name), bytes);
  return join(dir, name);
};
const png = (channels: 1 | 3 | 4, values: number[], width = 2) =>
  sharp(Buffer.from(values), { raw: { width, height: values.length / channels / width, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();
const load = (csv: string, files: [string, Uint8Array][]) =>
  loadStimulusSet({
    identifier: 'tiny',
    csvPath: put('stimuli.csv', csv),
    zipPath: put('stimuli.zip', zip(files)),
    visualDegrees: 8,
  });
const refused = async (act: () => Promise<unknown>): Promise<CorescoreError> => {
  const error = await act().then(
    () => new Error('it was accepted'),
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(CorescoreError);
  return error as CorescoreError;
};
const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex');

const grayPixels = [10, 20, 30, 40];
const colourPixels = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const csv = 'stimulus_id,filename,object_name,band\nb,b.png,dog,challenge\na,a.png,cat,control\n';
const images = async (): Promise<[string, Uint8Array][]> => [
  ['b.png', await png(3, colourPixels)],
  ['a.png', await png(1, grayPixels)],
];

describe('a small set', () => {
  test('is sorted by id, decoded to RGB, and digested over ids and pixels', async () => {
    const { set, pixels } = await load(csv, await images());
    const gray = grayPixels.flatMap((v) => [v, v, v]);
    expect(pixels).toMatchObject({ n: 2, height: 2, width: 2 });
    expect([...pixels.data]).toEqual([...gray, ...colourPixels]);
    expect(set.stimuli.map(({ id, file, object, subset }) => ({ id, file, object, subset }))).toEqual([
      { id: 'a', file: 'a.png', object: 'cat', subset: 'control' },
      { id: 'b', file: 'b.png', object: 'dog', subset: 'challenge' },
    ]);
    expect(set.stimuli[0].metadata).toEqual({
      stimulus_id: 'a',
      filename: 'a.png',
      object_name: 'cat',
      band: 'control',
    });
    const lines = [`a ${sha256(Uint8Array.from(gray))}`, `b ${sha256(Uint8Array.from(colourPixels))}`];
    expect(set.digest).toBe(sha256(`${lines.join('\n')}\n`));
  });

  test('the digest knows neither the order of rows nor the encoding of files, but ids and pixels', async () => {
    const { set } = await load(csv, await images());
    const turned = 'stimulus_id,filename,object_name\na,a.png,x\nb,b.png,y\n';
    const [b, a] = await images();
    const asGif: [string, Uint8Array] = ['a.png', await sharp(a[1]).webp({ lossless: true }).toBuffer()];
    expect((await load(turned, [asGif, b])).set.digest).toBe(set.digest);
    expect((await load(csv.replace('a,a.png', 'c,a.png'), [a, b])).set.digest).not.toBe(set.digest);
    const other: [string, Uint8Array] = ['a.png', await png(1, [10, 20, 30, 41])];
    expect((await load(csv, [other, b])).set.digest).not.toBe(set.digest);
  });

  test('older column names, no bands, files in a folder of the archive', async () => {
    const old = 'image_id,image_file_name,image_label\n1,a.png,dog\n';
    const { set } = await load(old, [['images/a.png', await png(1, grayPixels)]]);
    expect(set.stimuli[0]).toMatchObject({ id: '1', file: 'a.png', object: 'dog', subset: 'all' });
  });

  test('transparency is dropped, 16 bits become 8', async () => {
    const transparent = await png(4, [9, 8, 7, 0, 6, 5, 4, 128], 1);
    const deep = await sharp(Uint16Array.from([0x1234, 0xffff]), { raw: { width: 1, height: 2, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    const { pixels } = await load('stimulus_id,filename,object_name\na,a.png,x\nb,b.png,x\n', [
      ['a.png', transparent],
      ['b.png', deep],
    ]);
    expect([...pixels.data]).toEqual([9, 8, 7, 6, 5, 4, 0x12, 0x12, 0x12, 255, 255, 255]);
  });
});

describe('what is refused', () => {
  test('a file that leaves the archive', async () => {
    for (const name of ['../a.png', '/etc/a.png', 'x\\..\\a.png']) {
      const error = await refused(async () => load(csv, [...(await images()), [name, Buffer.from('x')]]));
      expect(error).toMatchObject({ code: 'file_format', field: 'stimuli.zip' });
      expect(error.remedy).toBeTruthy();
    }
  });

  test('an image that is not there', async () => {
    const error = await refused(async () => load(csv, (await images()).slice(1)));
    expect(error).toMatchObject({ code: 'file_missing', field: 'b.png' });
  });

  test('images of two sizes', async () => {
    const [b] = await images();
    const error = await refused(async () => load(csv, [b, ['a.png', await png(1, [1, 2, 3, 4, 5, 6], 3)]]));
    expect(error).toMatchObject({ code: 'file_format', field: 'b.png' });
    expect(error.message).toContain('2 x 2 pixels, a.png has 3 x 2');
  });

  test('a file that is no image, an archive that is none or has a file twice', async () => {
    const [b] = await images();
    const noImage = await refused(async () => load(csv, [b, ['a.png', Buffer.from('no image')]]));
    expect(noImage).toMatchObject({ code: 'file_format', field: 'a.png' });
    const paths = { csvPath: put('s.csv', csv), zipPath: put('no.zip', 'no archive') };
    const noZip = await refused(() => loadStimulusSet({ identifier: 'x', ...paths, visualDegrees: 8 }));
    expect(noZip).toMatchObject({ code: 'file_format', field: 'no.zip' });
    expect((await refused(async () => load(csv, [b, b]))).message).toContain('two files b.png');
  });

  test.each([
    ['an id twice', `${csv}b,b.png,dog,control\n`, 'stimulus_repeated', 'stimulus_id'],
    ['no id column', csv.replace('stimulus_id', 'id'), 'file_format', 'stimulus_id'],
    ['no file column', csv.replace('filename', 'file'), 'file_format', 'filename'],
    ['no object column', csv.replace('object_name', 'thing'), 'file_format', 'object_name'],
    ['an empty id', csv.replace('b,b.png', ',b.png'), 'file_format', 'stimulus_id'],
    ['a line break in an id', csv.replace('b,b.png', '"b\nc",b.png'), 'file_format', 'stimulus_id'],
    ['no rows', 'stimulus_id,filename,object_name\n', 'file_empty', 'stimuli.csv'],
  ])('%s', async (_, table, code, field) => {
    const error = await refused(async () => load(table, await images()));
    expect(error).toMatchObject({ code, field });
  });
});

describe('pixels on disk', () => {
  test('come back as they were', async () => {
    const pixels = { n: 2, height: 1, width: 3, data: Uint8Array.from({ length: 18 }, (_, i) => i * 14) };
    const path = join(dir, 'pixels.npy');
    await writePixels(path, pixels);
    const back = await readPixels(path);
    expect({ ...back, data: [...back.data] }).toEqual({ ...pixels, data: [...pixels.data] });
  });

  test('another array is refused', async () => {
    const path = join(dir, 'floats.npy');
    await writeNpyFloat32(path, [1, 1, 1, 3], new Float32Array(3));
    expect(await refused(() => readPixels(path))).toMatchObject({ code: 'file_format', field: 'floats.npy' });
  });
});

test('the bundled stimulus set', async () => {
  const { set, pixels } = await loadStimulusSet({
    identifier: 'core-objects-spike',
    ...coreObjectsSpikePaths(),
    visualDegrees: 8,
  });
  expect(pixels).toMatchObject({ n: 660, height: 64, width: 64 });
  // Decoded by Pillow 13.0.0 and digested by the same rule, this is the same number.
  expect(set.digest).toBe('2559bcb126c791c81510f2e2ca609bc34cdb414d7f4107140c21cb641741ed13');
  const count = (subset: string) => set.stimuli.filter((s) => s.subset === subset).length;
  expect([count('control'), count('challenge')]).toEqual([330, 330]);
  expect(new Set(set.stimuli.map((s) => s.object)).size).toBe(10);
  expect(set.stimuli.map((s) => s.id)).toEqual([...set.stimuli.map((s) => s.id)].sort());
});
