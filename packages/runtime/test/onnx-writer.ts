import {
  type AttributeValue,
  ELEMENT_TYPES,
  encodeModel,
  type GraphMessage,
  littleEndian,
  type TensorMessage,
} from '@corescore/onnx';

/** Tiny ONNX files for tests, in few words: float32 unless said otherwise. */

export const {
  float32: FLOAT,
  uint8: UINT8,
  int32: INT32,
  int64: INT64,
  bool: BOOL,
  float16: FLOAT16,
  float64: DOUBLE,
} = ELEMENT_TYPES;

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
  const bytes = encodeModel({
    irVersion: 8,
    producerName: 'corescore-test',
    graph: graphMessage(graph),
    opsets: [{ version: opset }],
  });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function graphMessage({ nodes, constants = [], inputs, outputs }: Graph): GraphMessage {
  const typed = ({ name, type = FLOAT, dims }: Value) => ({ name, type, dims });
  return {
    name: 'test',
    nodes: nodes.map((node) => ({
      op: node.op,
      inputs: node.in,
      outputs: node.out,
      attributes: Object.fromEntries(
        Object.entries(node.with ?? {}).map(([name, value]) => [name, attributeValue(value)]),
      ),
    })),
    initializers: constants.map(tensorMessage),
    inputs: inputs.map(typed),
    outputs: outputs.map(typed),
  };
}

function attributeValue(value: Attribute): AttributeValue {
  if ('graph' in value) return { graph: graphMessage(value.graph) };
  if ('tensor' in value) return { tensor: tensorMessage(value.tensor) };
  return value;
}

function tensorMessage({ name, dims, values, type = FLOAT, external }: Constant): TensorMessage {
  const raw = type === INT64 ? BigInt64Array.from(values, BigInt) : Float32Array.from(values);
  const where =
    external === undefined
      ? { raw: littleEndian(raw) }
      : { external: { location: external.file, offset: external.offset } };
  return { ...(name === undefined ? {} : { name }), dims, type, ...where };
}
