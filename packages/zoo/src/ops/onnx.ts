import { type AttributeValue, littleEndian, type NodeMessage, type TensorMessage } from '@corescore/onnx';
import { channelMajor, channelMajorShape } from '../parameters/channel-major.js';
import type { ParameterSpec } from '../parameters/specs.js';
import {
  type Affine,
  channelsOf,
  EPSILON,
  type LocalResponse,
  type Ops,
  type Padding,
  type Shaped,
  sizeOf,
  type Window,
} from './ops.js';
import { slide } from './windows.js';

/** A tensor of the graph. Its shape is said channels last, as everywhere; in the graph channels stand first. */
export interface OnnxTensor extends Shaped {
  readonly name: string;
  readonly shape: readonly number[];
}

type Attributes = Readonly<Record<string, AttributeValue>>;

/** Batch of activations: any. */
const ANY = -1;

const int = (value: number): AttributeValue => ({ int: value });
const ints = (...values: number[]): AttributeValue => ({ ints: values });
const float = (value: number): AttributeValue => ({ float: value });

/**
 * The interface as a writer: each call adds nodes to a graph, channels first as ONNX has them, without transpositions.
 * Learned tensors become initializers under their names, settings become `Constant` nodes, so that whoever counts
 * parameters counts the learned ones.
 */
export class OnnxOps implements Ops<OnnxTensor> {
  readonly nodes: NodeMessage[] = [];
  readonly initializers: TensorMessage[] = [];
  private readonly constants = new Map<string, string>();

  /** A learned tensor with its values, row-major in its layout. */
  parameter(spec: ParameterSpec, values: Float32Array): OnnxTensor {
    const { name, kind, shape } = spec;
    const raw = littleEndian(channelMajor(kind, shape, values));
    this.initializers.push({ name, type: 'float32', dims: channelMajorShape(kind, shape), raw });
    return { name, shape };
  }

  /** The same tensor under a name of its own. */
  named(x: OnnxTensor, name: string): OnnxTensor {
    this.nodes.push({ op: 'Identity', inputs: [x.name], outputs: [name] });
    return { name, shape: x.shape };
  }

  conv(x: OnnxTensor, kernel: OnnxTensor, { stride = 1, padding = 'same' }: Window = {}): OnnxTensor {
    const [kh, kw, , outputs] = kernel.shape as [number, number, number, number];
    const { attributes, size } = windowOf(sizeOf(x), [kh, kw], stride, padding);
    return this.node('Conv', [x, kernel], [ANY, ...size, outputs], attributes);
  }

  convTransposed(
    x: OnnxTensor,
    kernel: OnnxTensor,
    { stride = 1, padding = 'same', size }: Window & { size: readonly [number, number] },
  ): OnnxTensor {
    const [kh, kw, outputs] = kernel.shape as [number, number, number, number];
    const { attributes } = windowOf(size, [kh, kw], stride, padding);
    // Rows that the forward window leaves over get nothing from it.
    const left = size.map((side, axis) => {
      const { before, after } = slide(side, kernel.shape[axis]!, stride, padding);
      return side - ((x.shape[axis + 1]! - 1) * stride + kernel.shape[axis]! - before - after);
    });
    const rest: Attributes = left.every((rows) => rows === 0) ? {} : { output_padding: ints(...left) };
    return this.node('ConvTranspose', [x, kernel], [ANY, ...size, outputs], { ...attributes, ...rest });
  }

  add(a: OnnxTensor, b: OnnxTensor): OnnxTensor {
    return this.node('Add', [a, b], wider(a, b));
  }

  sub(a: OnnxTensor, b: OnnxTensor): OnnxTensor {
    return this.node('Sub', [a, b], wider(a, b));
  }

  mul(a: OnnxTensor, b: OnnxTensor): OnnxTensor {
    return this.node('Mul', [a, b], wider(a, b));
  }

  affine(x: OnnxTensor, scale: number, shift: number): OnnxTensor {
    const scaled = scale === 1 ? x : this.node('Mul', [x, this.scalar(scale)], x.shape);
    return shift === 0 ? scaled : this.node('Add', [scaled, this.scalar(shift)], x.shape);
  }

  readonly reciprocal = this.unary('Reciprocal');
  readonly relu = this.unary('Relu');
  readonly elu = this.unary('Elu');
  readonly sigmoid = this.unary('Sigmoid');
  readonly tanh = this.unary('Tanh');
  readonly hardSigmoid = this.unary('HardSigmoid', { alpha: float(0.2), beta: float(0.5) });

  atMost(x: OnnxTensor, limit: number): OnnxTensor {
    return this.node('Min', [x, this.scalar(limit)], x.shape);
  }

  /** The groups as channels of an instance norm, whose own scale and shift do nothing. */
  groupNorm(x: OnnxTensor, { gamma, beta }: Affine<OnnxTensor>, groups: number): OnnxTensor {
    const [height, width] = sizeOf(x);
    const grouped = this.node('Reshape', [x, this.integers([0, groups, -1])], []);
    const [ones, zeros] = [this.floats(Array(groups).fill(1)), this.floats(Array(groups).fill(0))];
    const epsilon = { epsilon: float(EPSILON) };
    const normed = this.node('InstanceNormalization', [grouped, ones, zeros], [], epsilon);
    const back = this.node('Reshape', [normed, this.integers([0, channelsOf(x), height, width])], x.shape);
    return this.add(this.mul(back, gamma), beta);
  }

