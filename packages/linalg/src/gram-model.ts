/**
 * The ONNX file of the Gram kernel, written by hand: `Gemm(Mul(a, w), b, transB=1)`, all dimensions symbolic.
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

/** ValueInfoProto of a float64 tensor with named dimensions. */
const tensor = (name: string, dimensions: string[]): number[] => {
  const shape = dimensions.flatMap((d) => bytes(1, text(2, d)));
  const type = bytes(1, [...integer(1, DOUBLE), ...bytes(2, shape)]);
  return [...text(1, name), ...bytes(2, type)];
};

/** Inputs a [rows, f], w [f], b [columns, f]; output g [rows, columns]. */
export function gramModel(): Uint8Array {
  const graph = [
    ...bytes(1, node('Mul', ['a', 'w'], 'aw')),
    ...bytes(1, node('Gemm', ['aw', 'b'], 'g', intAttribute('transB', 1))),
    ...text(2, 'gram'),
    ...bytes(11, tensor('a', ['r', 'f'])),
    ...bytes(11, tensor('w', ['f'])),
    ...bytes(11, tensor('b', ['c', 'f'])),
    ...bytes(12, tensor('g', ['r', 'c'])),
  ];
  const irVersion = 8;
  const opset = 13;
  return Uint8Array.from([...integer(1, irVersion), ...bytes(7, graph), ...bytes(8, integer(2, opset))]);
}
