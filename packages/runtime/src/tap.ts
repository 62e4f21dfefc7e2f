import { appendFile } from 'node:fs/promises';

/** Field 7 of ModelProto is the graph, field 12 of GraphProto its outputs, field 1 of ValueInfoProto the name. */
const GRAPH = (7 << 3) | 2;
const OUTPUT = (12 << 3) | 2;
const NAME = (1 << 3) | 2;

/**
 * Bytes that, appended to an ONNX file, add these tensors to the graph's outputs: protobuf merges the fields of
 * concatenated messages, so the (large) file need not be decoded. A bare name suffices for ONNX Runtime.
 */
export function tapBytes(names: readonly string[]): Uint8Array {
  if (names.length === 0) return new Uint8Array(0);
  const outputs = names.map((name) => field(OUTPUT, field(NAME, new TextEncoder().encode(name))));
  return field(GRAPH, concat(outputs));
}

/** Adds the tensors to the outputs of the file at `path`. */
export async function tapFile(path: string, names: readonly string[]): Promise<void> {
  if (names.length > 0) await appendFile(path, tapBytes(names));
}

function field(tag: number, content: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(tag), varint(content.length), content]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
