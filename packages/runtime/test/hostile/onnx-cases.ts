import {
  type AttributeSpec,
  type GraphSpec,
  type ModelSpec,
  model,
  type NodeSpec,
} from '../../../formats/test/support/onnx-writer.js';
import { endless, memoryEater, SIDE } from '../models.js';
import { onnxFile } from '../onnx-writer.js';
import { about, type HostileCase } from './case.js';

const AT_UPLOAD: [name: string, bytes: Uint8Array, code: string][] = [];
const IN_RUN: [name: string, bytes: Uint8Array, kind: string, code: string][] = [];

/** IT is the mean over pixels, as float32 [batch][3]; what is added stands beside it. */
const network = (add: Partial<ModelSpec> & { before?: NodeSpec[] } = {}): Uint8Array => {
  const { before = [], ...rest } = add;
  return model({
    nodes: [...before, ...MEAN],
    inputs: [{ name: 'image', shape: ['batch', 3, SIDE, SIDE] }],
    outputs: [{ name: 'it', shape: ['batch', 3] }],
    ...rest,
  });
};
const MEAN: NodeSpec[] = [
  { op: 'GlobalAveragePool', inputs: ['image'], outputs: ['pooled'] },
  { op: 'Flatten', inputs: ['pooled'], outputs: ['it'] },
];

const node = (op: string, inputs: string[], outputs: string[], attributes: AttributeSpec[] = []): NodeSpec => ({
  op,
  inputs,
  outputs,
  attributes,
});
/** `it` through one more operator. */
const through = (op: string, inputs: string[], attributes: AttributeSpec[] = [], rest: Partial<ModelSpec> = {}) =>
  network({
    nodes: [
      node('GlobalAveragePool', ['image'], ['pooled']),
      node('Flatten', ['pooled'], ['flat']),
      node(op, inputs, ['out'], attributes),
      node('Identity', ['out'], ['it']),
    ],
    ...rest,
  });
/** Four numbers in another file. */
const beside = (external: Record<string, string>) => network({ initializers: [{ name: 'w', dims: [4], external }] });
const many = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
const TERABYTES = { name: 'shape', type: 7, dims: [4], values: [1024, 1024, 1024, 1024] };

function nestedIfs(depth: number): GraphSpec {
  const inner: GraphSpec = depth === 0 ? { nodes: [node('Relu', ['it'], ['innermost'])] } : nestedIfs(depth - 1);
  return {
    nodes: [{ op: 'If', inputs: ['c'], outputs: [`if${depth}`], attributes: [{ name: 'then_branch', graph: inner }] }],
  };
}

/** Function n calls function n - 1 ten times. */
const laughs = many(12, (level) => ({
  domain: 'local',
  name: `laugh${level}`,
  nodes: many(10, (i) => ({
    ...(level === 0 ? { op: 'Relu' } : { op: `laugh${level - 1}`, domain: 'local' }),
    outputs: [`y${i}`],
  })),
}));

const whole = Buffer.from(network());
const varint = (...bytes: number[]) => Uint8Array.from(bytes);

