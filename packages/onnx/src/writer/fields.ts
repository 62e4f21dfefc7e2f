import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Writes the fields of one message. */
export type WriteFields<V> = (w: BinaryWriter, value: V) => void;

/** A whole number as int64 or an enum: negative ones take ten bytes. */
export function integer(w: BinaryWriter, field: number, value: number | bigint | undefined): void {
  if (value !== undefined) w.tag(field, WireType.Varint).int64(value);
}

export function float(w: BinaryWriter, field: number, value: number): void {
  w.tag(field, WireType.Bit32).float(value);
}

export function text(w: BinaryWriter, field: number, value: string | undefined): void {
  if (value !== undefined) w.tag(field, WireType.LengthDelimited).string(value);
}

export function bytes(w: BinaryWriter, field: number, value: Uint8Array | undefined): void {
  if (value !== undefined) w.tag(field, WireType.LengthDelimited).bytes(value);
}

/** Text as UTF-8, or bytes as they are: what ONNX calls a string need not be text. */
export function textOrBytes(w: BinaryWriter, field: number, value: string | Uint8Array): void {
  if (typeof value === 'string') text(w, field, value);
  else bytes(w, field, value);
}

export function message<V>(w: BinaryWriter, field: number, value: V, write: WriteFields<V>): void {
  w.tag(field, WireType.LengthDelimited).fork();
  write(w, value);
  w.join();
}

export function writeEach<V>(
  w: BinaryWriter,
  field: number,
  values: readonly V[] | undefined,
  write: WriteFields<V>,
): void {
  for (const value of values ?? []) message(w, field, value, write);
}

/** Several numbers in one field, as proto3 writes them. */
export function packed<V>(w: BinaryWriter, field: number, values: readonly V[], write: WriteFields<V>): void {
  message(w, field, values, (inner) => {
    for (const value of values) write(inner, value);
  });
}
