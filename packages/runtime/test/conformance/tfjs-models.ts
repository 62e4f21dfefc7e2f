import { SIDE, stepNames } from '../models.js';
import { type GraphNode, graphModel, type Layer, layersModel, ofType, placeholder } from '../tfjs-writer.js';
import type { ModelName } from './cases.js';
import { biases, kernel, RECURRENT } from './reference-net.js';

/** Models that TensorFlow.js cannot have: it knows no such element types. */
export const ABSENT = {
  'mean-float16': 'TensorFlow.js has no half precision',
  'mean-float64': 'TensorFlow.js has no double precision',
  'mean-int64': 'TensorFlow.js has no int64',
} as const;

/** The suite's models for TensorFlow.js: layers models, and graph models where layers cannot say it. */
export function tfjsModel(name: ModelName): Record<string, Uint8Array> {
  switch (name) {
    case 'mean':
      return mean([null, 3, SIDE, SIDE], 'channels_first');
    case 'mean-nhwc':
      return mean([null, SIDE, SIDE, 3], 'channels_last');
    case 'mean-fixed-batch':
      return mean([4, 3, SIDE, SIDE], 'channels_first');
    case 'mean-uint8':
    case 'mean-int32':
      return graphOf('int32', [cast('float', 'image', 'float32'), pool('float', 'it')], ['it']);
    case 'mean-integer':
      return graphOf('float32', [pool('image', 'mean'), cast('it', 'mean', 'int32')], ['it']);
    case 'steps':
      return steps();
    case 'step-axis-0':
    case 'step-axis-1':
    case 'step-axis-2':
      return stacked(Number(name.at(-1)));
    case 'leaky':
      return leaky();
    case 'recurrent':
      return recurrent();
    case 'recurrent-stateful':
      return recurrentStep();
    default:
      throw new TypeError(`TensorFlow.js has no ${name}`);
  }
}

const input = (shape: (number | null)[], name = 'image'): Layer => ({
  class: 'InputLayer',
  name,
  config: { batch_input_shape: shape, dtype: 'float32', sparse: false },
});
const image = input([null, 3, SIDE, SIDE]);
const average = (of: string, name: string, format = 'channels_last'): Layer => ({
  class: 'GlobalAveragePooling2D',
  name,
  config: { data_format: format },
  of: [[of]],
});
const same = (of: string, name: string): Layer => ({
  class: 'Activation',
  name,
  config: { activation: 'linear' },
  of: [[of]],
});
const scaled = (of: string, name: string, scale: number): Layer => ({
  class: 'Rescaling',
  name,
  config: { scale, offset: 0 },
  of: [[of]],
});

function mean(shape: (number | null)[], format: string): Record<string, Uint8Array> {
  const layers = [input(shape), average('image', 'pooled', format), same('pooled', 'it')];
  return layersModel({ layers, inputs: ['image'], outputs: ['it'] });
}

function steps(): Record<string, Uint8Array> {
  const names = stepNames(3);
  const layers = names.map((name, t) => scaled('mean', name, t + 1));
  return layersModel({
    layers: [image, average('image', 'mean', 'channels_first'), ...layers],
    inputs: ['image'],
    outputs: names,
  });
}

function leaky(): Record<string, Uint8Array> {
  const layers: Layer[] = [
    image,
    input([null, 3], 'state_in'),
    average('image', 'mean', 'channels_first'),
    scaled('state_in', 'kept', 0.5),
    { class: 'Add', name: 'state_out', of: [['kept', 'mean']] },
    same('state_out', 'it'),
  ];
  return layersModel({ layers, inputs: ['image', 'state_in'], outputs: ['it', 'state_out'] });
}

