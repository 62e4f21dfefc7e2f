import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { model, smallNetwork } from '../../formats/test/support/onnx-writer.js';
import { findFiles, versionFiles } from '../src/submission/files.js';
import { defaultIdempotencyKey } from '../src/submission/submit.js';

const dir = mkdtempSync(join(tmpdir(), 'corescore-files-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const ACTIVATIONS = {
  name: 'it',
  kind: 'activations',
  stimuli: { set: 's', ids: 'ids.txt' },
  regions: { V4: { file: 'v4.npy' }, IT: { file: 'it.npy' } },
};

beforeAll(() => {
  const put = (path: string, value: unknown) => {
    const text = typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value);
    writeFileSync(join(dir, path), text);
  };
  const net = model(smallNetwork());
  for (const folder of ['both', 'named', 'acts', 'bare', 'broken', 'spread', 'parts', 'tf', 'packed'])
    mkdirSync(join(dir, folder));
  put('both/net.onnx', net);
  put('both/net.json', { name: 'by-name', kind: 'onnx' });
  put('both/corescore.json', { name: 'by-default', kind: 'onnx' });
  put('named/net.onnx', net);
  // With a byte order mark, as an editor on Windows leaves it.
  put('named/net.json', `\uFEFF${JSON.stringify({ name: 'by-name', kind: 'onnx' })}`);
  put('acts/corescore.json', ACTIVATIONS);
  for (const file of ['ids.txt', 'it.npy', 'v4.npy']) put(`acts/${file}`, 'x');
  put('bare/net.onnx', net);
  put('broken/corescore.json', '{"name":');
  put('broken/nameless.json', { kind: 'onnx' });
  put('broken/net.onnx', net);
  put('spread/m.json', ACTIVATIONS);
  put('spread/ids.txt', 'x');
  const external = (name: string) =>
    model(smallNetwork({ initializers: [{ name: 'w', dims: [4], external: { location: name } }] }));
  put('parts/corescore.json', { name: 'parts', kind: 'onnx', probe: { images: 1 } });
  put('parts/net.onnx', external('net.onnx.data'));
  put('parts/net.onnx.data', 'x');
  put('parts/probe.npz', 'x');
  put('parts/lost.onnx', external('lost.data'));
  put('parts/spy.onnx', external('../bare/net.onnx'));
  put('parts/rooted.onnx', external('/etc/hostname'));
  put('parts/garbage.onnx', 'x');
  put('tf/model.json', { weightsManifest: [{ paths: ['a.bin', 'b.bin'] }, { paths: ['b.bin', 'c.bin'] }] });
  for (const shard of ['a', 'b', 'c']) put(`tf/${shard}.bin`, 'x');
  put('tf/manifest.json', { name: 'tf', kind: 'tfjs' });
  put('tf/spy.json', { weightsManifest: [{ paths: ['../acts/ids.txt'] }] });
  put('tf/plain.json', { weightsManifest: 'a.bin' });
  put('packed/corescore.json', { ...ACTIVATIONS, regions: { V4: { file: 'all.npz#v4' }, IT: { file: 'all.npz#it' } } });
  for (const file of ['ids.txt', 'all.npz']) put(`packed/${file}`, 'x');
});