AT_UPLOAD.push(
  [
    'external data above the upload',
    network({ initializers: [{ name: 'w', dims: [4], external: { location: '../../../etc/passwd' } }] }),
    'path_refused',
  ],
  [
    'external data at an absolute path',
    network({ initializers: [{ name: 'w', dims: [4], external: { location: '/etc/passwd' } }] }),
    'path_refused',
  ],
  [
    'external data in /proc',
    network({ initializers: [{ name: 'w', dims: [4], external: { location: '/proc/self/environ' } }] }),
    'path_refused',
  ],
  ['external data that was not sent', beside({ location: 'weights.bin' }), 'file_missing'],
  ['external data in the model itself', beside({ location: 'model.onnx' }), 'path_refused'],
  ['external data that lies about its length', beside({ location: 'weights.bin', length: '2' }), 'not_onnx'],
  ['external data before its file', beside({ location: 'weights.bin', offset: '-16' }), 'not_onnx'],
  [
    'a constant of 4 TB',
    network({ before: [node('ConstantOfShape', ['shape'], ['huge'])], initializers: [TERABYTES] }),
    'model_too_complex',
  ],
  [
    'an expansion to 4 TB',
    network({ before: [node('Expand', ['image', 'shape'], ['huge'])], initializers: [TERABYTES] }),
    'model_too_complex',
  ],
  ['deep nesting', network({ before: nestedIfs(100).nodes ?? [] }), 'model_too_complex'],
  [
    'a custom operator',
    network({ before: [{ op: 'Shell', domain: 'com.evil', outputs: ['x'] }] }),
    'operator_not_supported',
  ],
  ['a negative dimension', network({ initializers: [{ name: 'w', dims: [-3], values: [1] }] }), 'not_onnx'],
  [
    'dimensions that overflow',
    network({ initializers: [{ name: 'w', dims: [2 ** 40, 2 ** 40], values: [] }] }),
    'not_onnx',
  ],
  ['lying dimensions', network({ initializers: [{ name: 'w', dims: [1000, 1000], values: [1, 2, 3] }] }), 'not_onnx'],
  ['an input of a negative size', network({ inputs: [{ name: 'image', shape: [1, -3, SIDE, SIDE] }] }), 'not_onnx'],
  ['10,000 outputs', network({ outputs: many(10_000, (i) => ({ name: `it${i}` })) }), 'model_too_complex'],
  ['200,000 nodes', network({ before: many(200_000, (i) => node('Relu', ['image'], [`r${i}`])) }), 'model_too_complex'],
  ['a huge name', network({ before: [node('Relu', ['image'], ['x'.repeat(1_000_000)])] }), 'model_too_complex'],
  [
    'a function that calls itself',
    network({ functions: [{ domain: 'local', name: 'f', nodes: [{ op: 'f', domain: 'local', outputs: ['y'] }] }] }),
    'model_too_complex',
  ],
  ['functions that multiply', network({ functions: laughs }), 'model_too_complex'],
  ['an operator set of the future', network({ opset: 99 }), 'opset_not_supported'],
  ['a format of the future', network({ irVersion: 99 }), 'opset_not_supported'],
  ['nothing', new Uint8Array(0), 'file_empty'],
  ['one byte', Uint8Array.of(8), 'not_onnx'],
  ['zeros', new Uint8Array(4096), 'not_onnx'],
  ['a zip archive', Buffer.from('PK\x03\x04 and then some'), 'not_onnx'],
  ['truncated in its graph', whole.subarray(0, Math.floor(whole.length / 2)), 'not_onnx'],
  ['truncated by one byte', whole.subarray(0, whole.length - 1), 'not_onnx'],
  ['a number of twenty bytes', Buffer.concat([whole, varint(8, ...many(20, () => 0xff), 1)]), 'not_onnx'],
  ['a tag of twenty bytes', Buffer.concat([whole, varint(...many(20, () => 0xff), 1)]), 'not_onnx'],
  ['a length of 2^63', Buffer.concat([whole, varint(0x3a, ...many(8, () => 0xff), 0x7f)]), 'not_onnx'],
  ['a length of 4 GiB', Buffer.concat([whole, varint(0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f)]), 'not_onnx'],
  ['groups without end', Buffer.concat([whole, Buffer.alloc(10_000, 0x0b)]), 'not_onnx'],
  ['a graph that is a number', Buffer.concat([whole, varint(0x38, 1)]), 'not_onnx'],
  [
    'a million dimensions',
    network({ initializers: [{ name: 'w', dims: many(1_000_000, () => 1), values: [1] }] }),
    'not_onnx',
  ],
);

/** TypeProto of a sequence of a sequence of ... */
function nestedType(depth: number): Buffer {
  let type: Uint8Array = Buffer.from([0x0a, 0x02, 0x08, 0x01]);
  for (let level = 0; level < depth; level++) type = field(4, field(1, type));
  return field(7, field(13, Buffer.concat([field(1, Buffer.from('deep')), field(2, type)])));
}

