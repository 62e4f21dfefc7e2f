import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { refusal, temporaryFolder } from '../../formats/test/support/files.js';
import {
  type GraphSpec,
  type ModelSpec,
  model,
  type NodeSpec,
  smallNetwork,
} from '../../formats/test/support/onnx-writer.js';
import { readOnnxGraph } from '../src/index.js';
import { GRAPH_LIMITS } from '../src/reader/limits.js';

const { put } = temporaryFolder();
let files = 0;
const read = (change: Partial<ModelSpec>) => readOnnxGraph(put(`model-${files++}.onnx`, model(smallNetwork(change))));

/** `depth` If nodes, one inside the other. */
function nested(depth: number): GraphSpec {
  const inner: GraphSpec = depth === 0 ? { nodes: [{ op: 'Relu', outputs: ['innermost'] }] } : nested(depth - 1);
  return { nodes: [{ op: 'If', outputs: [`if${depth}`], attributes: [{ name: 'then_branch', graph: inner }] }] };
}

const relus = (n: number, name = 'r'): NodeSpec[] =>
  Array.from({ length: n }, (_, i) => ({ op: 'Relu', inputs: ['image'], outputs: [`${name}${i}`] }));
const named = (n: number) => Array.from({ length: n }, (_, i) => ({ name: `o${i}` }));

/** A node that makes a tensor of the shape, and nothing else that could be refused. */
const made = (op: string, inputs: string[], rest: Partial<NodeSpec> = {}): NodeSpec[] => [
  { op: 'Flatten', inputs: ['image'], outputs: ['it'] },
  { op, inputs, outputs: ['made'], ...rest },
];
const TERABYTES = [1024, 1024, 1024, 1024];
const shape = (values: number[], as: 'raw' | 'packed' | 'unpacked' = 'raw') => ({
  name: 'shape',
  type: 7,
  dims: [values.length],
  values,
  as,
});

/** Function n calls function n - 1 twice. */
const doubling = (levels: number) =>
  Array.from({ length: levels }, (_, level) => {
    const call = level === 0 ? { op: 'Relu' } : { op: `f${level - 1}`, domain: 'local' };
    return { domain: 'local', name: `f${level}`, nodes: [0, 1].map((i) => ({ ...call, outputs: [`y${i}`] })) };
  });

