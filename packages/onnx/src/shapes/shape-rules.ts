import { elementsOf, type NodeContext, type Shape } from './node-context.js';
import { convolved, deconvolved } from './window-shapes.js';

/** Shapes of a node's outputs; undefined where they do not follow from what is known. */
type ShapeRule = (node: NodeContext) => (Shape | undefined)[];

const one =
  (rule: (node: NodeContext, input: Shape) => Shape | undefined): ShapeRule =>
  (node) => {
    const input = node.shape(0);
    return input === undefined ? [] : [rule(node, input)];
  };

const same = one((_, input) => input);
const positive = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
/** Axes from the attribute of old operator sets, or the input of new ones. */
const axesOf = (node: NodeContext, input: number): readonly number[] | undefined =>
  node.attributes.ints('axes') ?? node.values(input);

/** As NumPy stretches: from the last axis on, equal or 1. */
function broadcast(shapes: readonly Shape[]): Shape | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const out: number[] = [];
  for (let axis = 1; axis <= rank; axis++) {
    const sizes = new Set(shapes.map((shape) => shape.at(-axis) ?? 1));
    sizes.delete(1);
    if (sizes.size > 1) return undefined;
    out.unshift([...sizes][0] ?? 1);
  }
  return out;
}

const elementwise: ShapeRule = (node) => {
  const shapes = node.shapes();
  return shapes === undefined ? [] : [broadcast(shapes)];
};

const conv = one((node, input) => {
  const weight = node.shape(1);
  const sizes = weight && convolved(node, input, weight.slice(2));
  return sizes && [input[0]!, weight[0]!, ...sizes];
});

const convTranspose = one((node, input) => {
  const weight = node.shape(1);
  const sizes = weight && deconvolved(node, input, weight.slice(2));
  return sizes && [input[0]!, weight[1]! * (node.attributes.int('group') ?? 1), ...sizes];
});

const pool = one((node, input) => {
  const sizes = convolved(node, input, node.attributes.ints('kernel_shape') ?? []);
  return sizes && [...input.slice(0, 2), ...sizes];
});

const gemm: ShapeRule = (node) => {
  const [a, b] = [node.shape(0), node.shape(1)];
  if (a?.length !== 2 || b?.length !== 2) return [];
  return [[a[node.attributes.int('transA') === 1 ? 1 : 0]!, b[node.attributes.int('transB') === 1 ? 0 : 1]!]];
};

const matMul: ShapeRule = (node) => {
  const [a, b] = [node.shape(0), node.shape(1)];
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return [];
  const batch = broadcast([a.slice(0, -2), b.slice(0, -2)]);
  // A vector is one row on the left and one column on the right, which are then dropped.
  return [batch && [...batch, ...a.slice(0, -1).slice(-1), ...(b.length > 1 ? b.slice(-1) : [])]];
};

const reshape = one((node, input) => {
  const wanted = node.values(1);
  if (wanted === undefined) return undefined;
  const keepsZero = node.attributes.int('allowzero') === 1;
  const sizes = wanted.map((size, axis) => (size === 0 && !keepsZero ? (input[axis] ?? 0) : size));
  const rest = elementsOf(sizes.filter((size) => size !== -1));
  return sizes.map((size) => (size === -1 ? elementsOf(input) / rest : size));
});

const flatten = one((node, input) => {
  const axis = positive(node.attributes.int('axis') ?? 1, input.length);
  return [elementsOf(input.slice(0, axis)), elementsOf(input.slice(axis))];
});

const squeeze = one((node, input) => {
  const named = axesOf(node, 1);
  const dropped = named?.map((axis) => positive(axis, input.length));
  return input.filter((size, axis) => (dropped === undefined ? size !== 1 : !dropped.includes(axis)));
});

const unsqueeze = one((node, input) => {
  const named = axesOf(node, 1);
  if (named === undefined) return undefined;
  const rank = input.length + named.length;
  const axes = named.map((axis) => positive(axis, rank));
  const rest = [...input];
  return Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : rest.shift()!));
});

const transpose = one((node, input) =>
  (node.attributes.ints('perm') ?? [...input.keys()].reverse()).map((axis) => input[axis]!),
);

const concat: ShapeRule = (node) => {
  const shapes = node.shapes();
  if (shapes?.[0] === undefined) return [];
  const at = positive(node.attributes.int('axis') ?? 0, shapes[0].length);
  return [shapes[0].map((size, axis) => (axis === at ? shapes.reduce((sum, shape) => sum + shape[at]!, 0) : size))];
};

const split: ShapeRule = (node) => {
  const input = node.shape(0);
  if (input === undefined) return [];
  const at = positive(node.attributes.int('axis') ?? 0, input.length);
  const size = Math.ceil(input[at]! / node.outputs);
  const equal = Array.from({ length: node.outputs }, (_, i) => Math.min(size, input[at]! - i * size));
  return (node.attributes.ints('split') ?? node.values(1) ?? equal).map((part) => input.with(at, part));
};