describe('manifest and files of a submission', () => {
  test('corescore.json beside the model comes before <model>.json, --manifest before both', async () => {
    expect((await findFiles(dir, 'both/net.onnx', undefined)).name).toBe('by-default');
    expect((await findFiles(dir, 'both/net.onnx', 'both/net.json')).name).toBe('by-name');
    expect(await findFiles(dir, 'named/net.onnx', undefined)).toMatchObject({
      name: 'by-name',
      kind: 'onnx',
      files: [join(dir, 'named/net.onnx')],
    });
  });

  test('activations: files are looked up beside the manifest, or in the folder that is given', async () => {
    const files = ['v4.npy', 'it.npy', 'ids.txt'].map((file) => join(dir, 'acts', file));
    expect((await findFiles(dir, undefined, 'acts/corescore.json')).files).toEqual(files);
    expect((await findFiles(dir, 'acts', undefined)).files).toEqual(files);
    expect((await findFiles(join(dir, 'acts'), undefined, undefined)).files).toEqual(files);
    expect((await findFiles(dir, 'acts', 'spread/m.json')).files).toEqual(files);
  });

  test('an archive of arrays is sent once', async () => {
    const { files } = await findFiles(dir, 'packed', undefined);
    expect(files).toEqual(['all.npz', 'ids.txt'].map((file) => join(dir, 'packed', file)));
  });

  test('the weights that a model names go with it, and the probe of the manifest', async () => {
    const onnx = await findFiles(dir, 'parts/net.onnx', undefined);
    const at = (file: string) => join(dir, 'parts', file);
    expect(onnx.files).toEqual([at('net.onnx'), at('net.onnx.data'), at('probe.npz')]);
    expect(versionFiles(onnx)).toEqual({
      'model.onnx': at('net.onnx'),
      'net.onnx.data': at('net.onnx.data'),
      'probe.npz': at('probe.npz'),
    });
    const tfjs = await findFiles(dir, 'tf/model.json', 'tf/manifest.json');
    expect(Object.keys(versionFiles(tfjs))).toEqual(['model.json', 'a.bin', 'b.bin', 'c.bin']);
  });

  test('a model.json is not taken for its own manifest', async () => {
    for (const manifest of [undefined, 'tf/model.json']) {
      await expect(findFiles(dir, 'tf/model.json', manifest)).rejects.toThrow(
        expect.objectContaining({ field: manifest === undefined ? '--manifest' : '/name' }),
      );
    }
    await expect(findFiles(dir, 'tf/manifest.json', 'tf/manifest.json')).rejects.toThrow(/both the model and its/);
  });

  test.each([
    ['spy.onnx', 'path_refused', 'parts/spy.onnx', undefined],
    ['rooted.onnx', 'path_refused', 'parts/rooted.onnx', undefined],
    ['lost.data', 'file_missing', 'parts/lost.onnx', undefined],
    ['model', 'not_onnx', 'parts/garbage.onnx', undefined],
    ['spy.json', 'path_refused', 'tf/spy.json', 'tf/manifest.json'],
    ['plain.json', 'not_tfjs', 'tf/plain.json', 'tf/manifest.json'],
    ['net.onnx', 'not_tfjs', 'both/net.onnx', 'tf/manifest.json'],
    ['probe.npz', 'file_missing', 'both/net.onnx', 'parts/corescore.json'],
    ['model', 'configuration', 'absent.onnx', undefined],
    ['--manifest', 'configuration', 'bare/net.onnx', undefined],
    ['--manifest', 'configuration', 'both/net.onnx', 'both/absent.json'],
    ['--manifest', 'manifest_not_json', 'broken/net.onnx', undefined],
    ['/name', 'invalid_manifest', 'broken/net.onnx', 'broken/nameless.json'],
    ['model', 'configuration', 'both/net.onnx', 'acts/corescore.json'],
    ['model', 'configuration', undefined, 'both/net.json'],
    ['model', 'configuration', 'both', undefined],
    ['v4.npy', 'configuration', undefined, 'spread/m.json'],
  ])('%s is named as at fault (%s): model %s, manifest %s', async (field, code, model, manifest) => {
    await expect(findFiles(dir, model, manifest)).rejects.toThrow(
      expect.objectContaining({ code, field, remedy: expect.any(String) }),
    );
  });
});

test('the default key depends on model and benchmarks, not on their order', () => {
  const version = { owner: 'lab', digest: 'a'.repeat(64) };
  const key = defaultIdempotencyKey(version, ['x@0', 'y@1']);
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(defaultIdempotencyKey(version, ['y@1', 'x@0'])).toBe(key);
  expect(defaultIdempotencyKey({ ...version, digest: 'b'.repeat(64) }, ['x@0', 'y@1'])).not.toBe(key);
  expect(defaultIdempotencyKey({ ...version, owner: 'another' }, ['x@0', 'y@1'])).not.toBe(key);
  expect(defaultIdempotencyKey(version, ['x@0'])).not.toBe(key);
});
