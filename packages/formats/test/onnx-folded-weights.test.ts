import { join } from 'node:path';
import { expect, test } from 'vitest';
import { weightWarnings } from '../src/index.js';
import { temporaryFolder } from './support/files.js';
import { model, type NodeSpec, smallNetwork, type TensorSpec } from './support/onnx-writer.js';

const { dir, put } = temporaryFolder();
const CHANNELS = 4;
const WEIGHTS = 2 * 9;
const kernel = Array.from({ length: CHANNELS * WEIGHTS }, (_, i) => Math.sin(i * i + 1));
/** The kernel with a factor for each output channel, as a folded normalisation leaves it. */
const scaled = (step: number) => kernel.map((w, i) => Math.fround(w * (1 + 0.3 * step + Math.floor(i / WEIGHTS))));
const conv = (name: string, values: number[], dims = [CHANNELS, 2, 3, 3]): TensorSpec => ({ name, dims, values });

/** A model in which each of the tensors is the kernel of a convolution, or what `op` makes of it. */
function warned(tensors: TensorSpec[], op = 'Conv') {
  const nodes: NodeSpec[] = tensors.map(({ name }) => ({ op, inputs: ['image', name], outputs: [`${name}.out`] }));
  const path = put('model.onnx', model(smallNetwork({ nodes, initializers: tensors, outputs: [{ name: 'w0.out' }] })));
  return weightWarnings('onnx', { 'model.onnx': path, 'weights.bin': join(dir, 'weights.bin') });
}

test('kernels that are one up to a scale a channel are found, counted and named', async () => {
  const other = conv('other', kernel.map(Math.cos));
  const warnings = await warned([conv('w0', kernel), conv('w1', scaled(1)), other, conv('w2', scaled(2))]);
  expect(warnings).toMatchObject([{ code: 'folded_weights', field: 'model' }]);
  expect(warnings[0]!.message).toContain('3 kernels of [4, 2, 3, 3]');
  expect(warnings[0]!.message).toContain('"w0", "w1", "w2"');
  expect(warnings[0]!.message).toContain('216 parameters, of which 144 are copies');
});

test('matrices are one up to a scale a column', async () => {
  const matrix = kernel.slice(0, 48);
  const columns = matrix.map((w, i) => w * (1 + (i % 6)));
  const warnings = await warned([conv('w0', matrix, [8, 6]), conv('w1', columns, [8, 6])], 'MatMul');
  expect(warnings).toHaveLength(1);
});

test.each<[string, TensorSpec[], string]>([
  ['different kernels', [conv('w0', kernel), conv('w1', kernel.map(Math.cos))], 'Conv'],
  ['kernels of which one channel differs', [conv('w0', kernel), conv('w1', scaled(1).with(-1, 9))], 'Conv'],
  ['settings that are no kernels', [conv('w0', kernel), conv('w1', scaled(1))], 'Add'],
  [
    'constants',
    [
      conv(
        'w0',
        kernel.map(() => 1),
      ),
      conv(
        'w1',
        kernel.map(() => 2),
      ),
    ],
    'Conv',
  ],
  ['kernels of one weight a channel', [conv('w0', [1, 2, 3, 4], [4, 1, 1, 1]), conv('w1', [2, 5, 1, 3], [4, 1, 1, 1])], 'Conv'], // biome-ignore format: a row each
])('%s are no copies', async (_, tensors, op) => {
  expect(await warned(tensors, op)).toEqual([]);
});

test('weights beside the model are looked at too', async () => {
  put('weights.bin', new Uint8Array(Float32Array.of(...kernel, ...scaled(1)).buffer));
  const bytes = kernel.length * 4;
  const external = (offset: number) => ({ location: 'weights.bin', offset: String(offset), length: String(bytes) });
  const dims = [CHANNELS, 2, 3, 3];
  const tensors = [
    { name: 'w0', dims, external: external(0) },
    { name: 'w1', dims, external: external(bytes) },
  ];
  expect(await warned(tensors)).toHaveLength(1);
});
