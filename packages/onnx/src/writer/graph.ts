import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import { float, integer, message, text, textOrBytes, writeEach } from './fields.js';
import type { AttributeValue, GraphMessage, NodeMessage, ValueMessage } from './messages.js';
import { elementTypeNumber, writeTensor } from './tensor.js';

export function writeGraph(w: BinaryWriter, graph: GraphMessage): void {
  writeEach(w, 1, graph.nodes, writeNode);
  text(w, 2, graph.name);
  writeEach(w, 5, graph.initializers, writeTensor);
  text(w, 10, graph.docString);
  writeEach(w, 11, graph.inputs, writeValue);
  writeEach(w, 12, graph.outputs, writeValue);
  writeEach(w, 13, graph.values, writeValue);
}

export function writeNode(w: BinaryWriter, node: NodeMessage): void {
  for (const name of node.inputs ?? []) text(w, 1, name);
  for (const name of node.outputs ?? []) text(w, 2, name);
  text(w, 3, node.name);
  text(w, 4, node.op);
  writeEach(w, 5, Object.entries(node.attributes ?? {}), writeAttribute);
  text(w, 6, node.docString);
  text(w, 7, node.domain);
}

/** ValueInfoProto with a tensor type. */
function writeValue(w: BinaryWriter, value: ValueMessage): void {
  text(w, 1, value.name);
  const { type } = value;
  if (type !== undefined) {
    message(w, 2, value, (typeProto) =>
      message(typeProto, 1, value, (tensorType) => {
        integer(tensorType, 1, elementTypeNumber(type));
        if (value.dims !== undefined) message(tensorType, 2, value.dims, writeShape);
      }),
    );
  }
  text(w, 3, value.docString);
}

function writeShape(w: BinaryWriter, dims: readonly (number | string | null)[]): void {
  writeEach(w, 1, dims, (dimension, dim) => {
    if (typeof dim === 'number') integer(dimension, 1, dim);
    else if (dim !== null) text(dimension, 2, dim);
  });
}

/**
 * AttributeProto: the field of each kind of value, and the number that its `type` has. Lists are not packed, as in the
 * files that ONNX's own library writes.
 */
function writeAttribute(w: BinaryWriter, [name, value]: readonly [string, AttributeValue]): void {
  text(w, 1, name);
  integer(w, 20, writeAttributeValue(w, value));
}

function writeAttributeValue(w: BinaryWriter, value: AttributeValue): number {
  if ('float' in value) {
    float(w, 2, value.float);
    return 1;
  }
  if ('int' in value) {
    integer(w, 3, value.int);
    return 2;
  }
  if ('string' in value) {
    textOrBytes(w, 4, value.string);
    return 3;
  }
  if ('tensor' in value) {
    message(w, 5, value.tensor, writeTensor);
    return 4;
  }
  if ('graph' in value) {
    message(w, 6, value.graph, writeGraph);
    return 5;
  }
  if ('floats' in value) {
    for (const one of value.floats) float(w, 7, one);
    return 6;
  }
  if ('ints' in value) {
    for (const one of value.ints) integer(w, 8, one);
    return 7;
  }
  if ('strings' in value) {
    for (const one of value.strings) textOrBytes(w, 9, one);
    return 8;
  }
  if ('tensors' in value) {
    writeEach(w, 10, value.tensors, writeTensor);
    return 9;
  }
  writeEach(w, 11, value.graphs, writeGraph);
  return 10;
}
