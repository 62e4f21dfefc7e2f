import type { OnnxManifest } from '@corescore/contracts';
import { readOnnxGraph } from '@corescore/onnx';
import { describe, expect, test } from 'vitest';
import { fixedBatch, IMAGE_TYPES, inspectNetwork, onnxContractErrors } from '../src/index.js';
import { refusal, temporaryFolder } from './support/files.js';
import { type AttributeSpec, type ModelSpec, model, type NodeSpec, smallNetwork } from './support/onnx-writer.js';

const { put } = temporaryFolder();
const manifest: OnnxManifest = {
  manifestVersion: 1,
  name: 'net',
  kind: 'onnx',
  input: { name: 'image', layout: 'NCHW', size: [8, 8], channels: 3, visualDegrees: 8 },
  regions: { IT: { output: 'it' } },
};
const graphOf = (change: Partial<ModelSpec> = {}) => readOnnxGraph(put('model.onnx', model(smallNetwork(change))));
const refused = async (m: Partial<OnnxManifest>, change: Partial<ModelSpec> = {}) => {
  const graph = await graphOf(change);
  return refusal(() => {
    for (const error of onnxContractErrors({ ...manifest, ...m }, graph)) throw error;
  });
};
const withInput = (change: Partial<OnnxManifest['input']>) => ({ input: { ...manifest.input, ...change } });
const shaped = (...shape: (number | string | null)[]): Partial<ModelSpec> => ({ inputs: [{ name: 'image', shape }] });

describe('what fits', () => {
  test.each<[string, (number | string | null)[], number | null]>([
    ['a symbolic batch', ['N', 3, 8, 8], null],
    ['a batch fixed at 1', [1, 3, 8, 8], 1],
    ['a batch fixed at 16', [16, 3, 8, 8], 16],
    ['symbolic sizes', ['N', 'c', 'h', null], null],
  ])('%s', async (_, shape, batch) => {
    const graph = await graphOf(shaped(...shape));
    expect([...onnxContractErrors(manifest, graph)]).toEqual([]);
    expect(fixedBatch(graph, 'image')).toBe(batch);
  });

  test('NHWC, uint8, an input without a stated shape, an inner tensor as IT', async () => {
    const nhwc = await graphOf({ inputs: [{ name: 'image', type: 2, shape: [1, 8, 8, 3] }] });
    expect([...onnxContractErrors({ ...manifest, ...withInput({ layout: 'NHWC' }) }, nhwc)]).toEqual([]);
    const shapeless = await graphOf({ inputs: [{ name: 'image' }] });
    expect([...onnxContractErrors({ ...manifest, regions: { IT: { output: 'conv' } } }, shapeless)]).toEqual([]);
  });
});

