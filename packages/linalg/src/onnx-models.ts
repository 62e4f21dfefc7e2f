import { ELEMENT_TYPES, encodeModel, type NodeMessage, type ValueMessage } from '@corescore/onnx';

/** Inputs and outputs of a kernel; all dimensions are symbolic. */
const tensor = (name: string, dims: string[], type: 'float32' | 'float64' = 'float64'): ValueMessage => ({
  name,
  type,
  dims,
});

/** The ONNX file of a kernel. */
const kernel = (nodes: NodeMessage[], inputs: ValueMessage[], output: ValueMessage): Uint8Array =>
  encodeModel({
    irVersion: 8,
    opsets: [{ version: 13 }],
    graph: { name: 'kernel', nodes, inputs, outputs: [output] },
  });

/** g = (a * w) b^T. Inputs a [rows, f], w [f], b [columns, f]; output g [rows, columns]. */
export function weightedGramModel(): Uint8Array {
  return kernel(
    [
      { op: 'Mul', inputs: ['a', 'w'], outputs: ['aw'] },
      { op: 'Gemm', inputs: ['aw', 'b'], outputs: ['g'], attributes: { transB: { int: 1 } } },
    ],
    [tensor('a', ['r', 'f']), tensor('w', ['f']), tensor('b', ['c', 'f'])],
    tensor('g', ['r', 'c']),
  );
}

/** g = a b, either of them transposed, b as it is or widened from f32; output g. */
export function productModel(transposeA: boolean, transposeB: boolean, widenB = false): Uint8Array {
  const attributes = { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) } };
  const widening: NodeMessage = {
    op: 'Cast',
    inputs: ['b'],
    outputs: ['wide'],
    attributes: { to: { int: ELEMENT_TYPES.float64 } },
  };
  return kernel(
    [...(widenB ? [widening] : []), { op: 'Gemm', inputs: ['a', widenB ? 'wide' : 'b'], outputs: ['g'], attributes }],
    [tensor('a', ['a0', 'a1']), tensor('b', ['b0', 'b1'], widenB ? 'float32' : 'float64')],
    tensor('g', ['r', 'c']),
  );
}
