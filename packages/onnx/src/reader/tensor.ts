import { WireType } from '@bufbuild/protobuf/wire';
import { type ElementType, elementType } from '../element-types.js';
import { expect, type Field, notOnnx, type ProtoFile } from './cursor.js';
import type { ExternalPlace, OnnxTensorInfo, Segment, TensorRecord } from './records.js';

const MOST_DIMS = 64;

/** TensorProto: name, type and shape are read, values are left where they are. @throws CorescoreError `not_onnx` */
export function readTensor(file: ProtoFile, at: Field): TensorRecord {
  expect(at, WireType.LengthDelimited);
  const tensor: TensorRecord = { name: '', elemType: 0, dims: [], elements: 1, segments: [], external: null };
  let isExternal = false;
  const stated = new Map<string, string>();
  let bytes = 0;
  const segment = (field: Field, encoding: Segment['encoding']) => {
    if (encoding === 'bytes') bytes += field.end - field.start;
    tensor.segments.push({ encoding, start: field.start, end: field.end });
  };
  for (const field of file.fields(at.start, at.end)) {
    if (field.number === 1) addDims(tensor, file.integers(field));
    else if (field.number === 2) tensor.elemType = Number(file.integer(field));
    else if (field.number === 3) throw notOnnx('it holds a tensor in segments, which no runtime loads');
    else if (field.number === 4 || field.number === 9 || field.number === 10) segment(field, 'bytes');
    else if (field.number === 5 || field.number === 7 || field.number === 11) segment(field, 'varint');
    else if (field.number === 6) segment(field, 'string');
    else if (field.number === 8) tensor.name = file.string(field);
    else if (field.number === 13) stated.set(...entry(file, field));
    else if (field.number === 14) isExternal = file.integer(field) === 1n;
  }
  tensor.elements = countElements(tensor);
  if (isExternal) tensor.external = externalPlace(tensor, stated);
  else checkLength(tensor, bytes);
  return tensor;
}

function addDims({ dims, name }: TensorRecord, sizes: readonly bigint[]): void {
  if (dims.length + sizes.length > MOST_DIMS) throw notOnnx(`the tensor "${name}" has over ${MOST_DIMS} dimensions`);
  for (const size of sizes) dims.push(Number(size));
}

function countElements(tensor: TensorRecord): number {
  const { dims, name } = tensor;
  const elements = dims.reduce((product, size) => product * size, 1);
  if (dims.some((size) => size < 0) || !Number.isSafeInteger(elements)) {
    throw notOnnx(`the tensor "${name}" has the impossible shape [${dims.join(', ')}]`);
  }
  return elements;
}

/** A shape that lies about its bytes would be believed by what allocates by it. */
function checkLength(tensor: TensorRecord, bytes: number): void {
  const type = typeOf(tensor);
  const onlyBytes = tensor.segments.every((segment) => segment.encoding === 'bytes');
  const expected = Math.ceil((tensor.elements * type.bits) / 8);
  if (onlyBytes && type.bits > 0 && bytes !== expected) {
    throw notOnnx(
      `the tensor "${tensor.name}" is declared as ${type.name} [${tensor.dims.join(', ')}], ${expected} bytes, and holds ${bytes}`,
    );
  }
}

function typeOf({ name, elemType }: TensorRecord): ElementType {
  const type = elementType(elemType);
  if (type === undefined) throw notOnnx(`the tensor "${name}" has the unknown type ${elemType}`);
  return type;
}

/** Keys `location`, `offset` and `length`; others (`checksum`) no runtime looks at. */
function externalPlace(tensor: TensorRecord, stated: ReadonlyMap<string, string>): ExternalPlace {
  const { name, dims } = tensor;
  const { bits, name: type } = typeOf(tensor);
  const file = stated.get('location') ?? '';
  if (file === '') throw notOnnx(`the tensor "${name}" is said to lie in another file, which is not named`);
  if (bits === 0) throw notOnnx(`the tensor "${name}" of type ${type} lies in another file, where only numbers may`);
  if (tensor.segments.length > 0) throw notOnnx(`the tensor "${name}" has values here and in ${file}`);
  const bytes = Math.ceil((tensor.elements * bits) / 8);
  const offset = count(stated.get('offset') ?? '0');
  const length = count(stated.get('length') ?? String(bytes));
  if (offset === null || length !== bytes) {
    throw notOnnx(
      `the tensor "${name}" is declared as ${type} [${dims.join(', ')}], ${bytes} bytes, and lies at offset ${stated.get('offset') ?? 0} of ${file} with ${stated.get('length') ?? bytes} bytes`,
    );
  }
  return { file, offset, bytes };
}

function count(digits: string): number | null {
  return /^\d{1,15}$/.test(digits) ? Number(digits) : null;
}

/** StringStringEntryProto. */
function entry(file: ProtoFile, at: Field): [key: string, value: string] {
  expect(at, WireType.LengthDelimited);
  let key = '';
  let value = '';
  for (const field of file.fields(at.start, at.end)) {
    if (field.number === 1) key = file.string(field);
    else if (field.number === 2) value = file.string(field);
  }
  return [key, value];
}

/** ValueInfoProto: an input or output of a graph. @throws CorescoreError `not_onnx` */
export function readValueInfo(file: ProtoFile, at: Field): OnnxTensorInfo {
  expect(at, WireType.LengthDelimited);
  const info: OnnxTensorInfo = { name: '', elemType: 'unknown', shape: [], shapeKnown: false };
  for (const field of file.fields(at.start, at.end)) {
    if (field.number === 1) info.name = file.string(field);
    else if (field.number === 2) readType(file, field, info);
  }
  return info;
}

const CONTAINER_TYPES: Record<number, string> = { 4: 'sequence', 5: 'map', 8: 'sparse tensor', 9: 'optional' };

function readType(file: ProtoFile, at: Field, info: OnnxTensorInfo): void {
  expect(at, WireType.LengthDelimited);
  for (const field of file.fields(at.start, at.end)) {
    if (field.number in CONTAINER_TYPES) info.elemType = CONTAINER_TYPES[field.number]!;
    if (field.number !== 1) continue;
    expect(field, WireType.LengthDelimited);
    for (const part of file.fields(field.start, field.end)) {
      if (part.number === 1) info.elemType = elementType(Number(file.integer(part)))?.name ?? 'unknown';
      else if (part.number === 2) readShape(file, part, info);
    }
  }
}

function readShape(file: ProtoFile, at: Field, info: OnnxTensorInfo): void {
  expect(at, WireType.LengthDelimited);
  info.shapeKnown = true;
  for (const dim of file.fields(at.start, at.end)) {
    if (dim.number !== 1) continue;
    expect(dim, WireType.LengthDelimited);
    let size: number | string | null = null;
    for (const part of file.fields(dim.start, dim.end)) {
      if (part.number === 1) size = Number(file.integer(part));
      else if (part.number === 2) size = file.string(part) || null;
    }
    // Some exporters write -1 for a dimension they do not know; ONNX Runtime reads it so too.
    if (size === -1) size = null;
    if (typeof size === 'number' && (size < 0 || !Number.isSafeInteger(size))) {
      throw notOnnx(`"${info.name}" is declared with the impossible dimension ${size}`);
    }
    info.shape.push(size);
    if (info.shape.length > MOST_DIMS) throw notOnnx(`"${info.name}" is declared with over ${MOST_DIMS} dimensions`);
  }
}