describe('the input', () => {
  test('another name', async () => {
    const error = await refused(withInput({ name: 'img' }));
    expect(error).toMatchObject({ code: 'input_not_found', field: '/input/name' });
    expect(error.remedy).toContain('"image"');
  });

  test.each<[string, Partial<OnnxManifest['input']>, (number | string)[], string, RegExp]>([
    ['another size', { size: [16, 16] }, ['N', 3, 8, 8], '/input/size', /height is 16, the model's 8/],
    ['another number of channels', { channels: 1 }, ['N', 3, 8, 8], '/input/channels', /channels is 1/],
    ['the other layout', {}, ['N', 8, 8, 3], '/input/layout', /NCHW/],
    ['three dimensions', {}, [3, 8, 8], '/input/name', /4 dimensions/],
  ])('%s', async (_, input, shape, field, detail) => {
    const error = await refused(withInput(input), shaped(...shape));
    expect(error).toMatchObject({ code: 'input_shape', field });
    expect(error.message).toMatch(detail);
    expect(error.remedy).toBeTruthy();
  });

  test.each([
    ['int8', 3],
    ['bfloat16', 16],
    ['string', 8],
  ])('an input of %s, which images are not fed as', async (name, type) => {
    const error = await refused({}, { inputs: [{ name: 'image', type, shape: [1, 3, 8, 8] }] });
    expect(error).toMatchObject({ code: 'array_dtype', field: '/input/name' });
    expect(error.message).toContain(`not ${name}`);
    for (const taken of IMAGE_TYPES.onnx) expect(error.message).toContain(taken);
  });

  test.each([...IMAGE_TYPES.onnx.entries()])(
    'an input of each type that images are fed as (%i: %s)',
    async (_, type) => {
      const number = { float32: 1, uint8: 2, int32: 6, int64: 7, float16: 10, float64: 11 }[type];
      const graph = await graphOf({ inputs: [{ name: 'image', type: number, shape: [1, 3, 8, 8] }] });
      expect([...onnxContractErrors(manifest, graph)].filter(({ code }) => code === 'array_dtype')).toEqual([]);
    },
  );

  test('a further input that nothing feeds', async () => {
    const error = await refused({}, { inputs: [{ name: 'image', shape: [1, 3, 8, 8] }, { name: 'mask' }] });
    expect(error).toMatchObject({ code: 'input_not_found' });
    expect(error.message).toContain('"mask"');
  });
});

describe('outputs', () => {
  test('one that is not there names close ones', async () => {
    const error = await refused({ regions: { IT: { output: 'relo' } } });
    expect(error).toMatchObject({ code: 'output_not_found', field: '/regions/IT/output' });
    expect(error.remedy).toContain('"relu"');
    expect(error.remedy).toContain('"it"');
  });

  test('one step of a list, and the readout', async () => {
    expect(await refused({ regions: { IT: { outputs: ['it', 'nothing-like-it'] } } })).toMatchObject({
      field: '/regions/IT/outputs/1',
    });
    expect(await refused({ readout: { output: 'logits', labels: ['a', 'b'] } })).toMatchObject({
      code: 'output_not_found',
      field: '/readout/output',
    });
  });
});

describe('state', () => {
  const stateful = (hidden: (number | string)[]): Partial<ModelSpec> => ({
    inputs: [
      { name: 'image', shape: ['N', 3, 8, 8] },
      { name: 'h_in', shape: hidden },
    ],
    outputs: [
      { name: 'it', shape: ['N', 128] },
      { name: 'h_out', shape: ['N', 4] },
    ],
  });
  const state = (input: string, output: string) => ({ steps: 3, state: [{ input, output }] });

  test('a pair that fits', async () => {
    const graph = await graphOf(stateful(['N', 4]));
    expect([...onnxContractErrors({ ...manifest, ...state('h_in', 'h_out') }, graph)]).toEqual([]);
  });

  test('an output of another shape, an input or output that is not there, the image input', async () => {
    expect(await refused(state('h_in', 'h_out'), stateful(['N', 5]))).toMatchObject({
      code: 'input_shape',
      field: '/state/0',
    });
    expect(await refused(state('h', 'h_out'), stateful(['N', 4]))).toMatchObject({
      code: 'input_not_found',
      field: '/state/0/input',
    });
    expect(await refused(state('h_in', 'h'), stateful(['N', 4]))).toMatchObject({
      code: 'output_not_found',
      field: '/state/0/output',
    });
    expect(await refused(state('image', 'h_out'), stateful(['N', 4]))).toMatchObject({
      code: 'input_not_found',
      field: '/state/0/input',
    });
  });
});

/** Where the graph of a manifest's model contradicts it, before anything runs. */
const disagreements = async (m: Partial<OnnxManifest>, change: Partial<ModelSpec> = {}) => {
  const path = put('inspected.onnx', model(smallNetwork(change)));
  const { errors } = await inspectNetwork({ ...manifest, ...m }, { 'model.onnx': path });
  return errors.map(({ code, field }) => `${code} ${field}`);
};

describe('element types of what is recorded, found without running the model', () => {
  const FLOAT = 1;
  const INT64 = 7;
  const then = (...nodes: NodeSpec[]) => ({ nodes: [...(smallNetwork().nodes ?? []), ...nodes] });
  const node = (op: string, attributes: AttributeSpec[] = [], inputs = ['relu']): NodeSpec => ({
    ...{ op, inputs, outputs: ['tapped'], attributes },
  });
  const tapped: Partial<OnnxManifest> = { regions: { IT: { output: 'tapped' } } };
  const REFUSED = ['array_dtype /regions/IT/output'];

  test.each<[string, NodeSpec, string[]]>([
    ['a sequence', node('SequenceConstruct'), REFUSED],
    ['places of maxima', node('ArgMax'), REFUSED],
    ['comparisons', node('Greater', [], ['relu', 'w']), REFUSED],
    ['a cast to int64', node('Cast', [{ name: 'to', int: INT64 }]), REFUSED],
    ['a cast to float', node('Cast', [{ name: 'to', int: FLOAT }]), []],
    ['a product', node('Mul', [], ['relu', 'relu']), []],
    ['an operator of which nothing is known', node('Unknown'), []],
  ])('%s', async (_, made, expected) => {
    expect(await disagreements(tapped, then(made))).toEqual(expected);
  });

  test('a type is carried through what only moves values, and an output states its own', async () => {
    const places = [node('ArgMax'), { op: 'Reshape', inputs: ['tapped', 'w'], outputs: ['moved'] }];
    expect(await disagreements({ regions: { IT: { output: 'moved' } } }, then(...places))).toEqual(REFUSED);
    const stated = { outputs: [{ name: 'it', type: INT64, shape: ['batch', 128] }] };
    expect(await disagreements({}, stated)).toEqual(REFUSED);
  });

  test('a state of a type that cannot be carried', async () => {
    const change = {
      inputs: [
        { name: 'image', shape: ['N', 3, 8, 8] },
        { name: 'state', type: 2, shape: ['N', 128] },
      ],
    };
    const state = { state: [{ input: 'state', output: 'it' }], steps: 2, clock: { onsetMs: 0, stepMs: 1 } };
    expect(await disagreements(state, change)).toEqual(['array_dtype /state/0/input']);
  });
});

describe('shapes of what is recorded, found without running the model', () => {
  const steps = (count: number, change: Partial<ModelSpec> = {}): Partial<ModelSpec> => ({
    outputs: [{ name: 'it', shape: [count, 'N', 128] }],
    ...change,
  });
  const clock = { onsetMs: 70, stepMs: 10 };

  test('a step axis that is not there', async () => {
    const regions = { IT: { output: 'it', stepAxis: 2 } };
    expect(await disagreements({ regions, clock })).toEqual(['array_shape /regions/IT/stepAxis']);
    const inner = { IT: { output: 'conv', stepAxis: 4 } };
    expect(await disagreements({ regions: inner, clock })).toEqual(['array_shape /regions/IT/stepAxis']);
  });

  test('steps that the clock does not fit', async () => {
    const regions = { IT: { output: 'it', stepAxis: 0 } };
    expect(await disagreements({ regions, clock: { ...clock, firstStep: 3 } }, steps(3))).toEqual([
      'invalid_manifest /clock/firstStep',
    ]);
    const windowsMs: [number, number][] = [
      [70, 80],
      [80, 90],
    ];
    expect(await disagreements({ regions, clock: { windowsMs } }, steps(3))).toEqual([
      'invalid_manifest /clock/windowsMs',
    ]);
    expect(await disagreements({ regions, clock }, steps(3))).toEqual([]);
  });

  test('steps with other features, and labels that are not as many as the values', async () => {
    const regions = { IT: { outputs: ['it', 'w2'] } };
    const change = {
      nodes: [...(smallNetwork().nodes ?? []), { op: 'GlobalAveragePool', inputs: ['relu'], outputs: ['w2'] }],
    };
    expect(await disagreements({ regions, clock }, change)).toEqual(['array_shape /regions/IT/outputs/1']);
    const readout = { output: 'it', labels: ['a', 'b'] };
    expect(await disagreements({ readout })).toEqual(['array_shape /readout/labels']);
  });

  test('a clock over a step axis with one entry is warned of', async () => {
    const path = put('one.onnx', model(smallNetwork(steps(1))));
    const about = { ...manifest, clock, regions: { IT: { output: 'it', stepAxis: 0 } } };
    const { facts } = await inspectNetwork(about, { 'model.onnx': path });
    expect(facts!.warnings).toMatchObject([{ code: 'clock_unused', field: '/regions/IT/stepAxis' }]);
  });
});
