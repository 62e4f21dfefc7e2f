import { elementType } from '../element-types.js';
import { allInitializers, allNodes } from '../reader/model.js';
import type { ModelRecord, TensorRecord } from '../reader/records.js';

/** Inputs of operators that hold learned vectors, by position. */
const LEARNED_VECTORS: Readonly<Record<string, readonly number[]>> = {
  Conv: [2],
  ConvTranspose: [2],
  Gemm: [2],
  BatchNormalization: [1, 2, 3, 4],
  InstanceNormalization: [1, 2],
  LayerNormalization: [1, 2],
  GroupNormalization: [1, 2],
  PRelu: [1],
};

/** Floating-point types whose elements take whole bytes. */
const FLOATS = ['float32', 'float16', 'float64', 'bfloat16'];

/** Whether a tensor is a kernel or a matrix, and no vector or setting. */
export function isMatrix({ elemType, dims, elements }: TensorRecord): boolean {
  return dims.length >= 2 && elements > 1 && FLOATS.includes(elementType(elemType)?.name ?? '');
}

/**
 * The tensors of a model that may be learned. Exporters write them as initializers and settings as `Constant` nodes
 * (PyTorch), or everything as `Constant` nodes (Paddle): these count only where no initializer is a matrix, and of them
 * the matrices, and vectors where an operator takes a learned one.
 */
export function learnedTensors(model: ModelRecord): TensorRecord[] {
  const initializers = [...allInitializers(model)];
  if (initializers.some(isMatrix)) return initializers;
  const nodes = allNodes(model);
  const vectors = new Set(
    nodes.flatMap(({ opType, inputs }) => (LEARNED_VECTORS[opType] ?? []).flatMap((at) => inputs[at] ?? [])),
  );
  const constants = nodes.flatMap(({ opType, attributes, outputs }) => {
    const value = opType === 'Constant' ? attributes.find(({ name }) => name === 'value')?.tensors[0] : undefined;
    if (value === undefined) return [];
    const name = outputs[0] ?? '';
    return isMatrix(value) || vectors.has(name) ? [{ ...value, name: value.name || name }] : [];
  });
  return [...initializers, ...constants];
}
