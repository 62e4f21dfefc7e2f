import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { refusal, temporaryFolder } from '../../formats/test/support/files.js';
import { type GraphSpec, model, smallNetwork } from '../../formats/test/support/onnx-writer.js';
import { readOnnxGraph } from '../src/index.js';

const { put } = temporaryFolder();
let files = 0;
/** What a reader may say of a file that is not as it should be. */
const NAMED = /^(not_onnx|opset_not_supported|operator_not_supported|model_too_complex)$/;
const file = (bytes: Uint8Array | string) => put(`model-${files++}.onnx`, bytes);
const graphOf = (change: Parameters<typeof smallNetwork>[0] = {}) => readOnnxGraph(file(model(smallNetwork(change))));
const reasonOf = async (bytes: Uint8Array | string) => {
  const error = await refusal(() => readOnnxGraph(file(bytes)));
  expect(error.code).toBe('not_onnx');
  expect(error.remedy).toBeTruthy();
  return error.message;
};

/** `depth` If nodes, one inside the other. */
function nested(depth: number): GraphSpec {
  const inner: GraphSpec = depth === 0 ? { nodes: [{ op: 'Relu', outputs: ['innermost'] }] } : nested(depth - 1);
  return { nodes: [{ op: 'If', outputs: [`if${depth}`], attributes: [{ name: 'then_branch', graph: inner }] }] };
}

describe('structure of an ONNX file', () => {
  test('inputs, outputs, taps, operators and weights', async () => {
    const graph = await graphOf();
    expect(graph.inputs).toEqual([{ name: 'image', elemType: 'float32', shape: ['batch', 3, 8, 8], shapeKnown: true }]);
    expect(graph.outputs.map((o) => o.name)).toEqual(['it']);
    expect([...graph.tensorNames]).toEqual(['conv', 'relu', 'it']);
    expect(graph.operators).toEqual({ Conv: 1, Flatten: 1, Relu: 1 });
    expect(graph).toMatchObject({ irVersion: 8, nodes: 3, parameters: 6, parameterBytes: 24, producer: 'test 1.0' });
    expect(graph.opsets).toEqual([{ domain: '', version: 16 }]);
  });

  test('initializers that are also listed as inputs are no inputs, and integer tensors are no weights', async () => {
    const graph = await graphOf({
      inputs: [{ name: 'image', shape: [1, 3, 8, 8] }, { name: 'w' }],
      initializers: [
        { name: 'w', dims: [2], values: [1, 2] },
        { name: 'shape', type: 7, dims: [3], values: [1, 2, 3] },
      ],
    });
    expect(graph.inputs.map((i) => i.name)).toEqual(['image']);
    expect(graph.parameters).toBe(2);
  });

  test('where no initializer is a matrix, Constant nodes hold the weights, vectors where an operator learns one', async () => {
    const constant = (name: string, dims: number[], type = 1) => ({
      op: 'Constant',
      outputs: [name],
      attributes: [
        { name: 'value', tensor: { name: '', type, dims, values: Array(dims.reduce((a, b) => a * b, 1)).fill(1) } },
      ],
    });
    const graph = await graphOf({
      nodes: [
        constant('kernel', [4, 3, 3, 3]),
        constant('bias', [4]),
        constant('scale', [4]),
        constant('scales', [4]),
        constant('table', [2, 2], 7),
        constant('epsilon', []),
        { op: 'Conv', inputs: ['image', 'kernel', 'bias'], outputs: ['conv'] },
        { op: 'BatchNormalization', inputs: ['conv', 'scale', 'bias', 'bias', 'bias'], outputs: ['normal'] },
        { op: 'Resize', inputs: ['normal', '', 'scales'], outputs: ['it'] },
      ],
      initializers: [],
    });
    expect(graph).toMatchObject({ parameters: 108 + 4 + 4, parameterBytes: 4 * 116 });
    const usual = await graphOf({
      nodes: [constant('mean', [1, 3, 1, 1]), { op: 'Conv', inputs: ['image', 'w'], outputs: ['it'] }],
      initializers: [{ name: 'w', dims: [2, 3, 1, 1], values: [1, 2, 3, 4, 5, 6] }],
    });
    expect(usual.parameters).toBe(6);
  });

  test('nodes inside subgraphs count as operators and are no taps', async () => {
    const graph = await graphOf({ ...nested(2), outputs: [{ name: 'if2' }] });
    expect(graph.operators).toEqual({ If: 3, Relu: 1 });
    expect(graph.nodes).toBe(4);
    expect([...graph.tensorNames]).toEqual(['if2']);
  });

  test('names of other files that hold weights are listed', async () => {
    const graph = await graphOf({ initializers: [{ name: 'w', dims: [1e6], external: { location: 'weights.bin' } }] });
    expect(graph.externalData).toEqual(['weights.bin']);
    expect(graph.parameters).toBe(1e6);
  });

  test('a second occurrence of the graph is merged, as protobuf does', async () => {
    const first = model(smallNetwork());
    const tap = model({ outputs: [{ name: 'relu' }] });
    const graph = await readOnnxGraph(file(Buffer.concat([first, tap])));
    expect(graph.outputs.map((o) => o.name)).toEqual(['it', 'relu']);
  });

  test('operators that the file defines itself are allowed', async () => {
    const graph = await graphOf({
      nodes: [{ op: 'Twice', domain: 'my.functions', inputs: ['image'], outputs: ['it'] }],
      functions: [{ domain: 'my.functions', name: 'Twice', nodes: [{ op: 'Add', outputs: ['y'] }] }],
    });
    expect(graph.operators).toEqual({ Add: 1, 'my.functions:Twice': 1 });
  });

  test('-1 in a declared shape is a dimension that is not known', async () => {
    const graph = await graphOf({ inputs: [{ name: 'image', shape: [-1, 3, 8, null] }] });
    expect(graph.inputs[0].shape).toEqual([null, 3, 8, null]);
  });

  test('weights are skipped: a file far larger than the window is read by its structure', async () => {
    const values = new Array(200_000).fill(0.5);
    const graph = await graphOf({ initializers: [{ name: 'w', dims: [200_000], values }] });
    expect(graph.parameters).toBe(200_000);
    expect(graph.inputs[0].name).toBe('image'); // It comes after the weights.
  });
});