const slice = one((node, input) => {
  const starts = node.values(1) ?? node.attributes.ints('starts');
  const ends = node.values(2) ?? node.attributes.ints('ends');
  if (starts === undefined || ends?.length !== starts.length) return undefined;
  const axes = node.values(3) ?? node.attributes.ints('axes') ?? [...starts.keys()];
  const steps = node.values(4) ?? starts.map(() => 1);
  const out = [...input];
  for (const [i, start] of starts.entries()) {
    const axis = positive(axes[i]!, input.length);
    const [size, step] = [input[axis]!, steps[i]!];
    // Backwards it may end before the first place, which is -1 here.
    const [lowest, highest] = step > 0 ? [0, size] : [-1, size - 1];
    const bound = (at: number) => Math.max(lowest, Math.min(highest, positive(at, size)));
    out[axis] = Math.max(0, Math.ceil((bound(ends[i]!) - bound(start)) / step));
  }
  return out;
});

const gather = one((node, input) => {
  const indices = node.shape(1);
  const axis = positive(node.attributes.int('axis') ?? 0, input.length);
  return indices && [...input.slice(0, axis), ...indices, ...input.slice(axis + 1)];
});

const pad = one((node, input) => {
  const pads = node.values(1) ?? node.attributes.ints('pads');
  if (pads === undefined) return undefined;
  const axes = (node.values(3) ?? [...input.keys()]).map((axis) => positive(axis, input.length));
  return input.map((size, axis) => {
    const i = axes.indexOf(axis);
    return i < 0 ? size : size + pads[i]! + pads[i + axes.length]!;
  });
});

const expand = one((node, input) => {
  const wanted = node.values(1);
  return wanted && broadcast([input, wanted]);
});

const tile = one((node, input) => {
  const times = node.values(1);
  return times && input.map((size, axis) => size * times[axis]!);
});

/** Sizes where they are given, else scales. Attributes that keep an aspect ratio or name axes are not followed. */
const resize = one((node, input) => {
  const { attributes } = node;
  if (attributes.ints('axes') !== undefined) return undefined;
  if ((attributes.string('keep_aspect_ratio_policy') ?? 'stretch') !== 'stretch') return undefined;
  const sizes = node.values(3);
  if (sizes?.length === input.length) return sizes;
  const scales = node.values(2);
  return scales?.length === input.length ? input.map((size, axis) => Math.floor(size * scales[axis]!)) : undefined;
});

const reduce = one((node, input) => {
  const named = axesOf(node, 1) ?? (node.shapes()?.length === 1 ? [...input.keys()] : undefined);
  if (named === undefined) return undefined;
  const axes = named.map((axis) => positive(axis, input.length));
  if (node.attributes.int('keepdims') === 0) return input.filter((_, axis) => !axes.includes(axis));
  return input.map((size, axis) => (axes.includes(axis) ? 1 : size));
});

const blocks = (direction: 1 | -1): ShapeRule =>
  one((node, input) => {
    const [n, channels, height, width] = input;
    const side = (node.attributes.int('blocksize') ?? 1) ** direction;
    return input.length === 4 ? [n!, channels! / side ** 2, height! * side, width! * side] : undefined;
  });

const rules = (names: string, rule: ShapeRule) => names.split(' ').map((name) => [name, rule] as const);

/** What the shape of each operator's outputs follows from. */
export const SHAPE_RULES: Record<string, ShapeRule> = Object.fromEntries([
  ...rules('Abs BatchNormalization Cast Ceil Celu Clip Cos Dropout Elu Erf Exp Floor Gelu GroupNormalization', same),
  ...rules('HardSigmoid HardSwish Identity InstanceNormalization IsNaN LRN LayerNormalization LeakyRelu Log', same),
  ...rules('LogSoftmax LpNormalization MeanVarianceNormalization Mish Neg Not RMSNormalization Reciprocal Relu', same),
  ...rules('Round Selu Sigmoid Sign Sin Softmax Softplus Softsign Sqrt Tanh ThresholdedRelu', same),
  ...rules('Add And Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or', elementwise),
  ...rules('PRelu Pow Sub Sum Where Xor', elementwise),
  ...rules('Conv', conv),
  ...rules('ConvTranspose', convTranspose),
  ...rules('AveragePool LpPool MaxPool', pool),
  ...rules(
    'GlobalAveragePool GlobalMaxPool GlobalLpPool',
    one((_, input) => input.map((s, i) => (i < 2 ? s : 1))),
  ),
  ...rules('ReduceL1 ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare', reduce),
  ...rules('Gemm', gemm),
  ...rules('MatMul', matMul),
  ...rules('Constant', (node) => [constantShape(node)]),
  ...rules(
    'Shape',
    one((node, input) => [input.slice(node.attributes.int('start') ?? 0, node.attributes.int('end')).length]),
  ),
  ...rules('ConstantOfShape', (node) => [node.values(0)]),
  ...Object.entries({ Reshape: reshape, Flatten: flatten, Squeeze: squeeze, Unsqueeze: unsqueeze }),
  ...Object.entries({ Transpose: transpose, Concat: concat, Split: split, Slice: slice, Gather: gather, Pad: pad }),
  ...Object.entries({ Expand: expand, Tile: tile, Resize: resize }),
  ...Object.entries({ DepthToSpace: blocks(1), SpaceToDepth: blocks(-1) }),
]);

function constantShape({ attributes }: NodeContext): Shape | undefined {
  const tensor = attributes.tensor('value');
  if (tensor !== undefined) return tensor.dims;
  if (attributes.int('value_int') !== undefined || attributes.floats('value_float') !== undefined) return [];
  const list = attributes.ints('value_ints') ?? attributes.floats('value_floats');
  return list && [list.length];
}
