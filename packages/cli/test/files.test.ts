import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFiles } from '../src/submission/files.js';
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
  const put = (path: string, value: unknown) =>
    writeFileSync(join(dir, path), typeof value === 'string' ? value : JSON.stringify(value));
  for (const folder of ['both', 'named', 'acts', 'bare', 'broken', 'spread']) mkdirSync(join(dir, folder));
  put('both/net.onnx', 'x');
  put('both/net.json', { name: 'by-name', kind: 'onnx' });
  put('both/corescore.json', { name: 'by-default', kind: 'onnx' });
  put('named/net.onnx', 'x');
  // With a byte order mark, as an editor on Windows leaves it.
  put('named/net.json', `\uFEFF${JSON.stringify({ name: 'by-name', kind: 'onnx' })}`);
  put('acts/corescore.json', ACTIVATIONS);
  for (const file of ['ids.txt', 'it.npy', 'v4.npy']) put(`acts/${file}`, 'x');
  put('bare/net.onnx', 'x');
  put('broken/corescore.json', '{"name":');
  put('broken/nameless.json', { kind: 'onnx' });
  put('broken/net.onnx', 'x');
  put('spread/m.json', ACTIVATIONS);
  put('spread/ids.txt', 'x');
});

describe('manifest and files of a submission', () => {
  test('corescore.json beside the model comes before <model>.json, --manifest before both', () => {
    expect(findFiles(dir, 'both/net.onnx', undefined).name).toBe('by-default');
    expect(findFiles(dir, 'both/net.onnx', 'both/net.json').name).toBe('by-name');
    expect(findFiles(dir, 'named/net.onnx', undefined)).toMatchObject({
      name: 'by-name',
      kind: 'onnx',
      files: [join(dir, 'named/net.onnx')],
    });
  });

  test('activations: files are looked up beside the manifest, or in the folder that is given', () => {
    const files = ['v4.npy', 'it.npy', 'ids.txt'].map((file) => join(dir, 'acts', file));
    expect(findFiles(dir, undefined, 'acts/corescore.json').files).toEqual(files);
    expect(findFiles(dir, 'acts', undefined).files).toEqual(files);
    expect(findFiles(join(dir, 'acts'), undefined, undefined).files).toEqual(files);
    expect(findFiles(dir, 'acts', 'spread/m.json').files).toEqual(files);
  });

  test.each([
    ['model', 'configuration', 'absent.onnx', undefined],
    ['--manifest', 'configuration', 'bare/net.onnx', undefined],
    ['--manifest', 'configuration', 'both/net.onnx', 'both/absent.json'],
    ['--manifest', 'manifest_not_json', 'broken/net.onnx', undefined],
    ['/name', 'invalid_manifest', 'broken/net.onnx', 'broken/nameless.json'],
    ['model', 'configuration', 'both/net.onnx', 'acts/corescore.json'],
    ['model', 'configuration', undefined, 'both/net.json'],
    ['model', 'configuration', 'both', undefined],
    ['v4.npy', 'configuration', undefined, 'spread/m.json'],
  ])('%s is named as at fault (%s): model %s, manifest %s', (field, code, model, manifest) => {
    expect(() => findFiles(dir, model, manifest)).toThrow(
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
