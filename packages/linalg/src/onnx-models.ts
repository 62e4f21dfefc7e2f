/**
 * The ONNX files of the kernels, written by hand, all dimensions symbolic.
 * Field numbers are those of onnx.proto3; a protobuf library for 150 bytes would be the larger half.
 */
const utf8 = new TextEncoder();

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  while (rest > 127) {
    out.push((rest & 127) | 128);
    rest >>>= 7;
  }
  out.push(rest);
  return out;
}

const integer = (field: number, value: number): number[] => [...varint(field << 3), ...varint(value)];
const bytes = (field: number, payload: readonly number[]): number[] => [
  ...varint((field << 3) | 2),
  ...varint(payload.length),
  ...payload,
];
const text = (field: number, value: string): number[] => bytes(field, [...utf8.encode(value)]);

const FLOAT = 1;
const DOUBLE = 11;
const INT_ATTRIBUTE = 2;

const node = (operator: string, inputs: string[], output: string, attribute: number[] = []): number[] => [
  ...inputs.flatMap((name) => text(1, name)),
  ...text(2, output),
  ...text(4, operator),
  ...attribute,
];

/** AttributeProto: name 1, int value 3, type 20. */
const intAttribute = (name: string, value: number): number[] =>
  bytes(5, [...text(1, name), ...integer(3, value), ...integer(20, INT_ATTRIBUTE)]);

/** ValueInfoProto of a tensor with named dimensions. */
const tensor = (name: string, dimensions: string[], type: number = DOUBLE): number[] => {
  const shape = dimensions.flatMap((d) => bytes(1, text(2, d)));
  const tensorType = bytes(1, [...integer(1, type), ...bytes(2, shape)]);
  return [...text(1, name), ...bytes(2, tensorType)];
};

const model = (nodes: number[], inputs: number[][], output: number[]): Uint8Array => {
  const graph = [...nodes, ...text(2, 'kernel'), ...inputs.flatMap((input) => bytes(11, input)), ...bytes(12, output)];
  const irVersion = 8;
  const opset = 13;
  return Uint8Array.from([...integer(1, irVersion), ...bytes(7, graph), ...bytes(8, integer(2, opset))]);
};

/** g = (a * w) b^T. Inputs a [rows, f], w [f], b [columns, f]; output g [rows, columns]. */
export function weightedGramModel(): Uint8Array {
  return model(
    [
      ...bytes(1, node('Mul', ['a', 'w'], 'aw')),
      ...bytes(1, node('Gemm', ['aw', 'b'], 'g', intAttribute('transB', 1))),
    ],
    [tensor('a', ['r', 'f']), tensor('w', ['f']), tensor('b', ['c', 'f'])],
    tensor('g', ['r', 'c']),
  );
}

/** g = a b, either of them transposed, b as it is or widened from f32; output g. */
export function productModel(transposeA: boolean, transposeB: boolean, widenB = false): Uint8Array {
  const attributes = [...intAttribute('transA', Number(transposeA)), ...intAttribute('transB', Number(transposeB))];
  const product = bytes(1, node('Gemm', ['a', widenB ? 'wide' : 'b'], 'g', attributes));
  const widening = widenB ? bytes(1, node('Cast', ['b'], 'wide', intAttribute('to', DOUBLE))) : [];
  return model(
    [...widening, ...product],
    [tensor('a', ['a0', 'a1']), tensor('b', ['b0', 'b1'], widenB ? FLOAT : DOUBLE)],
    tensor('g', ['r', 'c']),
  );
}
