import type { ElementTypeName } from '../element-types.js';

/*
 * The messages of onnx.proto3, as far as anybody writes them. Every member may be left out: protobuf merges the fields of
 * concatenated messages, so a partial model appended to a file changes it (a graph with one more output, a bare name).
 */

/** An element type by name, or by its number where a name is not known here. */
export type ElementTypeOrNumber = ElementTypeName | number;

export interface ModelMessage {
  irVersion?: number;
  producerName?: string;
  producerVersion?: string;
  domain?: string;
  modelVersion?: number;
  docString?: string;
  graph?: GraphMessage;
  opsets?: readonly OpsetMessage[];
  metadata?: Readonly<Record<string, string>>;
  functions?: readonly FunctionMessage[];
}

export interface OpsetMessage {
  /** Empty or absent: ONNX itself. */
  domain?: string;
  version: number;
}

export interface GraphMessage {
  name?: string;
  docString?: string;
  nodes?: readonly NodeMessage[];
  initializers?: readonly TensorMessage[];
  inputs?: readonly ValueMessage[];
  outputs?: readonly ValueMessage[];
  /** Types of inner tensors. */
  values?: readonly ValueMessage[];
}

/** An operator that the file defines itself. */
export interface FunctionMessage {
  name: string;
  domain?: string;
  docString?: string;
  inputs?: readonly string[];
  outputs?: readonly string[];
  attributes?: readonly string[];
  nodes?: readonly NodeMessage[];
  opsets?: readonly OpsetMessage[];
}

export interface NodeMessage {
  op: string;
  /** An input that is left out is an empty name. */
  inputs?: readonly string[];
  outputs?: readonly string[];
  name?: string;
  domain?: string;
  docString?: string;
  attributes?: Readonly<Record<string, AttributeValue>>;
}

/** One kind of value; numbers are written as the kind says, whatever they look like. */
export type AttributeValue =
  | { int: number | bigint }
  | { float: number }
  | { string: string | Uint8Array }
  | { tensor: TensorMessage }
  | { graph: GraphMessage }
  | { ints: readonly (number | bigint)[] }
  | { floats: readonly number[] }
  | { strings: readonly (string | Uint8Array)[] }
  | { tensors: readonly TensorMessage[] }
  | { graphs: readonly GraphMessage[] };

/** A tensor with its values, row-major: exactly one of `raw`, `packed`, `strings` and `external`, or none. */
export interface TensorMessage {
  name?: string;
  type: ElementTypeOrNumber;
  dims: readonly number[];
  docString?: string;
  /** Little-endian bytes (`littleEndian`). */
  raw?: Uint8Array;
  /** Numbers in the typed field of their element type instead (float_data, int32_data, ...). */
  packed?: readonly (number | bigint)[];
  strings?: readonly (string | Uint8Array)[];
  /** A file beside the model, and which bytes of it. */
  external?: { location: string; offset?: number; length?: number };
}

/** A tensor that goes in or out. Without `type` a bare name, without `dims` no shape is stated. */
export interface ValueMessage {
  name: string;
  type?: ElementTypeOrNumber;
  /** A text is a symbolic dimension, null one that is not stated. */
  dims?: readonly (number | string | null)[];
  docString?: string;
}