/** A length-delimited field. */
function field(number: number, content: Uint8Array): Buffer {
  const head = [(number << 3) | 2];
  let rest = content.length;
  for (; rest >= 128; rest >>= 7) head.push((rest & 127) | 128);
  return Buffer.concat([Uint8Array.from([...head, rest]), content]);
}

const conv = (attributes: AttributeSpec[]) =>
  network({
    nodes: [
      node('Conv', ['image', 'w'], ['conv'], attributes),
      node('GlobalAveragePool', ['conv'], ['pooled']),
      node('Flatten', ['pooled'], ['it']),
    ],
    initializers: [{ name: 'w', dims: [3, 3, 3, 3], values: many(81, (i) => i) }],
  });
const ints = (name: string, ...values: number[]): AttributeSpec => ({ name, ints: values });
const nan = through('Mul', ['flat', 'nan'], [], { initializers: [{ name: 'nan', dims: [1], values: [Number.NaN] }] });
const infinite = through('Div', ['flat', 'zero'], [], { initializers: [{ name: 'zero', dims: [1], values: [0] }] });

IN_RUN.push(
  ['a loop without end', onnxFile(endless), 'timeout', 'model_timeout'],
  ['NaN weights', nan, 'contract_violation', 'activations_not_finite'],
  ['infinite activations', infinite, 'contract_violation', 'activations_not_finite'],
  ['an expansion to 8 GiB', onnxFile(memoryEater), 'out_of_memory', 'model_out_of_memory'],
  [
    'a constant of 2 GiB',
    through('Add', ['flat', 'total'], [], {
      nodes: [
        node('ConstantOfShape', ['shape'], ['huge']),
        node('ReduceSum', ['huge'], ['total']),
        node('GlobalAveragePool', ['image'], ['pooled']),
        node('Flatten', ['pooled'], ['flat']),
        node('Add', ['flat', 'total'], ['it']),
      ],
      initializers: [{ name: 'shape', type: 7, dims: [1], values: [2 ** 29] }],
    }),
    'out_of_memory',
    'model_out_of_memory',
  ],
  ['an operator that does not exist', through('NoSuchOperator', ['flat']), 'model_error', 'model_load_failed'],
  ['inputs from nowhere', through('Add', ['flat', 'nowhere']), 'model_error', 'model_load_failed'],
  ['a graph that bites its tail', through('Add', ['flat', 'out']), 'model_error', 'model_load_failed'],
  ['strides of zero', conv([ints('strides', 0, 0)]), 'model_error', 'model_load_failed'],
  ['negative padding', conv([ints('pads', -9, -9, -9, -9)]), 'model_error', 'model_load_failed'],
  ['a dilation of 2^60', conv([ints('dilations', 2 ** 60, 2 ** 60)]), 'model_error', 'model_run_failed'],
  ['padding of 2^60', conv([ints('pads', 2 ** 60, 2 ** 60, 2 ** 60, 2 ** 60)]), 'model_error', 'model_run_failed'],
  ['a kernel of the wrong size', conv([ints('kernel_shape', 7, 7)]), 'model_error', 'model_run_failed'],
  [
    'an index outside of its tensor',
    through('Gather', ['flat', 'index'], [], {
      initializers: [{ name: 'index', type: 7, dims: [1], values: [-(2 ** 40)] }],
    }),
    'model_error',
    'model_run_failed',
  ],
  [
    'a list that lies about its length',
    through('Reshape', ['flat', 'lie'], [], {
      initializers: [{ name: 'lie', type: 7, dims: [1_000_000], values: [1, 2], as: 'packed' }],
    }),
    'model_error',
    'model_load_failed',
  ],
  ['types within types', Buffer.concat([network(), nestedType(5_000)]), 'model_error', 'model_load_failed'],
);

export const ONNX_CASES: HostileCase[] = [
  ...AT_UPLOAD.map(([name, bytes, refused]) => ({
    name,
    manifest: about(name),
    files: { 'model.onnx': bytes },
    refused,
  })),
  ...IN_RUN.map(([name, bytes, kind, code]) => ({
    name,
    manifest: about(name),
    files: { 'model.onnx': bytes },
    fails: { kind, code },
  })),
];
