import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { WireType } from '@bufbuild/protobuf/wire';
import { CorescoreError } from '@corescore/contracts';
import { GRAPH_LIMITS, tooComplex } from './limits.js';

/** One field of a message: a varint or fixed number, or a range of the file. */
export interface Field {
  number: number;
  type: WireType;
  /** Position of the value in the file; for length-delimited fields `end` bounds it. */
  start: number;
  end: number;
}

const WINDOW_BYTES = 64 * 1024;
const LONGEST_VARINT = 10;
/** Lists of dimensions, and the like: never values of tensors. */
const LONGEST_LIST_BYTES = 1 << 16;

/** What is wrong with an ONNX file, for the person who sent it. */
export function notOnnx(reason: string, field = 'model'): CorescoreError {
  return new CorescoreError('not_onnx', `This is not a usable ONNX file: ${reason}.`, {
    field,
    remedy:
      'Send the file that torch.onnx.export or tf2onnx wrote, complete; onnx.checker.check_model(path) says more.',
  });
}

/**
 * Walks protobuf messages in a file through a small window, so that weights are skipped by position and never read.
 * Synchronous on purpose: a graph is a few thousand window reads, and a promise a field would cost more than the I/O.
 * How much it reads in all is bounded (`GRAPH_LIMITS`), since a hostile file may have any number of fields.
 */
export class ProtoFile {
  readonly size: number;
  private readonly descriptor: number;
  private windowStart = 0;
  private window: Buffer = Buffer.alloc(0);
  private fieldsLeft: number = GRAPH_LIMITS.fields;
  private stringBytesLeft: number = GRAPH_LIMITS.namesBytes;

  constructor(path: string) {
    this.descriptor = openSync(path, 'r');
    this.size = fstatSync(this.descriptor).size;
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /**
   * The fields of the message at [start, end).
   * @throws CorescoreError `not_onnx` where the bytes are no message, `model_too_complex` where there are too many
   */
  *fields(start: number, end: number): Generator<Field> {
    let at = start;
    while (at < end) {
      if (--this.fieldsLeft < 0) throw tooComplex(`has more than ${GRAPH_LIMITS.fields.toLocaleString('en')} fields`);
      const field = this.field(at, end);
      yield field;
      at = field.end;
    }
  }

  private field(at: number, end: number): Field {
    // A tag and a length, or a number.
    const position = this.place(at, 2 * LONGEST_VARINT);
    const { window, windowStart } = this;
    const tagEnd = skipVarint(window, position);
    const tag = tagEnd - position > 5 ? -1 : varintAsNumber(window, position, tagEnd);
    const number = Math.floor(tag / 8);
    const type: WireType = tag & 7;
    if (tagEnd < 0 || number < 1) throw noMessage(at);
    const start = windowStart + tagEnd;
    switch (type) {
      case WireType.Varint: {
        const valueEnd = skipVarint(window, tagEnd);
        if (valueEnd < 0) throw noMessage(at);
        return bounded({ number, type, start, end: windowStart + valueEnd }, end);
      }
      case WireType.Bit32:
        return bounded({ number, type, start, end: start + 4 }, end);
      case WireType.Bit64:
        return bounded({ number, type, start, end: start + 8 }, end);
      case WireType.LengthDelimited: {
        const lengthEnd = skipVarint(window, tagEnd);
        if (lengthEnd < 0) throw noMessage(at);
        const from = windowStart + lengthEnd;
        return bounded({ number, type, start: from, end: from + varintAsNumber(window, tagEnd, lengthEnd) }, end);
      }
      default: // Groups: gone from protobuf before ONNX began.
        throw notOnnx(`its bytes are no protobuf message (wire type ${type} at byte ${at})`);
    }
  }

  /** Makes the window hold `bytes` bytes from `position`, or all to the end of the file. Returns the place in it. */
  private place(position: number, bytes: number): number {
    const offset = position - this.windowStart;
    const last = Math.min(position + bytes, this.size);
    if (offset >= 0 && last <= this.windowStart + this.window.length) return offset;
    this.window = this.read(position, Math.min(this.size, position + Math.max(bytes, WINDOW_BYTES)));
    this.windowStart = position;
    return 0;
  }

  private read(start: number, end: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(end - start);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(this.descriptor, bytes, at, bytes.length - at, start + at);
      if (read === 0) throw notOnnx(`it ends at byte ${start + at}, inside a field: the file is cut off`);
      at += read;
    }
    return bytes;
  }

