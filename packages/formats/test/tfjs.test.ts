import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelFiles, TfjsManifest } from '@corescore/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caseOf, type ModelName, manifestOf } from '../../runtime/test/conformance/cases.js';
import { tfjsModel } from '../../runtime/test/conformance/tfjs-models.js';
import { checkNetwork, inspectNetwork, readTfjsModel, semanticDigest, shuffleTfjsWeights } from '../src/index.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'corescore-tfjs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Json = Record<string, unknown>;

let written = 0;
function put(files: Record<string, Uint8Array>): Record<string, string> {
  const paths: Record<string, string> = {};
  for (const [name, bytes] of Object.entries(files)) {
    paths[name] = join(folder, `${written++}-${name}`);
    writeFileSync(paths[name]!, bytes);
  }
  return paths;
}
const files = (name: ModelName): Record<string, string> => put(tfjsModel(name));
const manifest = (name: ModelName, change: Partial<TfjsManifest> = {}): TfjsManifest => ({
  ...(manifestOf('tfjs', caseOf(name)) as TfjsManifest),
  ...change,
});
const json = (paths: ModelFiles): Json => JSON.parse(readFileSync(paths['model.json']!, 'utf8')) as Json;
const changed = (paths: ModelFiles, change: (value: Json) => void): ModelFiles => {
  const value = json(paths);
  change(value);
  return { ...paths, ...put({ 'model.json': Buffer.from(JSON.stringify(value)) }) };
};

describe('reading model.json', () => {
  test('of layers: inputs, outputs, every application of a shared layer, weights', async () => {
    const model = await readTfjsModel(files('recurrent'));
    expect(model).toMatchObject({
      format: 'layers-model',
      inputs: [{ name: 'image', dtype: 'float32', shape: [null, 3, 8, 8] }],
      outputs: ['it_t0', 'it_t1', 'it_t2', 'it_t3'],
      shards: ['weights.bin'],
    });
    expect(model.innerNames).toEqual(expect.arrayContaining(['lateral', 'lateral:1', 'lateral:2', 'h_3']));
    // 3 x 3 x 3 x 5 + 5 + 3 x 3 x 5 x 5
    expect([model.parameters, model.bytes]).toEqual([365, 4 * 365]);
    expect(model.operators).toMatchObject({ Conv2D: 2, Add: 3 });
  });

  test('of a graph: placeholders, outputs of the signature, nodes', async () => {
    const model = await readTfjsModel(files('mean-uint8'));
    expect(model).toMatchObject({
      format: 'graph-model',
      inputs: [{ name: 'image', dtype: 'int32', shape: [null, 3, 8, 8] }],
      outputs: ['it'],
      operators: { Cast: 1, Const: 1, Mean: 1, Placeholder: 1 },
      parameters: 0,
    });
  });
});

describe('the check of manifest and model', () => {
  test.each<ModelName>(['recurrent', 'recurrent-stateful', 'mean-uint8', 'step-axis-1'])('%s passes', async (name) => {
    expect(await inspectNetwork(manifest(name), files(name))).toMatchObject({ errors: [] });
  });

  test('names everything in which they disagree', async () => {
    const about = manifest('recurrent', {
      input: { ...manifest('recurrent').input, layout: 'NHWC' },
      regions: { IT: { outputs: ['it_t0', 'it_t9'] }, V4: { outputs: ['lateral', 'lateral:3'] } },
    });
    const { errors } = await inspectNetwork(about, { ...files('recurrent'), 'more.bin': join(folder, 'more.bin') });
    expect(errors.map(({ code, field }) => [code, field])).toEqual([
      ['input_shape', '/input/layout'],
      ['output_not_found', '/regions/V4/outputs/1'],
      ['output_not_found', '/regions/IT/outputs/1'],
      ['file_unexpected', 'more.bin'],
    ]);
    const unfed = await inspectNetwork(
      manifest('recurrent-stateful', { state: undefined }),
      files('recurrent-stateful'),
    );
    expect(unfed.errors).toMatchObject([{ code: 'input_not_found', field: '/state' }]);
  });
});

describe('the semantic digest', () => {
  const digest = (paths: ModelFiles) => semanticDigest('tfjs', paths);

  test('is of what is computed: not of producer, training and shards', async () => {
    const paths = files('recurrent');
    const before = await digest(paths);
    const other = changed(paths, (value) => {
      value['generatedBy'] = 'somebody else';
      (value['modelTopology'] as Json)['keras_version'] = '2.0';
    });
    expect(await digest(other)).toBe(before);
    const bytes = readFileSync(paths['weights.bin']!);
    const { 'weights.bin': _, ...rest } = changed(paths, (value) => {
      (value['weightsManifest'] as Json[])[0]!['paths'] = ['a.bin', 'b.bin'];
    });
    const shards = put({ 'a.bin': bytes.subarray(0, 100), 'b.bin': bytes.subarray(100) });
    expect(await digest({ ...rest, ...shards })).toBe(before);
  });

  test('changes with a weight and with the topology', async () => {
    const paths = files('recurrent');
    const before = await digest(paths);
    const bytes = readFileSync(paths['weights.bin']!);
    bytes[0]! ^= 1;
    expect(await digest({ ...paths, ...put({ 'weights.bin': bytes }) })).not.toBe(before);
    const renamed = changed(paths, (value) => {
      const config = ((value['modelTopology'] as Json)['model_config'] as Json)['config'] as Json;
      config['name'] = 'another';
    });
    expect(await digest(renamed)).not.toBe(before);
  });
});

describe('the untrained twin', () => {
  test('has the same values of every kernel in another order, vectors as they were, and passes the check', async () => {
    const paths = files('recurrent');
    const own = mkdtempSync(join(folder, 'twin-'));
    let state = 1;
    const twin = await shuffleTfjsWeights(paths, own, (n) => {
      state = (state * 48271) % 2147483647;
      return state % n;
    });
    await checkNetwork(manifest('recurrent'), twin);
    const model = await readTfjsModel(paths);
    const floats = (path: string): Float32Array => new Float32Array(new Uint8Array(readFileSync(path)).buffer);
    const [before, after] = [floats(paths['weights.bin']!), floats(twin['twin.bin']!)];
    for (const { name, offset, elements, shape } of model.weights) {
      const was = before.subarray(offset / 4, offset / 4 + elements);
      const is = after.subarray(offset / 4, offset / 4 + elements);
      if (shape.length >= 2) expect(is, name).not.toEqual(was);
      else expect(is, name).toEqual(was);
      expect(is.slice().sort(), name).toEqual(was.slice().sort());
    }
  });

  test('is refused where there is nothing to shuffle', async () => {
    await expect(shuffleTfjsWeights(files('mean'), folder, () => 0)).rejects.toMatchObject({ code: 'file_format' });
  });
});
