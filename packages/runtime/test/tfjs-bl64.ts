import { type GraphNode, graphModel, ofType, placeholder, type TfjsWeightValues } from './tfjs-writer.js';

/** Values of an ONNX initialiser, row-major. */
export type Weights = (name: string) => { dims: readonly number[]; values: ArrayLike<number> };

/** Areas with a state: features, side of their map. */
export const AREAS = [
  { name: 'h2', features: 24, side: 16 },
  { name: 'h3', features: 48, side: 8 },
  { name: 'h4', features: 64, side: 4 },
] as const;

const GROUPS = 4;
const EPSILON = 1e-5;
/** Names of the scales and shifts of the group normalisations in bl-64-stateful.onnx, area by area. */
const NORMS = [
  ['onnx::Mul_101', 'onnx::Add_102'],
  ['onnx::Mul_103', 'onnx::Add_104'],
  ['onnx::Mul_105', 'onnx::Add_106'],
  ['onnx::Mul_107', 'onnx::Add_108'],
] as const;

const float = { T: ofType('float32') };

/**
 * One step of bl-64 as a TensorFlow.js graph, written down a second time from its description (contrast of the image, a
 * strided convolution, three areas with lateral convolutions, group normalisation, linear read-out), with the weights of
 * the ONNX file. Channels last inside; states are [batch][y][x][channel].
 */
export function bl64Step(weightsOf: Weights): Record<string, Uint8Array> {
  const nodes: GraphNode[] = [];
  const weights: TfjsWeightValues[] = [];
  let made = 0;
  const constant = (shape: number[], values: ArrayLike<number>, dtype: 'float32' | 'int32' = 'float32'): string => {
    const name = `c${made++}`;
    weights.push({ name, shape, values: Array.from(values), dtype });
    return name;
  };
  const add = (op: string, inputs: string[], attr: object = {}, name = `n${made++}`): string => {
    nodes.push({ name, op, in: inputs, attr: { ...float, ...attr } });
    return name;
  };
  const integers = (values: number[]): string => constant([values.length], values, 'int32');
  const mean = (x: string, axes: number[], keep = true): string =>
    add('Mean', [x, integers(axes)], { keep_dims: { b: keep }, Tidx: ofType('int32') });

  const kernel = (name: string): string => {
    const { dims, values } = weightsOf(name);
    const [o, c, h, w] = dims as [number, number, number, number];
    // [out][in][y][x] -> [y][x][in][out]
    const turned = new Float32Array(values.length);
    for (let i = 0, at = 0; i < o; i++) {
      for (let j = 0; j < c; j++) {
        for (let k = 0; k < h * w; k++) turned[(k * c + j) * o + i] = values[at++]!;
      }
    }
    return constant([h, w, c, o], turned);
  };
  const convolve = (x: string, name: string, stride: number, pad: number): string => {
    const padded = add('Pad', [x, constant([4, 2], [0, 0, pad, pad, pad, pad, 0, 0], 'int32')], {
      Tpaddings: ofType('int32'),
    });
    const strides = { list: { i: ['1', String(stride), String(stride), '1'] } };
    const dilations = { list: { i: ['1', '1', '1', '1'] } };
    return add('Conv2D', [padded, kernel(name)], {
      strides,
      dilations,
      padding: { s: b64('VALID') },
      data_format: { s: b64('NHWC') },
    });
  };
  const normalise = (x: string, area: number, features: number, side: number): string => {
    const grouped = add('Reshape', [x, integers([-1, side, side, GROUPS, features / GROUPS])]);
    const centred = add('Sub', [grouped, mean(grouped, [1, 2, 4])]);
    const variance = mean(add('Square', [centred]), [1, 2, 4]);
    const scale = add('Rsqrt', [add('AddV2', [variance, constant([], [EPSILON])])]);
    const flat = add('Reshape', [add('Mul', [centred, scale]), integers([-1, side, side, features])]);
    const [gamma, beta] = NORMS[area]!.map((name) => constant([features], weightsOf(name).values));
    return add('AddV2', [add('Mul', [flat, gamma!]), beta!]);
  };
  const pool = (x: string): string => {
    const window = { list: { i: ['1', '2', '2', '1'] } };
    return add('MaxPool', [x], {
      ksize: window,
      strides: window,
      padding: { s: b64('VALID') },
      data_format: { s: b64('NHWC') },
    });
  };

  nodes.push(placeholder('image', [-1, 3, 64, 64]));
  const turned = add('Transpose', ['image', integers([0, 2, 3, 1])], { Tperm: ofType('int32') });
  const luma = add('Sum', [add('Mul', [turned, constant([3], [0.299, 0.587, 0.114])]), integers([3])], {
    keep_dims: { b: true },
    Tidx: ofType('int32'),
  });
  const contrast = add('Mul', [add('Sub', [luma, mean(luma, [1, 2, 3])]), constant([], [1 / 0.2])]);
  let below = pool(add('Relu', [normalise(convolve(contrast, 'n.f.0.weight', 2, 2), 0, 16, 32)]));
  AREAS.forEach(({ name, features, side }, i) => {
    nodes.push(placeholder(`${name}_in`, [-1, side, side, features]));
    const drive = convolve(below, `n.f.${i + 1}.weight`, 1, 1);
    const lateral = convolve(`${name}_in`, `n.l.${i + 1}.weight`, 1, 1);
    const h = add('Relu', [normalise(add('AddV2', [drive, lateral]), i + 1, features, side)], {}, `${name}_out`);
    if (i < AREAS.length - 1) below = pool(h);
  });
  const readout = weightsOf('n.r.weight');
  const product = add('MatMul', [mean('h4_out', [1, 2], false), constant([...readout.dims], readout.values)], {
    transpose_a: { b: false },
    transpose_b: { b: true },
  });
  add('AddV2', [product, constant([10], weightsOf('n.r.bias').values)], {}, 'logits');
  return graphModel({ nodes, outputs: ['logits', ...AREAS.map(({ name }) => `${name}_out`)], weights });
}

/** Texts stand in a graph as bytes, in base 64. */
const b64 = (text: string): string => Buffer.from(text).toString('base64');
