import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** A message under construction: calls in order become fields in order. */
type Write = (w: BinaryWriter) => void;

function message(write: Write): Uint8Array {
  const w = new BinaryWriter();
  write(w);
  return w.finish();
}

const bytes = (w: BinaryWriter, field: number, value: Uint8Array) =>
  w.tag(field, WireType.LengthDelimited).bytes(value);
const text = (w: BinaryWriter, field: number, value: string) => w.tag(field, WireType.LengthDelimited).string(value);
const int = (w: BinaryWriter, field: number, value: number | bigint) => w.tag(field, WireType.Varint).int64(value);

const packedInts = (values: readonly number[]) =>
  message((w) => {
    for (const v of values) w.int64(v);
  });

export interface TensorSpec {
  name: string;
  /** TensorProto.DataType; 1 is float32, 7 int64. */
  type?: number;
  dims: number[];
  /** How the values are written. */
  as?: 'raw' | 'packed' | 'unpacked' | 'none';
  values?: number[];
  /** Entries that say where in another file the values lie: location, offset, length. */
  external?: Record<string, string>;
}

export function tensor({ name, type = 1, dims, as = 'raw', values = [], external }: TensorSpec): Uint8Array {
  return message((w) => {
    for (const dim of dims) int(w, 1, dim);
    int(w, 2, type);
    text(w, 8, name);
    if (external !== undefined) {
      for (const [key, value] of Object.entries(external)) {
        const entry = message((e) => {
          text(e, 1, key);
          text(e, 2, value);
        });
        bytes(w, 13, entry);
      }
      int(w, 14, 1);
    } else if (as === 'raw') {
      bytes(w, 9, new Uint8Array((type === 7 ? BigInt64Array.from(values, BigInt) : Float32Array.from(values)).buffer));
    } else if (type === 7 && as === 'packed') {
      bytes(w, 7, packedInts(values));
    } else if (type === 7 && as === 'unpacked') {
      for (const v of values) int(w, 7, v);
    } else if (as === 'packed') {
      bytes(w, 4, new Uint8Array(Float32Array.from(values).buffer));
    } else if (as === 'unpacked') {
      for (const v of values) w.tag(4, WireType.Bit32).float(v);
    }
  });
}

export interface InfoSpec {
  name: string;
  type?: number;
  /** Without it no shape is stated. */
  shape?: (number | string | null)[];
}

export function valueInfo({ name, type = 1, shape }: InfoSpec): Uint8Array {
  return message((w) => {
    text(w, 1, name);
    const tensorType = message((t) => {
      int(t, 1, type);
      if (shape === undefined) return;
      const dims = message((s) => {
        for (const dim of shape) {
          const encoded = message((d) => {
            if (typeof dim === 'number') int(d, 1, dim);
            else if (typeof dim === 'string') text(d, 2, dim);
          });
          bytes(s, 1, encoded);
        }
      });
      bytes(t, 2, dims);
    });
    bytes(
      w,
      2,
      message((t) => bytes(t, 1, tensorType)),
    );
  });
}

export interface AttributeSpec {
  name: string;
  int?: number;
  ints?: number[];
  packed?: boolean;
  tensor?: TensorSpec;
  graph?: GraphSpec;
}

function attribute({ name, int: one, ints, packed = false, tensor: value, graph: body }: AttributeSpec): Uint8Array {
  return message((w) => {
    text(w, 1, name);
    if (one !== undefined) {
      int(w, 3, one);
      int(w, 20, 2);
    }
    if (ints !== undefined) {
      if (packed) bytes(w, 8, packedInts(ints));
      else for (const v of ints) int(w, 8, v);
      int(w, 20, 7);
    }
    if (value !== undefined) bytes(w, 5, tensor(value));
    if (body !== undefined) bytes(w, 6, graph(body));
  });
}

export interface NodeSpec {
  op: string;
  inputs?: string[];
  outputs: string[];
  domain?: string;
  name?: string;
  doc?: string;
  attributes?: AttributeSpec[];
}

function node({ op, inputs = [], outputs, domain, name, doc, attributes = [] }: NodeSpec): Uint8Array {
  return message((w) => {
    for (const input of inputs) text(w, 1, input);
    for (const output of outputs) text(w, 2, output);
    if (name !== undefined) text(w, 3, name);
    text(w, 4, op);
    for (const spec of attributes) bytes(w, 5, attribute(spec));
    if (doc !== undefined) text(w, 6, doc);
    if (domain !== undefined) text(w, 7, domain);
  });
}

export interface GraphSpec {
  name?: string;
  doc?: string;
  nodes?: NodeSpec[];
  initializers?: TensorSpec[];
  inputs?: InfoSpec[];
  outputs?: InfoSpec[];
}

function graph({ name, doc, nodes = [], initializers = [], inputs = [], outputs = [] }: GraphSpec): Uint8Array {
  return message((w) => {
    for (const spec of nodes) bytes(w, 1, node(spec));
    if (name !== undefined) text(w, 2, name);
    for (const spec of initializers) bytes(w, 5, tensor(spec));
    if (doc !== undefined) text(w, 10, doc);
    for (const spec of inputs) bytes(w, 11, valueInfo(spec));
    for (const spec of outputs) bytes(w, 12, valueInfo(spec));
  });
}

export interface ModelSpec extends GraphSpec {
  irVersion?: number;
  producer?: string;
  opset?: number;
  /** A further operator set. */
  imports?: { domain: string; version: number };
  /** Local functions: their operators may then be used under these domains. */
  functions?: FunctionSpec[];
}

interface FunctionSpec {
  domain: string;
  name: string;
  nodes: NodeSpec[];
}

/** Bytes of an ONNX file. */
export function model(spec: ModelSpec): Uint8Array {
  return message((w) => {
    int(w, 1, spec.irVersion ?? 8);
    if (spec.producer !== undefined) text(w, 2, spec.producer);
    bytes(w, 7, graph(spec));
    bytes(
      w,
      8,
      message((o) => int(o, 2, spec.opset ?? 16)),
    );
    const { imports } = spec;
    if (imports !== undefined) {
      const encoded = message((o) => {
        text(o, 1, imports.domain);
        int(o, 2, imports.version);
      });
      bytes(w, 8, encoded);
    }
    for (const local of spec.functions ?? []) {
      const encoded = message((f) => {
        text(f, 1, local.name);
        for (const body of local.nodes) bytes(f, 7, node(body));
        text(f, 10, local.domain);
      });
      bytes(w, 25, encoded);
    }
  });
}

/** A small network that takes images: Conv -> Relu -> Flatten, taps `conv` and `relu`, output `it`. */
export function smallNetwork(change: Partial<ModelSpec> = {}): ModelSpec {
  return {
    producer: 'test 1.0',
    nodes: [
      { op: 'Conv', inputs: ['image', 'w'], outputs: ['conv'], attributes: [{ name: 'pads', ints: [1, 1, 1, 1] }] },
      { op: 'Relu', inputs: ['conv'], outputs: ['relu'] },
      { op: 'Flatten', inputs: ['relu'], outputs: ['it'] },
    ],
    initializers: [{ name: 'w', dims: [2, 3, 1, 1], values: [1, 2, 3, 4, 5, 6] }],
    inputs: [{ name: 'image', shape: ['batch', 3, 8, 8] }],
    outputs: [{ name: 'it', shape: ['batch', 128] }],
    ...change,
  };
}
