import { elementType } from '../element-types.js';
import { Attributes } from './attributes.js';
import type { ProtoFile } from './cursor.js';
import type { ModelRecord, NodeRecord } from './records.js';

/** Operators whose outputs are of one type, whatever goes in. */
const FIXED: Readonly<Record<string, string>> = {
  ...of('sequence', 'SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SplitToSequence SequenceMap'),
  ...of('optional', 'Optional'),
  ...of('int64', 'ArgMax ArgMin NonZero Shape Size SequenceLength NonMaxSuppression'),
  ...of('bool', 'And Equal Greater GreaterOrEqual IsInf IsNaN Less LessOrEqual Not Or Xor OptionalHasElement'),
};

/** Operators whose outputs are of the type of their first input, which moves or computes and never converts. */
const AS_FIRST = new Set(
  `Abs Add AveragePool BatchNormalization Clip Concat Conv ConvTranspose DepthToSpace Div Elu Erf Exp Expand Flatten Floor
  Ceil Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalMaxPool GroupNormalization HardSigmoid HardSwish
  Identity InstanceNormalization LRN LayerNormalization LeakyRelu Log LogSoftmax MatMul Max Mean Min Mish Mod Mul Neg PRelu
  Pad Pow Reciprocal ReduceL1 ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape
  Resize Round Selu Sigmoid Sign Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh
  ThresholdedRelu Tile Transpose Unsqueeze Upsample`.split(/\s+/),
);

/** Where the type of an output stands in an attribute. */
const IN_ATTRIBUTE: Readonly<Record<string, string>> = {
  Cast: 'to',
  EyeLike: 'dtype',
  RandomNormal: 'dtype',
  RandomUniform: 'dtype',
};

function of(type: string, operators: string): Record<string, string> {
  return Object.fromEntries(operators.split(' ').map((operator) => [operator, type]));
}

/**
 * Element types of the tensors of the main graph, as far as they follow from the inputs, the constants and the operators;
 * `sequence` and the like for what is no tensor. What the file declares of its outputs goes first. A tensor behind an
 * operator that is not known here is missing in the result.
 */
export function inferTypes(file: ProtoFile, { graph }: ModelRecord): Map<string, string> {
  const types = new Map<string, string>();
  for (const { name, elemType } of graph.inputs) types.set(name, elemType);
  for (const { name, elemType } of graph.initializers) types.set(name, elementType(elemType)?.name ?? 'unknown');
  for (const node of graph.nodes) {
    const standard = node.domain === '' || node.domain === 'ai.onnx';
    for (const [i, name] of node.outputs.entries()) {
      const type = standard ? typeOf(file, node, i, types) : undefined;
      if (name !== '' && type !== undefined && type !== 'unknown') types.set(name, type);
    }
  }
  for (const { name, elemType } of graph.outputs) if (elemType !== 'unknown') types.set(name, elemType);
  return types;
}

function typeOf(
  file: ProtoFile,
  node: NodeRecord,
  output: number,
  types: ReadonlyMap<string, string>,
): string | undefined {
  const { opType, inputs, attributes } = node;
  const first = types.get(inputs[0] ?? '');
  if (opType in FIXED) return output === 0 ? FIXED[opType] : undefined;
  if (opType in IN_ATTRIBUTE) {
    const number = new Attributes(file, node).int(IN_ATTRIBUTE[opType]!);
    return number === undefined ? undefined : elementType(number)?.name;
  }
  if (opType === 'Constant') {
    const value = attributes.find(({ name }) => name === 'value')?.tensors[0];
    return value === undefined ? undefined : elementType(value.elemType)?.name;
  }
  if (opType === 'Where') return types.get(inputs[1] ?? '');
  return AS_FIRST.has(opType) ? first : undefined;
}