  batchNorm(
    x: OnnxTensor,
    { gamma, beta }: Affine<OnnxTensor>,
    { mean, variance }: { mean: OnnxTensor; variance: OnnxTensor },
  ): OnnxTensor {
    const flat = (vector: OnnxTensor): OnnxTensor => this.node('Reshape', [vector, this.integers([-1])], vector.shape);
    const inputs = [x, flat(gamma), flat(beta), flat(mean), flat(variance)];
    return this.node('BatchNormalization', inputs, x.shape, { epsilon: float(EPSILON) });
  }

  localResponseNorm(x: OnnxTensor, { radius, bias, alpha, beta }: LocalResponse): OnnxTensor {
    // ONNX divides alpha by the size of the window.
    const size = 2 * radius + 1;
    const attributes = { size: int(size), alpha: float(alpha * size), beta: float(beta), bias: float(bias) };
    return this.node('LRN', [x], x.shape, attributes);
  }

  maxPool(x: OnnxTensor, side: number, { stride = 1, padding = 'same' }: Window = {}): OnnxTensor {
    const { attributes, size } = windowOf(sizeOf(x), [side, side], stride, padding);
    return this.node('MaxPool', [x], [ANY, ...size, channelsOf(x)], attributes);
  }

  meanPool(x: OnnxTensor, side: number): OnnxTensor {
    const { attributes, size } = windowOf(sizeOf(x), [side, side], side, 0);
    return this.node('AveragePool', [x], [ANY, ...size, channelsOf(x)], attributes);
  }

  nearestTwice(x: OnnxTensor): OnnxTensor {
    return this.twice(x, {
      mode: { string: 'nearest' },
      nearest_mode: { string: 'floor' },
      coordinate_transformation_mode: { string: 'asymmetric' },
    });
  }

  bilinearTwice(x: OnnxTensor): OnnxTensor {
    return this.twice(x, {
      mode: { string: 'linear' },
      coordinate_transformation_mode: { string: 'half_pixel' },
    });
  }

  concat(parts: readonly OnnxTensor[]): OnnxTensor {
    const channels = parts.reduce((total, part) => total + channelsOf(part), 0);
    return this.node('Concat', parts, [ANY, ...sizeOf(parts[0]!), channels], { axis: int(1) });
  }

  spatialMean(x: OnnxTensor): OnnxTensor {
    const pooled = this.node('GlobalAveragePool', [x], [ANY, 1, 1, channelsOf(x)]);
    return this.node('Flatten', [pooled], [ANY, channelsOf(x)]);
  }

  dense(x: OnnxTensor, weights: OnnxTensor, bias: OnnxTensor): OnnxTensor {
    return this.node('Gemm', [x, weights, bias], [ANY, weights.shape[1]!]);
  }

  zeros(shape: readonly [number, number, number], like: OnnxTensor): OnnxTensor {
    const [height, width, channels] = shape;
    const batch = this.node('Shape', [like], [], { start: int(0), end: int(1) });
    const sizes = this.node('Concat', [batch, this.integers([channels, height, width])], [], { axis: int(0) });
    return this.node('ConstantOfShape', [sizes], [ANY, ...shape]);
  }

  private twice(x: OnnxTensor, attributes: Attributes): OnnxTensor {
    const [height, width] = sizeOf(x);
    const noRegion = { name: '', shape: [] };
    const inputs = [x, noRegion, this.floats([1, 1, 2, 2])];
    return this.node('Resize', inputs, [ANY, 2 * height, 2 * width, channelsOf(x)], attributes);
  }

  private unary(op: string, attributes: Attributes = {}): (x: OnnxTensor) => OnnxTensor {
    return (x) => this.node(op, [x], x.shape, attributes);
  }

  private node(
    op: string,
    inputs: readonly OnnxTensor[],
    shape: readonly number[],
    attributes: Attributes = {},
  ): OnnxTensor {
    const name = `${op}_${this.nodes.length}`;
    this.nodes.push({ op, inputs: inputs.map((input) => input.name), outputs: [name], attributes });
    return { name, shape };
  }

  private scalar(value: number): OnnxTensor {
    return this.constant('float32', [], [value]);
  }

  private floats(values: readonly number[]): OnnxTensor {
    return this.constant('float32', [values.length], values);
  }

  private integers(values: readonly number[]): OnnxTensor {
    return this.constant('int64', [values.length], values);
  }

  private constant(type: 'float32' | 'int64', dims: readonly number[], values: readonly number[]): OnnxTensor {
    const key = JSON.stringify([type, dims, values]);
    let name = this.constants.get(key);
    if (name === undefined) {
      const numbers = type === 'int64' ? BigInt64Array.from(values, BigInt) : Float32Array.from(values);
      const tensor = { type, dims, raw: littleEndian(numbers) };
      name = this.node('Constant', [], [], { value: { tensor } }).name;
      this.constants.set(key, name);
    }
    return { name, shape: dims };
  }
}

const wider = (a: OnnxTensor, b: OnnxTensor): readonly number[] =>
  a.shape.length >= b.shape.length ? a.shape : b.shape;

function windowOf(
  sides: readonly [height: number, width: number],
  kernel: readonly [number, number],
  stride: number,
  padding: Padding,
): { attributes: Attributes; size: number[] } {
  const spans = sides.map((side, axis) => slide(side, kernel[axis]!, stride, padding));
  return {
    size: spans.map(({ out }) => out),
    attributes: {
      kernel_shape: ints(...kernel),
      strides: ints(stride, stride),
      pads: ints(...spans.map(({ before }) => before), ...spans.map(({ after }) => after)),
    },
  };
}
