import { describe, expect, test } from 'vitest';
import { semanticDigest } from '../src/index.js';
import { temporaryFolder } from './support/files.js';
import { type ModelSpec, model, smallNetwork } from './support/onnx-writer.js';

const { put } = temporaryFolder();
const digest = (change: Partial<ModelSpec> = {}) =>
  semanticDigest('onnx', { 'model.onnx': put('model.onnx', model(smallNetwork(change))) });
const weights = [0.5, -1, 3, 4, 5, 6];
const shape = { name: 'shape', type: 7, dims: [3], values: [1, -1, 300] };

describe('semantic digest: what does not matter', () => {
  test('producer, IR version, doc strings, names of graph and nodes', async () => {
    const { nodes = [] } = smallNetwork();
    const again = await digest({
      producer: 'another exporter 9',
      irVersion: 9,
      name: 'main_graph',
      doc: 'exported from /home/somebody/model.py',
      nodes: nodes.map((node, i) => ({ ...node, name: `node_${i}`, doc: 'line 12' })),
    });
    expect(again).toBe(await digest());
  });

  test('how float values are written', async () => {
    const as = (how: 'raw' | 'packed' | 'unpacked') =>
      digest({ initializers: [{ name: 'w', dims: [2, 3, 1, 1], values: weights, as: how }] });
    expect(await as('packed')).toBe(await as('raw'));
    expect(await as('unpacked')).toBe(await as('raw'));
  });

  test('how integer values are written', async () => {
    const as = (how: 'raw' | 'packed' | 'unpacked') => digest({ initializers: [{ ...shape, as: how }] });
    expect(await as('packed')).toBe(await as('raw'));
    expect(await as('unpacked')).toBe(await as('raw'));
  });

  test('integer values over many chunks, whose borders fall inside numbers', async () => {
    const values = Array.from({ length: 700_000 }, (_, i) => (i % 3 === 0 ? -i : i * 7));
    const as = (how: 'raw' | 'packed') =>
      digest({ initializers: [{ name: 'big', type: 7, dims: [values.length], values, as: how }] });
    expect(await as('packed')).toBe(await as('raw'));
  });

  test('the order of initializers, and packing of attributes', async () => {
    const w = { name: 'w', dims: [1], values: [1] };
    expect(await digest({ initializers: [shape, w] })).toBe(await digest({ initializers: [w, shape] }));
    const node = (packed: boolean) => ({
      nodes: [{ op: 'Conv', outputs: ['it'], attributes: [{ name: 'pads', ints: [1, 2, 300], packed }] }],
    });
    expect(await digest(node(true))).toBe(await digest(node(false)));
  });
});

describe('semantic digest: what does matter', () => {
  test.each<[string, Partial<ModelSpec>]>([
    ['a weight', { initializers: [{ name: 'w', dims: [2, 3, 1, 1], values: [1, 2, 3, 4, 5, 7] }] }],
    ['the shape of a weight', { initializers: [{ name: 'w', dims: [3, 2, 1, 1], values: [1, 2, 3, 4, 5, 6] }] }],
    ['the operator set', { opset: 17 }],
    ['an operator', { nodes: smallNetwork().nodes!.map((n) => (n.op === 'Relu' ? { ...n, op: 'Tanh' } : n)) }],
    [
      'an attribute',
      {
        nodes: smallNetwork().nodes!.map((n) =>
          n.op === 'Conv' ? { ...n, attributes: [{ name: 'pads', ints: [0, 0, 0, 0] }] } : n,
        ),
      },
    ],
    ['the name of an output', { outputs: [{ name: 'relu', shape: ['batch', 128] }] }],
    ['a size of the input', { inputs: [{ name: 'image', shape: ['batch', 3, 16, 16] }] }],
  ])('%s', async (_, change) => {
    expect(await digest(change)).not.toBe(await digest());
  });

  test('a weight inside a subgraph', async () => {
    const withBranch = (value: number) =>
      digest({
        nodes: [
          {
            op: 'If',
            outputs: ['it'],
            attributes: [
              {
                name: 'then_branch',
                graph: {
                  nodes: [{ op: 'Relu', outputs: ['y'] }],
                  initializers: [{ name: 'v', dims: [1], values: [value] }],
                },
              },
            ],
          },
        ],
      });
    expect(await withBranch(1)).not.toBe(await withBranch(2));
  });
});
