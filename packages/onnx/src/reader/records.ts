/** What is kept of an ONNX file in memory: structure and positions, never weights. */

/** A tensor as a graph declares it. A string is a symbolic dimension, null one that is not stated. */
export interface OnnxTensorInfo {
  name: string;
  /** 'float32', 'uint8', ...; 'sequence', 'map', 'optional' or 'unknown' where it is no plain tensor. */
  elemType: string;
  shape: (number | string | null)[];
  /** Whether a shape is stated at all; without one `shape` is empty and says nothing. */
  shapeKnown: boolean;
}

/** Where values lie in the file, and how they are written there. */
export interface Segment {
  encoding: 'bytes' | 'varint' | 'string';
  start: number;
  end: number;
}

/** A place in another file, as the model states it: not checked against that file. */
export interface ExternalPlace {
  file: string;
  offset: number;
  /** Bytes that the values take by type and shape. */
  bytes: number;
}

export interface TensorRecord {
  name: string;
  /** TensorProto.DataType. */
  elemType: number;
  dims: number[];
  elements: number;
  segments: Segment[];
  /** Where the values lie when they are not in this file. */
  external: ExternalPlace | null;
}

export interface AttributeRecord {
  name: string;
  type: bigint;
  refName: string;
  /** Scalars, strings and lists: their bytes by field number of AttributeProto. */
  values: { number: number; start: number; end: number }[];
  tensors: TensorRecord[];
  graphs: GraphRecord[];
}

export interface NodeRecord {
  opType: string;
  domain: string;
  overload: string;
  inputs: string[];
  outputs: string[];
  attributes: AttributeRecord[];
}

export interface GraphRecord {
  nodes: NodeRecord[];
  /** Dense initializers, and the values and indices of sparse ones. */
  initializers: TensorRecord[];
  inputs: OnnxTensorInfo[];
  outputs: OnnxTensorInfo[];
}

/** An operator that the file defines itself as a small graph (PyTorch's newer exporter writes them). */
export interface FunctionRecord {
  name: string;
  domain: string;
  overload: string;
  inputs: string[];
  outputs: string[];
  /** Names of its attributes, and those with defaults. */
  attributeNames: string[];
  attributes: AttributeRecord[];
  nodes: NodeRecord[];
  opsets: OpsetRecord[];
}

export interface OpsetRecord {
  domain: string;
  version: number;
}

export interface ModelRecord {
  irVersion: number;
  producer: string;
  opsets: OpsetRecord[];
  graph: GraphRecord;
  functions: FunctionRecord[];
}