describe('what is no usable ONNX file', () => {
  test('an empty file', async () => {
    const error = await refusal(() => readOnnxGraph(file('')));
    expect(error.code).toBe('file_empty');
  });

  test.each([
    ['garbage', Buffer.from('this is certainly no model, just words and words'), /protobuf|past the end/],
    ['a zip archive', Buffer.from('PK\x03\x04 and so on'), /zip archive.*PyTorch/],
    ['HDF5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), /HDF5/],
    ['an error page', '<html><body>403</body></html>', /HTML/],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0', /git lfs pull/],
    ['another protobuf message', Buffer.from([0x0a, 0x02, 0x68, 0x69]), /wire type|no graph/],
    ['zeros', Buffer.alloc(100), /protobuf/],
  ])('%s', async (_, bytes, reason) => {
    expect(await reasonOf(bytes)).toMatch(reason);
  });

  test('a file that is cut off', async () => {
    const whole = model(smallNetwork());
    expect(await reasonOf(whole.subarray(0, whole.length - 40))).toMatch(/cut off/);
  });

  test('every prefix, and any damaged byte, is refused by name or read: never another error', async () => {
    const whole = model(smallNetwork(nested(2)));
    const inputs: Uint8Array[] = [];
    for (let length = 1; length < whole.length; length++) inputs.push(whole.subarray(0, length));
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 0x7f, 0xff, whole[at] ^ 1]) {
        const damaged = whole.slice();
        damaged[at] = value;
        inputs.push(damaged);
      }
    }
    let read = 0;
    for (const bytes of inputs) {
      try {
        await readOnnxGraph(put('damaged.onnx', bytes));
        read++;
      } catch (error) {
        expect(error).toMatchObject({ name: 'CorescoreError', code: expect.stringMatching(NAMED) });
      }
    }
    expect(read).toBeLessThan(inputs.length);
  });

  test.each([
    ['no nodes', { nodes: [] }, /no nodes/],
    ['no outputs', { outputs: [] }, /no outputs/],
    [
      'a negative dimension of a tensor',
      { initializers: [{ name: 'w', dims: [-4], values: [1] }] },
      /impossible shape/,
    ],
    ['a negative dimension of an input', { inputs: [{ name: 'image', shape: [1, -7] }] }, /impossible dimension/],
    [
      'a shape that overflows',
      { initializers: [{ name: 'w', dims: [2 ** 40, 2 ** 40], values: [] }] },
      /impossible shape/,
    ],
    ['a shape that lies', { initializers: [{ name: 'w', dims: [4000], values: [1, 2] }] }, /16000 bytes, and holds 8/],
    ['an unknown element type', { initializers: [{ name: 'w', type: 99, dims: [1], values: [1] }] }, /unknown type/],
  ])('%s', async (_, change, reason) => {
    expect(await reasonOf(model(smallNetwork(change)))).toMatch(reason);
  });
});

describe('the bundled reference models', () => {
  const folder = new URL('../../benchmarks/data/models/', import.meta.url);
  test.each([
    ['bl-64', 105_610, 15],
    ['bl-64-stepaxis', 105_610, 3],
    ['bl-64-stateful', 105_610, 5],
    ['ff-64', 42_826, 3],
    ['ffdeep-64', 105_882, 3],
  ])('%s has %d parameters', async (name, parameters, outputs) => {
    const graph = await readOnnxGraph(file(readFileSync(new URL(`${name}.onnx`, folder))));
    expect(graph.parameters).toBe(parameters);
    expect(graph.outputs).toHaveLength(outputs);
    expect(graph.producer).toBe('pytorch 1.13.0');
  });
});
