import type { ManifestInput } from '@corescore/contracts';
import { describe, expect, test } from 'vitest';
import { IMAGE_TYPES, imageElements, withRange } from '../src/index.js';
import { inputValues } from '../src/input-values.js';

const input = (change: Partial<ManifestInput> = {}): ManifestInput => ({
  ...{ name: 'image', layout: 'NCHW', size: [64, 64], channels: 3, visualDegrees: 8 },
  ...change,
});
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const said = (change: Partial<ManifestInput>, type: string) => {
  const { error, warnings } = inputValues(input(change), type);
  return [...(error === null ? [] : [`${error.code} ${error.field}`]), ...warnings.map((w) => `${w.code} ${w.field}`)];
};

test('without a range whole numbers are [0, 255], and floating point numbers [0, 1]', () => {
  const ranges = IMAGE_TYPES.onnx.map((type) => [type, withRange(input(), type).range?.join()]);
  expect(Object.fromEntries(ranges)).toEqual({
    ...{ float32: '0,1', float16: '0,1', float64: '0,1' },
    ...{ uint8: '0,255', int32: '0,255', int64: '0,255' },
  });
  expect(withRange(input({ range: [-1, 1] }), 'uint8').range).toEqual([-1, 1]);
});

describe('what is left of the 256 levels of a pixel', () => {
  test.each<[string, Partial<ManifestInput>, string, string[]]>([
    ['floats', {}, 'float32', []],
    ['ImageNet', IMAGENET, 'float32', []],
    ['ImageNet in halves', IMAGENET, 'float16', []],
    ['Caffe', { range: [0, 255], mean: [104, 117, 123], channelOrder: 'bgr' }, 'float32', []],
    ['[0, 255] over 255', { range: [0, 255], std: [255] }, 'float32', []],
    ['bytes', {}, 'uint8', []],
    ['bytes of [0, 1]', { range: [0, 1] }, 'uint8', ['input_values /input/range']],
    ['bytes of [-1, 1]', { range: [-1, 1] }, 'uint8', ['input_values /input/range']],
    ['whole numbers of [-1, 1]', { range: [-1, 1] }, 'int32', ['input_values /input/range']],
    ['bytes over std', { mean: [124], std: [58] }, 'uint8', ['input_values /input/std']],
    ['bytes less a mean: half are cut off', { mean: [128] }, 'uint8', ['coarse_input /input/mean']],
    ['whole numbers less a mean', { mean: [128] }, 'int32', []],
    ['halves far from 0', { mean: [1], std: [1e-4] }, 'float16', []],
    ['two pixels', { size: [1, 2] }, 'float32', ['input_values /input/size']],
    ['a type that images do not come in', { range: [0, 1] }, 'string', []],
  ])('%s', (_, change, type, expected) => {
    expect(said(change, type)).toEqual(expected);
  });
});

test.each<[string, Partial<ManifestInput>, string[]]>([
  ['mean of [0, 255] in [0, 1]', { mean: [123.7] }, ['mean']],
  ['std of [0, 255] in [0, 1]', { mean: [0.5], std: [58] }, ['std']],
  ['mean and std of [0, 1] in [0, 255]', { ...IMAGENET, range: [0, 255] }, ['mean', 'std']],
  ['mean beyond [-1, 1]', { range: [-1, 1], mean: [1.5] }, ['mean']],
  ['none', { mean: [0], std: [1] }, []],
])('mean and std in other units than the range are warned of: %s', (_, change, fields) => {
  const { warnings } = inputValues(input(change), 'float32');
  expect(warnings.filter(({ code }) => code === 'input_units').map(({ field }) => field)).toEqual(
    fields.map((name) => `/input/${name}`),
  );
});

test('elements are rounded half to even, bytes are clamped, whole numbers are not', () => {
  const values = Float32Array.of(-3, 0.5, 1.5, 254.5, 300);
  expect([...imageElements('uint8', values)]).toEqual([0, 0, 2, 254, 255]);
  expect([...imageElements('int32', values)]).toEqual([-3, 0, 2, 254, 300]);
  expect([...imageElements('int64', values)]).toEqual([-3n, 0n, 2n, 254n, 300n]);
  expect([...imageElements('float64', values)]).toEqual([...values]);
  expect([...imageElements('float16', Float32Array.of(1, -2))]).toEqual([0x3c00, 0xc000]);
});
