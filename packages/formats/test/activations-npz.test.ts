import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ActivationsManifest } from '@corescore/contracts';
import { encodeFloat16 } from '@corescore/onnx';
import { afterEach, describe, expect, test } from 'vitest';
import { checkActivations, npyHeaderBytes, openActivations, readNpyHeader, readNpyRows } from '../src/index.js';
import { refusal, temporaryFolder } from './support/files.js';
import { activations } from './support/manifests.js';
import { type Member, zip } from './support/zip-writer.js';

const { dir, put } = temporaryFolder();
const scratch = { dir: join(dir, 'scratch'), maxBytes: 1 << 20 };
const set = { identifier: 'small-set', digest: 'd'.repeat(64), ids: ['a', 'b', 'c'] };
const [STEPS, STIMULI, FEATURES] = [2, 3, 4];
const values = Float32Array.from({ length: STEPS * STIMULI * FEATURES }, (_, i) => i / 2);
const array = (dtype: string, data: ArrayBufferView) =>
  Buffer.concat([npyHeaderBytes(dtype, [STEPS, STIMULI, FEATURES]), Buffer.from(data.buffer)]);
const single = array('<f4', values);
const half = array('<f2', encodeFloat16(values));

const manifest: ActivationsManifest = {
  ...activations,
  regions: {
    V4: { file: 'all.npz#v4', axes: ['step', 'stimulus', 'feature'] },
    IT: { file: 'all.npz#it', axes: ['step', 'stimulus', 'feature'] },
  },
};
const files = (...members: Member[]) => ({
  'ids.txt': put('ids.txt', 'a\nb\nc\n'),
  'all.npz': put('all.npz', zip(members)),
});
const it = { name: 'it.npy', bytes: single };
const v4 = { name: 'v4.npy', bytes: half };

afterEach(() => {
  expect(existsSync(scratch.dir) ? readdirSync(scratch.dir) : []).toEqual([]);
});

async function written(from: Record<string, string>, region: 'IT' | 'V4'): Promise<number[]> {
  const supplied = await openActivations(manifest, from, set, scratch);
  expect((await supplied.inspect()).errors).toEqual([]);
  const out = join(dir, `${region}.npy`);
  await supplied.write(region, out);
  await supplied.close();
  const header = await readNpyHeader(out);
  expect(header).toMatchObject({ dtype: '<f4', shape: [STEPS, STIMULI, FEATURES] });
  return [...(await readNpyRows(out, header, 0, STEPS))];
}

describe('arrays of one archive', () => {
  test.each([
    ['stored: read in place', false],
    ['deflated: unpacked for the while', true],
  ])('%s', async (_, deflate) => {
    const from = files({ ...it, deflate }, { ...v4, deflate });
    expect(await written(from, 'IT')).toEqual([...values]);
    expect(await written(from, 'V4')).toEqual([...values]);
  });

  test('nothing is unpacked where all is stored, whatever the limit', async () => {
    await checkActivations(manifest, files(it, v4), set, { ...scratch, maxBytes: 0 });
  });
});

describe('refusals name the array and the field', () => {
  const refused = (...members: Member[]) => refusal(() => checkActivations(manifest, files(...members), set, scratch));

  test.each<[string, Member[], string, string, RegExp]>([
    ['an array that is not there', [v4], 'file_missing', '/regions/IT/file', /all\.npz has no array "it"/],
    [
      'another dtype',
      [v4, { name: 'it.npy', bytes: array('<c8', new Float64Array(values)) }],
      'array_dtype',
      '/regions/IT/file',
      /all\.npz#it holds dtype <c8/,
    ],
    [
      'NaN in a deflated array',
      [v4, { ...it, bytes: array('<f4', values.with(5, Number.NaN)), deflate: true }],
      'array_not_finite',
      '/regions/IT/file',
      /all\.npz#it holds NaN at step 0, stimulus "b", feature 1/,
    ],
    ['damage', [v4, { ...it, crc: 7 }], 'not_npz', '/regions/IT/file', /CRC-32/],
    [
      'a member that is no array',
      [v4, { name: 'it.npy', bytes: Buffer.from('12345678901234') }],
      'not_npy',
      '/regions/IT/file',
      /not a \.npy/,
    ],
    [
      'names that leave it',
      [it, v4, { name: '../../x.npy', bytes: single }],
      'path_refused',
      '/regions/V4/file',
      /x\.npy/,
    ],
  ])('%s', async (_, members, code, field, detail) => {
    const error = await refused(...members);
    expect(error).toMatchObject({ code, field });
    expect(error.message).toMatch(detail);
    expect(error.remedy).toBeTruthy();
  });

  test('more than may be unpacked', async () => {
    const limit = { ...scratch, maxBytes: half.length + single.length - 1 };
    const packed = files({ ...it, deflate: true }, { ...v4, deflate: true });
    const error = await refusal(() => checkActivations(manifest, packed, set, limit));
    expect(error).toMatchObject({ code: 'activations_too_large', field: '/regions/IT/file' });
    await checkActivations(manifest, packed, set, { ...limit, maxBytes: limit.maxBytes + 1 });
  });

  test('an archive that was not sent', async () => {
    const { 'all.npz': _, ...rest } = files(it, v4);
    expect(await refusal(() => checkActivations(manifest, rest, set, scratch))).toMatchObject({
      code: 'file_missing',
      field: '/regions/V4/file',
    });
  });
});