const convolution = (name: string, bias: boolean, of: Layer['of']): Layer => ({
  class: 'Conv2D',
  name,
  config: {
    filters: RECURRENT.channels,
    kernel_size: [3, 3],
    strides: [1, 1],
    padding: 'same',
    data_format: 'channels_last',
    dilation_rate: [1, 1],
    activation: 'linear',
    use_bias: bias,
  },
  of: of ?? [],
});
const relu = (of: string, name: string): Layer => ({
  class: 'Activation',
  name,
  config: { activation: 'relu' },
  of: [[of]],
});
const drive: Layer[] = [
  image,
  { class: 'Permute', name: 'nhwc', config: { dims: [2, 3, 1] }, of: [['image']] },
  convolution('feedforward', true, [['nhwc']]),
];
const weights = [
  { name: 'feedforward/kernel', shape: [3, 3, 3, RECURRENT.channels], values: kernel('feedforward', 'yxco') },
  { name: 'feedforward/bias', shape: [RECURRENT.channels], values: biases() },
  { name: 'lateral/kernel', shape: [3, 3, RECURRENT.channels, RECURRENT.channels], values: kernel('lateral', 'yxco') },
];

/** The lateral convolution is one layer, applied once a step. */
function recurrent(): Record<string, Uint8Array> {
  const names = stepNames(RECURRENT.steps);
  const layers = [...drive, relu('feedforward', 'h_0')];
  const before = names.slice(1).map((_, i) => [`h_${i}`]);
  layers.push(convolution('lateral', false, before));
  names.slice(1).forEach((_, i) => {
    layers.push({ class: 'Add', name: `sum_${i + 1}`, of: [['feedforward', ['lateral', i]]] });
    layers.push(relu(`sum_${i + 1}`, `h_${i + 1}`));
  });
  names.forEach((name, t) => {
    layers.push(average(`h_${t}`, name));
  });
  return layersModel({ layers, inputs: ['image'], outputs: names, weights });
}

function recurrentStep(): Record<string, Uint8Array> {
  const layers = [
    ...drive,
    input([null, SIDE, SIDE, RECURRENT.channels], 'state_in'),
    convolution('lateral', false, [['state_in']]),
    { class: 'Add', name: 'sum', of: [['feedforward', 'lateral']] },
    relu('sum', 'state_out'),
    average('state_out', 'it'),
  ];
  return layersModel({ layers, inputs: ['image', 'state_in'], outputs: ['it', 'state_out'], weights });
}

const axes = { name: 'axes', shape: [2], values: [2, 3], dtype: 'int32' } as const;
const pool = (of: string, name: string): GraphNode => ({
  name,
  op: 'Mean',
  in: [of, 'axes'],
  attr: { keep_dims: { b: false }, T: ofType('float32'), Tidx: ofType('int32') },
});
const cast = (name: string, of: string, to: 'float32' | 'int32'): GraphNode => ({
  name,
  op: 'Cast',
  in: [of],
  attr: { DstT: ofType(to), SrcT: ofType(to === 'int32' ? 'float32' : 'int32') },
});

function graphOf(type: 'float32' | 'int32', nodes: GraphNode[], outputs: string[]): Record<string, Uint8Array> {
  const all = [placeholder('image', [-1, 3, SIDE, SIDE], type), ...nodes];
  return graphModel({ nodes: all, outputs, weights: [{ ...axes, shape: [2], values: [2, 3] }] });
}

function stacked(axis: number): Record<string, Uint8Array> {
  const type = { T: ofType('float32') };
  return graphModel({
    nodes: [
      placeholder('image', [-1, 3, SIDE, SIDE]),
      pool('image', 'mean'),
      { name: 'double', op: 'Mul', in: ['mean', 'two'], attr: type },
      { name: 'it', op: 'Pack', in: ['mean', 'double'], attr: { ...type, N: { i: '2' }, axis: { i: String(axis) } } },
    ],
    outputs: ['it'],
    weights: [
      { ...axes, shape: [2], values: [2, 3] },
      { name: 'two', shape: [], values: [2] },
    ],
  });
}
