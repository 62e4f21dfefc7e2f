import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { integer, message, text, writeEach } from './fields.js';
import { writeGraph, writeNode } from './graph.js';
import type { FunctionMessage, ModelMessage, OpsetMessage } from './messages.js';

/**
 * Bytes of an ONNX file, or of a part of one: fields in the order of their numbers, nothing that is not given. The same
 * message gives the same bytes.
 * @throws Error where a number does not fit its field
 */
export function encodeModel(model: ModelMessage): Uint8Array {
  const w = new BinaryWriter();
  integer(w, 1, model.irVersion);
  text(w, 2, model.producerName);
  text(w, 3, model.producerVersion);
  text(w, 4, model.domain);
  integer(w, 5, model.modelVersion);
  text(w, 6, model.docString);
  if (model.graph !== undefined) message(w, 7, model.graph, writeGraph);
  writeEach(w, 8, model.opsets, writeOpset);
  writeEach(w, 14, Object.entries(model.metadata ?? {}), writeEntry);
  writeEach(w, 25, model.functions, writeFunction);
  return w.finish();
}

/** StringStringEntryProto. */
function writeEntry(w: BinaryWriter, [key, value]: readonly [string, string]): void {
  text(w, 1, key);
  text(w, 2, value);
}

function writeOpset(w: BinaryWriter, { domain, version }: OpsetMessage): void {
  text(w, 1, domain);
  integer(w, 2, version);
}

function writeFunction(w: BinaryWriter, local: FunctionMessage): void {
  text(w, 1, local.name);
  for (const name of local.inputs ?? []) text(w, 4, name);
  for (const name of local.outputs ?? []) text(w, 5, name);
  for (const name of local.attributes ?? []) text(w, 6, name);
  writeEach(w, 7, local.nodes, writeNode);
  text(w, 8, local.docString);
  writeEach(w, 9, local.opsets, writeOpset);
  text(w, 10, local.domain);
}
