import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFiles, NetworkManifest } from '@corescore/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caseOf, type ModelName, manifestOf } from './conformance/cases.js';
import { onnxModel } from './conformance/onnx-models.js';
import { tfjsModel } from './conformance/tfjs-models.js';
import { Bench, readArray } from './extraction.js';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make();
});
afterAll(() => bench.remove());

const IMAGES = 3;
const PROVIDERS = { onnx: ['cpu'], tfjs: ['wasm'] } as const;
/** Every pixel of image i, channel c. */
const level = (i: number, c: number): number => 40 * i + 30 * c;

async function filesOf(kind: NetworkManifest['kind'], name: ModelName): Promise<ModelFiles> {
  const bytes = kind === 'onnx' ? onnxModel(name, []) : tfjsModel(name);
  const files: Record<string, string> = {};
  for (const [file, content] of Object.entries(bytes)) {
    files[file] = join(bench.folder, `${kind}-${name}-${file}`);
    await writeFile(files[file], content);
  }
  return files;
}

/** Mean over pixels of what reaches the model, [image][channel]. */
async function seen(kind: NetworkManifest['kind'], name: ModelName, change: Partial<NetworkManifest['input']> = {}) {
  const about = manifestOf(kind, caseOf(name));
  about.input = { ...about.input, ...change };
  const { regions } = await bench.extract(await filesOf(kind, name), about, {
    pixelsPath: await bench.pixels(IMAGES, 8, (i, _, __, c) => level(i, c)),
    limits: { providers: { onnx: [...PROVIDERS.onnx], tfjs: [...PROVIDERS.tfjs] } },
  });
  return [...(await readArray(regions.IT)).values].map((value) => Math.round(value * 1000) / 1000);
}

const levels = Array.from({ length: IMAGES * 3 }, (_, at) => level(Math.floor(at / 3), at % 3));

it.each<[NetworkManifest['kind'], ModelName]>([
  ['onnx', 'mean-uint8'],
  ['onnx', 'mean-int32'],
  ['onnx', 'mean-int64'],
  ['tfjs', 'mean-int32'],
])('%s, %s: an input of whole numbers without a range is fed 0 to 255', async (kind, name) => {
  expect(await seen(kind, name)).toEqual(levels);
  expect(await seen(kind, name, { range: [0, 255] })).toEqual(levels);
});

it.each<[NetworkManifest['kind'], ModelName]>([
  ['onnx', 'mean-uint8'],
  ['tfjs', 'mean-int32'],
])('%s, %s: [0, 1] would leave two values, and is refused before the model runs', async (kind, name) => {
  await expect(seen(kind, name, { range: [0, 1] })).rejects.toMatchObject({
    kind: 'contract_violation',
    code: 'input_values',
    field: '/input/range',
  });
});

it('floating point numbers without a range are fed 0 to 1', async () => {
  const expected = levels.map((value) => Math.round((value / 255) * 1000) / 1000);
  expect(await seen('onnx', 'mean')).toEqual(expected);
  expect(await seen('onnx', 'mean-float64')).toEqual(expected);
});
