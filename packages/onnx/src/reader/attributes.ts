import { elementType } from '../element-types.js';
import { type ProtoFile, varints } from './cursor.js';
import type { NodeRecord, TensorRecord } from './records.js';
import { varintsAsLittleEndian } from './varints.js';

/** No tensor has more dimensions, so no list that says something of a shape is longer. */
export const MOST_DIMS = 64;
const INT = 3;
const FLOAT = 2;
const STRING = 4;
const FLOATS = 7;
const INTS = 8;

/** Attributes of one node, as far as shapes depend on them; undefined where one is absent or too long. */
export class Attributes {
  constructor(
    private readonly file: ProtoFile,
    private readonly node: NodeRecord,
  ) {}

  int(name: string): number | undefined {
    return this.integers(name, INT)?.[0];
  }

  ints(name: string): number[] | undefined {
    return this.integers(name, INTS);
  }

  floats(name: string): number[] | undefined {
    const bytes = this.bytes(name, FLOATS) ?? this.bytes(name, FLOAT);
    return bytes === undefined ? undefined : floats(bytes);
  }

  string(name: string): string | undefined {
    const bytes = this.bytes(name, STRING);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString('latin1');
  }

  tensor(name: string): TensorRecord | undefined {
    return this.node.attributes.find((attribute) => attribute.name === name)?.tensors[0];
  }

  /** Numbers of a small tensor among the attributes. */
  values(tensor: TensorRecord): number[] | undefined {
    return smallValues(this.file, tensor);
  }

  private integers(name: string, number: number): number[] | undefined {
    const bytes = this.bytes(name, number);
    return bytes === undefined ? undefined : varints(bytes).map(Number);
  }

  /** A packed list has the bytes of an unpacked one, one after the other. */
  private bytes(name: string, number: number): Uint8Array | undefined {
    const values = this.node.attributes.find((attribute) => attribute.name === name)?.values ?? [];
    const pieces = values.filter((value) => value.number === number);
    const length = pieces.reduce((sum, { start, end }) => sum + end - start, 0);
    if (pieces.length === 0 || length > 10 * MOST_DIMS) return undefined;
    // The bytes of the file are valid until the next read only.
    return Buffer.concat(pieces.map(({ start, end }) => Uint8Array.from(this.file.bytes(start, end))));
  }
}

/** The numbers of a tensor that is small enough to be a shape, axes or scales; undefined for any other. */
export function smallValues(file: ProtoFile, tensor: TensorRecord): number[] | undefined {
  const { elements, segments, external } = tensor;
  const type = elementType(tensor.elemType)?.name ?? '';
  if (elements > MOST_DIMS || external !== null || !['int64', 'int32', 'float32'].includes(type)) return undefined;
  const width = type === 'int64' ? 8 : 4;
  const pieces = segments.map(({ encoding, start, end }) => {
    // An int32 is written like an int64, in ten bytes at most.
    const bytes = Uint8Array.from(file.bytes(start, Math.min(end, start + 10 * MOST_DIMS)));
    return encoding === 'varint' ? varintsAsLittleEndian(bytes, width).values : bytes;
  });
  const bytes = Buffer.concat(pieces);
  if (bytes.length !== elements * width) return undefined;
  if (type === 'float32') return floats(bytes);
  return Array.from({ length: elements }, (_, i) =>
    width === 8 ? Number(bytes.readBigInt64LE(8 * i)) : bytes.readInt32LE(4 * i),
  );
}

function floats(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getFloat32(4 * i, true));
}