const REFUSED: [what: string, change: Partial<ModelSpec>, code: string, detail: RegExp][] = [
  ['a newer format', { irVersion: 14 }, 'opset_not_supported', /IR version 14.*up to 13/],
  ['a newer operator set', { opset: 27 }, 'opset_not_supported', /version 27 of the operator set ai\.onnx.*7 to 26/],
  ['an older operator set', { opset: 6 }, 'opset_not_supported', /version 6/],
  [
    'a newer operator set of classical models',
    { imports: { domain: 'ai.onnx.ml', version: 6 } },
    'opset_not_supported',
    /ai\.onnx\.ml/,
  ],
  [
    'an operator of another library',
    { nodes: [{ op: 'Evil', domain: 'com.example', outputs: ['it'] }] },
    'operator_not_supported',
    /operator Evil of the domain "com.example"/,
  ],
  ['deep nesting', nested(9), 'model_too_complex', /nested over 8 deep/],
  ['many outputs', { outputs: named(10_000) }, 'model_too_complex', /over 5,000 outputs/],
  ['many inputs', { inputs: named(1_001) }, 'model_too_complex', /over 1,000 inputs/],
  ['many nodes', { nodes: relus(50_001) }, 'model_too_complex', /over 50,000 nodes/],
  [
    'many initializers',
    { initializers: Array.from({ length: 50_001 }, (_, i) => ({ name: `w${i}`, dims: [0], values: [] })) },
    'model_too_complex',
    /over 50,000 initializers/,
  ],
  [
    'a long name',
    { nodes: [{ op: 'R'.repeat(100_000), outputs: ['it'] }] },
    'model_too_complex',
    /name of 100,000 bytes/,
  ],
  ['long names together', { nodes: relus(20_000, 'r'.repeat(900)) }, 'model_too_complex', /16,777,216 bytes together/],
  [
    'many fields in one node',
    { nodes: [{ op: 'Sum', inputs: Array.from({ length: 1_000_001 }, () => ''), outputs: ['it'] }] },
    'model_too_complex',
    /1,000,000 fields/,
  ],
  [
    'much text beside the weights',
    { doc: ' '.repeat(GRAPH_LIMITS.structureBytes) },
    'model_too_complex',
    /128 MiB without its weights/,
  ],
  [
    'a function that calls itself',
    { functions: [{ domain: 'local', name: 'f', nodes: [{ op: 'f', domain: 'local', outputs: ['y'] }] }] },
    'model_too_complex',
    /calls itself \(local:f\)/,
  ],
  ['functions that multiply', { functions: doubling(40) }, 'model_too_complex', /500,000 nodes with its functions/],
  [
    'a constant of 4 TB',
    { nodes: made('ConstantOfShape', ['shape']), initializers: [shape(TERABYTES)] },
    'model_too_complex',
    /"made" \(ConstantOfShape\).*1,024 GiB/,
  ],
  [
    'a constant of 4 TB, its shape as packed numbers',
    { nodes: made('ConstantOfShape', ['shape']), initializers: [shape(TERABYTES, 'packed')] },
    'model_too_complex',
    /1,024 GiB/,
  ],
  [
    'a constant of 4 TB, its shape from a node',
    {
      nodes: [
        { op: 'Constant', outputs: ['shape'], attributes: [{ name: 'value', tensor: shape(TERABYTES, 'unpacked') }] },
        ...made('ConstantOfShape', ['shape']),
      ],
    },
    'model_too_complex',
    /1,024 GiB/,
  ],
  [
    'an expansion to 4 TB',
    { nodes: made('Expand', ['image', 'shape']), initializers: [shape(TERABYTES)] },
    'model_too_complex',
    /Expand/,
  ],
  [
    'random numbers without end',
    { nodes: made('RandomNormal', [], { attributes: [{ name: 'shape', ints: TERABYTES, packed: true }] }) },
    'model_too_complex',
    /RandomNormal/,
  ],
  [
    'weights of 4 TB in another file',
    { initializers: [{ name: 'w', dims: TERABYTES, external: { location: 'weights.bin' } }] },
    'model_too_complex',
    /tensor "w".*4,096 GiB/,
  ],
  [
    'a constant of negative size',
    { nodes: made('ConstantOfShape', ['shape']), initializers: [shape([2, -1])] },
    'not_onnx',
    /impossible shape \[2, -1\]/,
  ],
  [
    'a tensor of countless dimensions',
    { initializers: [{ name: 'w', dims: Array.from({ length: 500_000 }, () => 1), values: [1] }] },
    'not_onnx',
    /over 64 dimensions/,
  ],
];

describe('a graph over a limit is refused by name', () => {
  test.each(REFUSED)('%s', async (_, change, code, detail) => {
    const error = await refusal(() => read(change));
    expect(error).toMatchObject({ code, field: 'model', message: expect.stringMatching(detail) });
    expect(error.remedy).toBeTruthy();
  });
});

describe('a graph at a limit is read', () => {
  test.each<[string, Partial<ModelSpec>]>([
    ['the oldest operator set', { opset: 7 }],
    ['the newest operator set and format', { opset: 26, irVersion: 13 }],
    ['other operator sets, of which nothing is used', { imports: { domain: 'com.example', version: 99 } }],
    ['8 levels of subgraphs', { ...nested(7), outputs: [{ name: 'if7' }] }],
    ['a name of 1,000 bytes', { nodes: [{ op: 'Relu', inputs: ['image'], outputs: ['n'.repeat(1_000)] }] }],
    ['functions that call each other', { functions: doubling(10) }],
    ['a constant of 1 GiB', { nodes: made('ConstantOfShape', ['shape']), initializers: [shape([1024, 1024, 1024])] }],
    ['a shape that only the image tells', { nodes: made('ConstantOfShape', ['image']) }],
  ])('%s', async (_, change) => {
    expect((await read(change)).nodes).toBeGreaterThan(0);
  });
});

test('while a large graph is read, others have their turn', async () => {
  const path = put('large.onnx', model(smallNetwork({ nodes: relus(GRAPH_LIMITS.nodes), outputs: [{ name: 'r0' }] })));
  let turns = 0;
  let reading = true;
  const others = (async () => {
    while (reading) {
      await setImmediate();
      turns++;
    }
  })();
  expect((await readOnnxGraph(path)).nodes).toBe(GRAPH_LIMITS.nodes);
  reading = false;
  await others;
  expect(turns).toBeGreaterThan(2);
});
