import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { CorescoreError } from '@corescore/contracts';

/** One field of a message: a varint or fixed number, or a range of the file. */
export interface Field {
  number: number;
  type: WireType;
  /** Position of the value in the file; for length-delimited fields `end` bounds it. */
  start: number;
  end: number;
}

const WINDOW_BYTES = 64 * 1024;
/** A tag and a varint are at most 10 bytes each. */
const LONGEST_PREFIX = 20;
const LONGEST_STRING = 1 << 16;
/** A walk of a hostile file must end, in bounded time and memory; a real graph of 100,000 nodes stays below both. */
const MOST_FIELDS = 2_000_000;
const MOST_STRING_BYTES = 128 << 20;

const utf8 = new TextDecoder('utf-8');

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
 */
export class ProtoFile {
  readonly size: number;
  private readonly descriptor: number;
  private windowStart = 0;
  private window: Uint8Array = new Uint8Array(0);
  private reader = new BinaryReader(this.window);
  private fieldsLeft = MOST_FIELDS;
  private stringBytesLeft = MOST_STRING_BYTES;

  constructor(path: string) {
    this.descriptor = openSync(path, 'r');
    this.size = fstatSync(this.descriptor).size;
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** The fields of the message at [start, end). @throws CorescoreError `not_onnx` where the bytes are no message. */
  *fields(start: number, end: number): Generator<Field> {
    let at = start;
    while (at < end) {
      if (--this.fieldsLeft < 0) throw notOnnx(`it has more than ${MOST_FIELDS.toLocaleString('en')} fields`);
      const field = this.field(at, end);
      yield field;
      at = field.end;
    }
  }

  private field(at: number, end: number): Field {
    const reader = this.readerAt(at, LONGEST_PREFIX);
    const base = this.windowStart;
    try {
      const [number, type] = reader.tag();
      const start = base + reader.pos;
      switch (type) {
        case WireType.Varint:
          reader.uint64();
          return bounded({ number, type, start, end: base + reader.pos }, end);
        case WireType.Bit32:
          return bounded({ number, type, start, end: start + 4 }, end);
        case WireType.Bit64:
          return bounded({ number, type, start, end: start + 8 }, end);
        case WireType.LengthDelimited: {
          const length = reader.uint32();
          const from = base + reader.pos;
          return bounded({ number, type, start: from, end: from + length }, end);
        }
        default: // Groups: gone from protobuf before ONNX began.
          throw notOnnx(`its bytes are no protobuf message (wire type ${type} at byte ${at})`);
      }
    } catch (error) {
      if (error instanceof CorescoreError) throw error;
      throw notOnnx(`its bytes are no protobuf message (at byte ${at})`);
    }
  }

  /** The one reader, placed at `position` with at least `bytes` bytes before it ends, or the end of the file. */
  private readerAt(position: number, bytes: number): BinaryReader {
    const offset = position - this.windowStart;
    const inside = offset >= 0 && offset + bytes <= this.window.length;
    if (
      !inside &&
      !(offset >= 0 && offset <= this.window.length && this.windowStart + this.window.length === this.size)
    ) {
      this.window = this.bytes(position, Math.min(this.size, position + Math.max(bytes, WINDOW_BYTES)));
      this.windowStart = position;
      this.reader = new BinaryReader(this.window);
    }
    this.reader.pos = position - this.windowStart;
    return this.reader;
  }

  /** The bytes at [start, end), valid until the next read. */
  bytes(start: number, end: number): Uint8Array {
    if (start >= this.windowStart && end <= this.windowStart + this.window.length) {
      return this.window.subarray(start - this.windowStart, end - this.windowStart);
    }
    const bytes = new Uint8Array(end - start);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(this.descriptor, bytes, at, bytes.length - at, start + at);
      if (read === 0) throw notOnnx(`it ends at byte ${start + at}, inside a field: the file is cut off`);
      at += read;
    }
    return bytes;
  }

  string(field: Field): string {
    return utf8.decode(this.small(field));
  }

  /** int64 and enums; protobuf writes a negative number as its 64-bit two's complement. */
  integer(field: Field): bigint {
    expect(field, WireType.Varint);
    return BigInt(this.readerAt(field.start, LONGEST_PREFIX).int64());
  }

  /** Values of a repeated int64 field, packed or not. */
  integers(field: Field): bigint[] {
    if (field.type === WireType.Varint) return [this.integer(field)];
    return varints(this.small(field));
  }

  /** A length-delimited field that has to be small: names and dimensions. */
  private small(field: Field): Uint8Array {
    expect(field, WireType.LengthDelimited);
    const length = field.end - field.start;
    if (length > LONGEST_STRING) throw notOnnx(`a name is ${length} bytes long (at byte ${field.start})`);
    this.stringBytesLeft -= length;
    if (this.stringBytesLeft < 0) throw notOnnx(`its names are over ${MOST_STRING_BYTES} bytes long together`);
    return this.bytes(field.start, field.end);
  }
}

/** Packed varints as signed 64-bit integers. @throws CorescoreError `not_onnx` */
export function varints(packed: Uint8Array): bigint[] {
  const reader = new BinaryReader(packed);
  const values: bigint[] = [];
  try {
    while (reader.pos < reader.len) values.push(BigInt(reader.int64()));
  } catch {
    throw notOnnx('a list of integers in it is damaged');
  }
  return values;
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