  /** The bytes at [start, end). */
  bytes(start: number, end: number): Buffer {
    if (end - start > WINDOW_BYTES) return this.read(start, end);
    const offset = this.place(start, end - start);
    const bytes = this.window.subarray(offset, offset + end - start);
    if (bytes.length < end - start) throw notOnnx(`it ends at byte ${this.size}, inside a field: the file is cut off`);
    return bytes;
  }

  /** A name. @throws CorescoreError `model_too_complex` where it is absurdly long */
  string(field: Field): string {
    expect(field, WireType.LengthDelimited);
    const length = field.end - field.start;
    if (length > GRAPH_LIMITS.nameBytes) {
      throw tooComplex(`has a name of ${length.toLocaleString('en')} bytes (at byte ${field.start})`);
    }
    this.stringBytesLeft -= length;
    if (this.stringBytesLeft < 0) {
      throw tooComplex(`has names of over ${GRAPH_LIMITS.namesBytes.toLocaleString('en')} bytes together`);
    }
    return this.bytes(field.start, field.end).toString('utf8');
  }

  /** int64 and enums; protobuf writes a negative number as its 64-bit two's complement. */
  integer(field: Field): bigint {
    expect(field, WireType.Varint);
    const position = this.place(field.start, field.end - field.start);
    return varintAsInteger(this.window, position, position + field.end - field.start);
  }

  /** Values of a repeated int64 field, packed or not. */
  integers(field: Field): bigint[] {
    if (field.type === WireType.Varint) return [this.integer(field)];
    expect(field, WireType.LengthDelimited);
    const length = field.end - field.start;
    if (length > LONGEST_LIST_BYTES) throw notOnnx(`a list of dimensions is ${length} bytes long`);
    return varints(this.bytes(field.start, field.end));
  }
}

/** Packed varints as signed 64-bit integers. @throws CorescoreError `not_onnx` */
export function varints(packed: Uint8Array): bigint[] {
  const values: bigint[] = [];
  for (let at = 0; at < packed.length; ) {
    const end = skipVarint(packed, at);
    if (end < 0) throw notOnnx('a list of integers in it is damaged');
    values.push(varintAsInteger(packed, at, end));
    at = end;
  }
  return values;
}

/** Place behind the varint at `at`; -1 where there is none. */
function skipVarint(bytes: Uint8Array, at: number): number {
  const last = Math.min(bytes.length, at + LONGEST_VARINT);
  for (let end = at; end < last; end++) if (bytes[end]! < 0x80) return end + 1;
  return -1;
}

/** For tags and lengths; imprecise above 2^53, which is past the end of any file. */
function varintAsNumber(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let place = end - 1; place >= at; place--) value = value * 128 + (bytes[place]! & 0x7f);
  return value;
}

function varintAsInteger(bytes: Uint8Array, at: number, end: number): bigint {
  if (end - at <= 7) return BigInt(varintAsNumber(bytes, at, end));
  let value = 0n;
  for (let place = end - 1; place >= at; place--) value = (value << 7n) | BigInt(bytes[place]! & 0x7f);
  return BigInt.asIntN(64, value);
}

function noMessage(at: number): CorescoreError {
  return notOnnx(`its bytes are no protobuf message (at byte ${at})`);
}

/** @throws CorescoreError `not_onnx` where a field has another wire type than ONNX gives it. */
export function expect(field: Field, type: WireType): void {
  if (field.type !== type) {
    throw notOnnx(`field ${field.number} at byte ${field.start} has wire type ${field.type}, not ${type}`);
  }
}

function bounded(field: Field, end: number): Field {
  if (field.end > end) {
    throw notOnnx(
      `a field at byte ${field.start} reaches to byte ${field.end}, past the end at byte ${end}: cut off, or another format`,
    );
  }
  return field;
}
