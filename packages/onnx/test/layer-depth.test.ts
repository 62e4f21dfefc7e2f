import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { refusal, temporaryFolder } from '../../formats/test/support/files.js';
import { type ModelSpec, model, type NodeSpec, smallNetwork } from '../../formats/test/support/onnx-writer.js';
import { layerDepth } from '../src/index.js';

const { put } = temporaryFolder();
let files = 0;
const network = (change: Partial<ModelSpec>) => put(`depth-${files++}.onnx`, model(smallNetwork(change)));
const weights = (...names: string[]) => names.map((name) => ({ name, dims: [1], values: [1] }));
const node = (op: string, inputs: string, output: string): NodeSpec => ({
  op,
  inputs: inputs.split(' '),
  outputs: [output],
});
const bundled = (name: string, output: string, input = 'image') =>
  layerDepth(fileURLToPath(new URL(`../../benchmarks/data/models/${name}.onnx`, import.meta.url)), { input, output });

describe('layers on the longest path of the bundled networks (exact)', () => {
  test('ff-64: four convolutions and a dense read-out', async () => {
    expect(await bundled('ff-64', 'v4')).toBe(3);
    expect(await bundled('ff-64', 'it')).toBe(4);
    expect(await bundled('ff-64', 'logits')).toBe(5);
  });

  test('ffdeep-64: one convolution, then two in each of three areas, and the read-out', async () => {
    expect(await bundled('ffdeep-64', 'it')).toBe(7);
    expect(await bundled('ffdeep-64', 'logits')).toBe(8);
  });

  test('bl-64: the read-out is as deep at every step, and as in its two other forms', async () => {
    for (const step of [0, 1, 4]) expect(await bundled('bl-64', `logits_t${step}`)).toBe(5);
    expect(await bundled('bl-64-stateful', 'logits')).toBe(5);
    expect(await bundled('bl-64-stepaxis', 'logits')).toBe(5);
  });

  test('bl-64: a lateral layer, which step 1 reaches first, lengthens the areas from then on', async () => {
    expect(await bundled('bl-64', 'it_t0')).toBe(4);
    for (const step of [1, 4]) expect(await bundled('bl-64', `it_t${step}`)).toBe(5);
  });
});

describe('layers on the longest path of small graphs (exact)', () => {
  const depth = (nodes: NodeSpec[], ...names: string[]) =>
    layerDepth(network({ nodes, initializers: weights(...names) }), { input: 'image', output: 'it' });

  test('convolution, transposed convolution, Gemm and MatMul with a weight on either side count', async () => {
    const nodes = [
      node('Conv', 'image a', '1'),
      node('Relu', '1', '2'),
      node('ConvTranspose', '2 b', '3'),
      node('Gemm', '3 c', '4'),
      node('MatMul', 'd 4', 'it'),
    ];
    expect(await depth(nodes, 'a', 'b', 'c', 'd')).toBe(4);
  });

  test('a product of two activations is no layer; the longer of two branches counts', async () => {
    const nodes = [
      node('Conv', 'image a', 'short'),
      node('Conv', 'short b', '1'),
      node('Conv', '1 c', 'long'),
      node('MatMul', 'short long', 'it'),
    ];
    expect(await depth(nodes, 'a', 'b', 'c')).toBe(3);
  });

  test('a weight counts once through Identity and Transpose, however often it is applied', async () => {
    const nodes = [
      node('Identity', 'a', 'a1'),
      node('Transpose', 'a', 'a2'),
      node('Conv', 'image a', '1'),
      node('Conv', '1 a1', '2'),
      node('MatMul', '2 a2', '3'),
      node('Gemm', '3 r', 'it'),
    ];
    expect(await depth(nodes, 'a', 'r')).toBe(2);
  });

  test('a block as in CORnet-S, two steps: the skip of step 0 is parallel to its three convolutions', async () => {
    const step = (x: string, t: number, skip: string) => [
      node('Conv', `${x} c1`, `1_${t}`),
      node('Conv', `1_${t} c2`, `2_${t}`),
      node('Conv', `2_${t} c3`, `3_${t}`),
      node('Add', `3_${t} ${skip}`, `h_${t}`),
    ];
    const nodes = [
      node('Conv', 'image in', 'x'),
      node('Conv', 'x skip', 's'),
      ...step('x', 0, 's'),
      ...step('h_0', 1, 'h_0'),
      node('Relu', 'h_1', 'it'),
    ];
    expect(await depth(nodes, 'in', 'skip', 'c1', 'c2', 'c3')).toBe(4);
  });

  test('the order of unrelated applications does not matter', async () => {
    const nodes = [
      node('Conv', 'image a', '1'),
      node('Conv', '1 b', '2'),
      node('Gemm', '2 r', 'deep'),
      node('Gemm', '1 r', 'shallow'),
    ];
    const path = network({ nodes, initializers: weights('a', 'b', 'r') });
    expect(await layerDepth(path, { input: 'image', output: 'deep' })).toBe(2);
    expect(await layerDepth(path, { input: 'image', output: 'shallow' })).toBe(2);
  });

  test('0 where no layer stands between', async () => {
    expect(await depth([node('Relu', 'image', 'it')])).toBe(0);
  });
});

describe('refusals', () => {
  const nodes = [node('Relu', 'image', 'mid'), node('Relu', 'state', 'it')];
  const inputs = [{ name: 'image' }, { name: 'state' }];

  test('an unknown input or output', async () => {
    const path = network({});
    expect((await refusal(() => layerDepth(path, { input: 'imag', output: 'it' }))).code).toBe('input_not_found');
    const error = await refusal(() => layerDepth(path, { input: 'image', output: 'conf' }));
    expect(error.code).toBe('output_not_found');
    expect(error.remedy).toContain('conv');
  });

  test('an output that does not depend on the image', async () => {
    const error = await refusal(() => layerDepth(network({ nodes, inputs }), { input: 'image', output: 'it' }));
    expect(error.code).toBe('metric_undefined');
  });

  test('layers in a loop', async () => {
    const body = { nodes: [node('Conv', 'x w', 'y')] };
    const loop = { op: 'Loop', inputs: ['image'], outputs: ['it'], attributes: [{ name: 'body', graph: body }] };
    const error = await refusal(() => layerDepth(network({ nodes: [loop] }), { input: 'image', output: 'it' }));
    expect(error.code).toBe('metric_undefined');
    expect(error.message).toContain('Conv');
  });
});
