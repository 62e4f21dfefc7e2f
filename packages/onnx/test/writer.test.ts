import { BinaryReader } from '@bufbuild/protobuf/wire';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { encodeModel, type GraphMessage, littleEndian, type ModelMessage } from '../src/index.js';

process.env['ORT_DISABLE_TELEMETRY'] = '1';

/** A file's fields as nested lists [number, value]: what any protobuf reader sees. */
function fields(bytes: Uint8Array): [number, bigint | Uint8Array | number][] {
  const reader = new BinaryReader(bytes);
  const found: [number, bigint | Uint8Array | number][] = [];
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (wire === 0) found.push([field, BigInt(reader.int64())]);
    else if (wire === 2) found.push([field, reader.bytes()]);
    else found.push([field, reader.float()]);
  }
  return found;
}

const of = (bytes: Uint8Array, number: number) => fields(bytes).filter(([field]) => field === number);
const inside = (bytes: Uint8Array, ...path: number[]): Uint8Array =>
  path.reduce((at, number) => of(at, number)[0]![1] as Uint8Array, bytes);
const text = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString();

async function run(graph: GraphMessage, feeds: Record<string, ort.Tensor>, more: Partial<ModelMessage> = {}) {
  const bytes = encodeModel({ irVersion: 8, opsets: [{ version: 17 }], graph: { name: 'test', ...graph }, ...more });
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const out = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(out).map(([name, { data }]) => [name, [...(data as Float32Array)]]));
}

const floats = (...values: number[]): Uint8Array => littleEndian(Float32Array.from(values));
const x = { x: new ort.Tensor('float32', [1, -2, 3], [3]) };
const input = { name: 'x', type: 'float32', dims: ['n'] } as const;

describe('a written model', () => {
  it('runs: nodes, initializers, symbolic dimensions, outputs by bare name', async () => {
    const out = await run(
      {
        nodes: [
          { op: 'Mul', inputs: ['x', 'w'], outputs: ['scaled'], name: 'scale', docString: 'by w' },
          { op: 'Elu', inputs: ['scaled'], outputs: ['y'], attributes: { alpha: { float: 2 } } },
        ],
        initializers: [{ name: 'w', type: 'float32', dims: [1], raw: floats(2) }],
        inputs: [input],
        outputs: [{ name: 'y' }, { name: 'scaled' }],
      },
      x,
    );
    expect(out['scaled']).toEqual([2, -4, 6]);
    expect(out['y']![1]).toBeCloseTo(2 * Math.expm1(-4), 6);
  });

  it('runs with every form of a tensor: raw, packed, by element type', async () => {
    const names = ['f', 'd', 'i', 'l', 'u', 'b'] as const;
    const out = await run(
      {
        nodes: [
          ...names.map((name) => ({
            op: 'Cast',
            inputs: [name],
            outputs: [`${name}f`],
            attributes: { to: { int: 1 } },
          })),
          { op: 'Concat', inputs: names.map((name) => `${name}f`), outputs: ['y'], attributes: { axis: { int: 0 } } },
        ],
        initializers: [
          { name: 'f', type: 'float32', dims: [1], packed: [0.5] },
          { name: 'd', type: 'float64', dims: [1], packed: [-1.25] },
          { name: 'i', type: 'int32', dims: [2], packed: [-7, 2147483647] },
          { name: 'l', type: 'int64', dims: [1], packed: [-9n] },
          { name: 'u', type: 'uint64', dims: [1], packed: [11] },
          { name: 'b', type: 'bool', dims: [1], packed: [1] },
        ],
        outputs: [{ name: 'y', type: 'float32', dims: [7] }],
      },
      {},
    );
    expect(out['y']).toEqual([0.5, -1.25, -7, 2147483648, -9, 11, 1]);
  });

  it('runs with lists, texts, tensors and graphs as attributes, and with an input left out', async () => {
    const branch = (value: number): GraphMessage => ({
      name: `take ${value}`,
      nodes: [
        {
          op: 'Constant',
          outputs: ['c'],
          attributes: { value: { tensor: { type: 'float32', dims: [1], raw: floats(value) } } },
        },
      ],
      outputs: [{ name: 'c' }],
    });
    const out = await run(
      {
        nodes: [
          { op: 'Constant', outputs: ['axes'], attributes: { value_ints: { ints: [0] } } },
          { op: 'Constant', outputs: ['scales'], attributes: { value_floats: { floats: [2] } } },
          {
            op: 'Resize',
            inputs: ['x', '', 'scales'],
            outputs: ['twice'],
            attributes: {
              mode: { string: 'nearest' },
              nearest_mode: { string: 'floor' },
              coordinate_transformation_mode: { string: 'asymmetric' },
            },
          },
          { op: 'ReduceSum', inputs: ['twice', 'axes'], outputs: ['sum'] },
          { op: 'Constant', outputs: ['zero'], attributes: { value_float: { float: 0 } } },
          { op: 'Greater', inputs: ['sum', 'zero'], outputs: ['positive'] },
          {
            op: 'If',
            inputs: ['positive'],
            outputs: ['y'],
            attributes: { then_branch: { graph: branch(5) }, else_branch: { graph: branch(6) } },
          },
        ],
        inputs: [input],
        outputs: [{ name: 'y', type: 'float32', dims: [1] }, { name: 'sum' }],
      },
      x,
    );
    expect(out).toEqual({ y: [5], sum: [4] });
  });

  it('runs with functions of its own', async () => {
    const out = await run(
      {
        nodes: [{ op: 'Double', domain: 'ours', inputs: ['x'], outputs: ['y'] }],
        inputs: [input],
        outputs: [{ name: 'y', type: 'float32', dims: ['n'] }],
      },
      x,
      {
        opsets: [{ version: 17 }, { domain: 'ours', version: 1 }],
        functions: [
          {
            name: 'Double',
            domain: 'ours',
            inputs: ['a'],
            outputs: ['b'],
            nodes: [{ op: 'Add', inputs: ['a', 'a'], outputs: ['b'] }],
            opsets: [{ version: 17 }],
          },
        ],
      },
    );
    expect(out['y']).toEqual([2, -4, 6]);
  });

  it('that is partial changes the file it is appended to', async () => {
    const bytes = encodeModel({
      irVersion: 8,
      opsets: [{ version: 17 }],
      graph: {
        name: 'test',
        nodes: [
          { op: 'Neg', inputs: ['x'], outputs: ['inner'] },
          { op: 'Neg', inputs: ['inner'], outputs: ['y'] },
        ],
        inputs: [input],
        outputs: [{ name: 'y', type: 'float32', dims: ['n'] }],
      },
    });
    const more = encodeModel({ graph: { outputs: [{ name: 'inner' }] } });
    expect(more).toHaveLength(11);
    const session = await ort.InferenceSession.create(Buffer.concat([bytes, more]));
    expect(session.outputNames).toEqual(['y', 'inner']);
    await session.release();
  });
});

