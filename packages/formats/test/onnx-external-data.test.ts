import { mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelFiles } from '@corescore/contracts';
import { shuffleOnnxWeights } from '@corescore/onnx';
import { describe, expect, test } from 'vitest';
import { checkNetwork, inspectNetwork, semanticDigest } from '../src/index.js';
import { refusal, temporaryFolder } from './support/files.js';
import { feedForward } from './support/manifests.js';
import { model, smallNetwork, type TensorSpec } from './support/onnx-writer.js';

const { dir, put } = temporaryFolder();
const manifest = { ...feedForward, input: { ...feedForward.input, size: [8, 8] as [number, number] } };
const kernel = [1.5, 2.5, 3.5, 4.5, 5.5, 6.5];
const floats = (values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const inline: TensorSpec = { name: 'w', dims: [2, 3, 1, 1], values: kernel };
const placed = (external: Record<string, string>, rest: Partial<TensorSpec> = {}): TensorSpec => ({
  ...{ name: 'w', dims: [2, 3, 1, 1], external },
  ...rest,
});
/** The files of a version: a model with these initializers, and what lies beside it. */
function version(initializers: TensorSpec[], beside: Record<string, Uint8Array> = {}): ModelFiles {
  const files: Record<string, string> = { 'model.onnx': put('model.onnx', model(smallNetwork({ initializers }))) };
  for (const [name, bytes] of Object.entries(beside)) files[name] = put(name, bytes);
  return files;
}
const weights = floats([9, ...kernel, 8]);
const atByte4 = placed({ location: 'w.bin', offset: '4', length: '24' });

describe('values in a file beside the model', () => {
  test('make the same model as values in it', async () => {
    const told = async (files: ModelFiles) => [
      await checkNetwork(manifest, files),
      await semanticDigest('onnx', files),
    ];
    const within = await told(version([inline]));
    expect(await told(version([atByte4], { 'w.bin': weights }))).toEqual(within);
    const whole = version([placed({ location: 'w.bin' })], { 'w.bin': floats(kernel) });
    expect(await told(whole)).toEqual(within);
    const other = version([atByte4], { 'w.bin': floats([9, 1, ...kernel.slice(1), 8]) });
    const [facts, digest] = await told(other);
    expect(facts).toEqual(within[0]);
    expect(digest).not.toBe(within[1]);
  });

  test('have an untrained twin: shuffled where they lie, the rest of the file untouched', async () => {
    const folder = mkdtempSync(join(dir, 'twin-'));
    const constant = { name: 'b', dims: [2], values: [1, 2] };
    const files = version([atByte4, constant], { 'w.bin': weights });
    // Always 0: every value moves on by one place.
    const twin = await shuffleOnnxWeights(files, folder, () => 0);
    expect(twin).toMatchObject({ tensors: 1, values: 6 });
    expect(readFileSync(twin.files['model.onnx']!)).toEqual(readFileSync(files['model.onnx']!));
    const bytes = readFileSync(twin.files['w.bin']!);
    const values = Array.from({ length: 8 }, (_, i) => bytes.readFloatLE(4 * i));
    expect(values).toEqual([9, 2.5, 3.5, 4.5, 5.5, 6.5, 1.5, 8]);
    expect(readFileSync(files['w.bin']!)).toEqual(Buffer.from(weights));
  });

  test('that were not sent have no twin, and nothing is left', async () => {
    const folder = mkdtempSync(join(dir, 'none-'));
    const error = await refusal(() => shuffleOnnxWeights(version([atByte4]), folder, () => 0));
    expect(error).toMatchObject({ code: 'file_missing', field: 'w.bin' });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('what is refused', () => {
  test.each([
    '../w.bin',
    '/etc/passwd',
    'sub/w.bin',
    'sub\\w.bin',
    '..',
    '.hidden',
    'model.onnx',
    'w'.repeat(129),
    '*/_ORT_MEM_ADDR_/*',
  ])('the name %s', async (location) => {
    // Even where the upload has a file under that very name.
    const files = { ...version([placed({ location })]), [location]: put('w.bin', floats(kernel)) };
    if (location === 'model.onnx') files[location] = version([placed({ location })])['model.onnx']!;
    expect(await refusal(() => checkNetwork(manifest, files))).toMatchObject({
      code: 'path_refused',
      field: 'model.onnx',
      remedy: expect.stringContaining('save_as_external_data=True'),
    });
  });

  test('a link', async () => {
    const link = join(dir, 'link.bin');
    symlinkSync(put('elsewhere', floats(kernel)), link);
    const files = { ...version([placed({ location: 'link.bin' })]), 'link.bin': link };
    expect(await refusal(() => checkNetwork(manifest, files))).toMatchObject({ code: 'path_refused' });
  });

  test('files that are not there, each by its name, and files that nobody names', async () => {
    const second = placed({ location: 'v.bin' }, { name: 'v' });
    const { facts, errors } = await inspectNetwork(manifest, version([atByte4, second], { 'stray.bin': weights }));
    expect(facts).toBeNull();
    expect(errors.map(({ code, field }) => [code, field])).toEqual([
      ['file_missing', 'v.bin'],
      ['file_missing', 'w.bin'],
      ['file_unexpected', 'stray.bin'],
    ]);
  });

  const lies: [string, TensorSpec, RegExp][] = [
    ['a place past the end', placed({ location: 'w.bin', offset: '12' }), /from byte 12 to 36.*32 bytes/],
    ['an absurd offset', placed({ location: 'w.bin', offset: '9007199254740993' }), /offset 9007199254740993/],
    ['a negative offset', placed({ location: 'w.bin', offset: '-4' }), /offset -4/],
    ['a length that is not that of the shape', placed({ location: 'w.bin', length: '28' }), /24 bytes.*28 bytes/],
    ['a length in words', placed({ location: 'w.bin', length: 'all' }), /with all bytes/],
    ['a shape over the file', placed({ location: 'w.bin' }, { dims: [1000, 1000] }), /to 4000000/],
    ['no name', placed({ offset: '0' }), /not named/],
    ['strings', placed({ location: 'w.bin' }, { type: 8 }), /only numbers/],
    ['an unknown type', placed({ location: 'w.bin' }, { type: 99 }), /unknown type 99/],
  ];
  test.each(lies)('%s', async (_, spec, words) => {
    const error = await refusal(() => checkNetwork(manifest, version([spec], { 'w.bin': weights })));
    expect(error.code).toBe('not_onnx');
    expect(error.message).toMatch(words);
    expect(error.remedy).toBeTruthy();
  });

  test('many tensors over the same bytes', async () => {
    const many = Array.from({ length: 50 }, (_, i) => placed({ location: 'w.bin' }, { name: `w${i}` }));
    const error = await refusal(() => checkNetwork(manifest, version(many, { 'w.bin': weights })));
    expect(error).toMatchObject({ code: 'not_onnx', field: 'w.bin' });
    expect(error.message).toContain('overlap');
  });
});
