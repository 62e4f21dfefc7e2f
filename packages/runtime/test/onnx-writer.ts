/** Writes tiny ONNX files for tests: just the fields of onnx.proto3 that a runnable graph needs. */

export const FLOAT = 1;
export const UINT8 = 2;
export const INT32 = 6;
export const INT64 = 7;
export const BOOL = 9;
export const FLOAT16 = 10;
export const DOUBLE = 11;

export type Dim = number | string;
export interface Value {
  name: string;
  type?: number;
  dims: Dim[];
}
type Attribute = { int: number } | { ints: number[] } | { float: number } | { graph: Graph } | { tensor: Constant };
interface Constant {
  name?: string;
  dims: number[];
  values: number[];
  type?: typeof FLOAT | typeof INT64;
  /** File beside the model that holds the values instead, and from which byte on. */
  external?: { file: string; offset: number };
}
export interface Node {
  op: string;
  in: string[];
  out: string[];
  with?: Record<string, Attribute>;
}
export interface Graph {
  inputs: Value[];
  outputs: Value[];
  nodes: Node[];
  constants?: (Constant & { name: string })[];
}

export function onnxFile(graph: Graph, opset = 16): Buffer {
  return Buffer.concat([
    varintField(1, 8), // ir_version
    bytesField(2, Buffer.from('corescore-test')),
    bytesField(7, graphBytes(graph)),
    bytesField(8, varintField(2, opset)),
  ]);
}

function graphBytes(graph: Graph): Buffer {
  return Buffer.concat([
    ...graph.nodes.map((node) => bytesField(1, nodeBytes(node))),
    bytesField(2, Buffer.from('test')),
    ...(graph.constants ?? []).map((constant) => bytesField(5, tensorBytes(constant))),
    ...graph.inputs.map((value) => bytesField(11, valueBytes(value))),
    ...graph.outputs.map((value) => bytesField(12, valueBytes(value))),
  ]);
}

function nodeBytes(node: Node): Buffer {
  return Buffer.concat([
    ...node.in.map((name) => bytesField(1, Buffer.from(name))),
    ...node.out.map((name) => bytesField(2, Buffer.from(name))),
    bytesField(4, Buffer.from(node.op)),
    ...Object.entries(node.with ?? {}).map(([name, value]) => bytesField(5, attributeBytes(name, value))),
  ]);
}

function attributeBytes(name: string, value: Attribute): Buffer {
  const named = bytesField(1, Buffer.from(name));
  if ('int' in value) return Buffer.concat([named, varintField(3, value.int), varintField(20, 2)]);
  if ('ints' in value) {
    return Buffer.concat([named, ...value.ints.map((item) => varintField(8, item)), varintField(20, 7)]);
  }
  if ('graph' in value) return Buffer.concat([named, bytesField(6, graphBytes(value.graph)), varintField(20, 5)]);
  if ('tensor' in value) return Buffer.concat([named, bytesField(5, tensorBytes(value.tensor)), varintField(20, 4)]);
  const float = Buffer.alloc(4);
  float.writeFloatLE(value.float);
  return Buffer.concat([named, varint((2 << 3) | 5), float, varintField(20, 1)]);
}

function tensorBytes({ name, dims, values, type = FLOAT, external }: Constant): Buffer {
  const raw = type === INT64 ? BigInt64Array.from(values, BigInt) : Float32Array.from(values);
  return Buffer.concat([
    ...dims.map((dim) => varintField(1, dim)),
    varintField(2, type),
    ...(name === undefined ? [] : [bytesField(8, Buffer.from(name))]),
    ...(external === undefined ? [bytesField(9, Buffer.from(raw.buffer))] : elsewhere(external)),
  ]);
}

function elsewhere({ file, offset }: { file: string; offset: number }): Buffer[] {
  const entry = (key: string, value: string): Buffer =>
    bytesField(13, Buffer.concat([bytesField(1, Buffer.from(key)), bytesField(2, Buffer.from(value))]));
  return [entry('location', file), entry('offset', String(offset)), varintField(14, 1)];
}

function valueBytes({ name, type = FLOAT, dims }: Value): Buffer {
  const shape = dims.map((dim) =>
    bytesField(1, typeof dim === 'number' ? varintField(1, dim) : bytesField(2, Buffer.from(dim))),
  );
  const tensor = Buffer.concat([varintField(1, type), bytesField(2, Buffer.concat(shape))]);
  return Buffer.concat([bytesField(1, Buffer.from(name)), bytesField(2, bytesField(1, tensor))]);
}

function bytesField(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
}

function varintField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  // Negative numbers take their 64-bit two's complement, as int64 fields do.
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