describe('fields', () => {
  it('stand under the numbers of onnx.proto3', () => {
    const bytes = encodeModel({
      irVersion: 9,
      producerName: 'p',
      producerVersion: 'v',
      domain: 'd',
      modelVersion: 3,
      docString: 'about',
      opsets: [{ domain: 'ai.onnx.ml', version: 4 }],
      metadata: { key: 'value' },
      graph: {
        name: 'g',
        docString: 'of g',
        values: [{ name: 'inner', type: 'float16', dims: [2, 'n', null], docString: 'info' }],
      },
    });
    expect(fields(bytes).map(([number]) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 14]);
    expect([1, 5].map((number) => of(bytes, number)[0]![1])).toEqual([9n, 3n]);
    expect([2, 3, 4, 6].map((number) => text(inside(bytes, number)))).toEqual(['p', 'v', 'd', 'about']);
    expect([text(inside(bytes, 14, 1)), text(inside(bytes, 14, 2))]).toEqual(['key', 'value']);
    expect([text(inside(bytes, 7, 2)), text(inside(bytes, 7, 10))]).toEqual(['g', 'of g']);
    const info = inside(bytes, 7, 13);
    expect(text(inside(info, 1))).toBe('inner');
    expect(of(inside(info, 2, 1), 1)[0]![1]).toBe(10n);
    const dims = of(inside(info, 2, 1, 2), 1).map(([, dim]) => fields(dim as Uint8Array));
    expect(dims[0]).toEqual([[1, 2n]]);
    expect(text(dims[1]![0]![1])).toBe('n');
    expect(dims[2]).toEqual([]);
  });

  it('of a tensor in another file say where', () => {
    const external = { location: 'weights.bin', offset: 4096, length: 12 };
    const tensor = inside(
      encodeModel({ graph: { initializers: [{ name: 'w', type: 1, dims: [3], external }] } }),
      7,
      5,
    );
    const entries = of(tensor, 13).map(([, entry]) =>
      [1, 2].map((number) => text(inside(entry as Uint8Array, number))),
    );
    expect(entries).toEqual([
      ['location', 'weights.bin'],
      ['offset', '4096'],
      ['length', '12'],
    ]);
    expect(of(tensor, 14)).toEqual([[14, 1n]]);
  });

  it('of attributes tell their kind', () => {
    const tensor = { type: 'float32', dims: [] } as const;
    const kinds = {
      a: { float: 0 },
      b: { int: -1 },
      c: { string: Uint8Array.of(255) },
      d: { tensor },
      e: { graph: {} },
      f: { floats: [1] },
      g: { ints: [1n] },
      h: { strings: ['s'] },
      i: { tensors: [tensor] },
      j: { graphs: [{}] },
    };
    const node = inside(encodeModel({ graph: { nodes: [{ op: 'Any', attributes: kinds }] } }), 7, 1);
    const attributes = of(node, 5).map(([, attribute]) => attribute as Uint8Array);
    expect(attributes.map((attribute) => of(attribute, 20)[0]![1])).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n]);
    expect(attributes.map((attribute) => fields(attribute)[1]![0])).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(of(attributes[1]!, 3)[0]![1]).toBe(-1n);
  });

  it('take no number that does not fit', () => {
    expect(() => encodeModel({ irVersion: 1.5 })).toThrow();
    expect(() => encodeModel({ graph: { initializers: [{ type: 'int64', dims: [2 ** 60, 0.5] }] } })).toThrow();
  });
});

describe('little-endian bytes', () => {
  it('are those of the view alone', () => {
    const whole = Float32Array.of(1, 2, 3, 4);
    expect([...littleEndian(whole.subarray(1, 3))]).toEqual([0, 0, 0, 64, 0, 0, 64, 64]);
    expect([...littleEndian(BigInt64Array.of(-2n))]).toEqual([254, 255, 255, 255, 255, 255, 255, 255]);
  });
});
