import { basename } from 'node:path';
import { WireType } from '@bufbuild/protobuf/wire';
import { CorescoreError } from '@corescore/contracts';
import { expect, type Field, notOnnx, type ProtoFile } from './cursor.js';
import type {
  AttributeRecord,
  FunctionRecord,
  GraphRecord,
  ModelRecord,
  NodeRecord,
  OpsetRecord,
  TensorRecord,
} from './records.js';
import { readTensor, readValueInfo } from './tensor.js';

/** Bounds of a graph. Trained networks of today stay an order of magnitude below them. */
export const GRAPH_LIMITS = { nodes: 100_000, initializers: 100_000, outputs: 10_000, depth: 8 } as const;
/** Operators that onnxruntime-node has; anything else needs a library that is not installed. */
const DOMAINS = ['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft'];

/** How other files begin that are sent instead of an ONNX file. */
const OTHER_FORMATS: [prefix: string, what: string][] = [
  [
    'PK\x03\x04',
    'it is a zip archive, perhaps a PyTorch checkpoint (.pt, .pth) or .npz; export the model to ONNX first',
  ],
  ['\x89HDF', 'it is an HDF5 file, perhaps Keras weights; convert the model with tf2onnx first'],
  ['\x93NUMPY', 'it is a NumPy array; use "kind": "activations" to submit arrays'],
  ['\x80\x02', 'it is a Python pickle, perhaps an old PyTorch checkpoint; export the model to ONNX first'],
  ['<', 'it is HTML or XML, perhaps an error page that was saved instead of the model'],
  ['{', 'it is JSON text'],
  ['version https://git-lfs', 'it is a Git LFS pointer; run "git lfs pull" to get the model itself'],
];

/**
 * Reads the structure of an ONNX file and leaves its weights unread.
 * @throws CorescoreError `file_empty`, or `not_onnx` with the reason: another format, cut off, absurd or over the limits
 */
export function readModel(file: ProtoFile, path: string): ModelRecord {
  if (file.size === 0) {
    throw new CorescoreError('file_empty', `${basename(path)} is empty.`, {
      field: 'model',
      remedy: 'Export the model again and check the size of the file before you send it.',
    });
  }
  const head = Buffer.from(file.bytes(0, Math.min(file.size, 32))).toString('latin1');
  const other = OTHER_FORMATS.find(([prefix]) => head.startsWith(prefix));
  if (other !== undefined) throw notOnnx(other[1]);
  const model = new ModelReader(file).model();
  check(model);
  return model;
}

class ModelReader {
  private nodes = 0;
  private initializers = 0;
  constructor(private readonly file: ProtoFile) {}

  model(): ModelRecord {
    const { file } = this;
    const model: ModelRecord = { irVersion: 0, producer: '', opsets: [], graph: emptyGraph(), functions: [] };
    const producer = { name: '', version: '' };
    for (const field of file.fields(0, file.size)) {
      if (field.number === 1) model.irVersion = Number(file.integer(field));
      else if (field.number === 2) producer.name = file.string(field);
      else if (field.number === 3) producer.version = file.string(field);
      else if (field.number === 7)
        this.graph(field, model.graph, 0); // Protobuf merges a repeated occurrence.
      else if (field.number === 8) model.opsets.push(this.opset(field));
      else if (field.number === 25) model.functions.push(this.function(field));
    }
    model.producer = `${producer.name} ${producer.version}`.trim();
    return model;
  }

  private opset(at: Field): OpsetRecord {
    const opset = { domain: '', version: 0 };
    for (const field of this.message(at)) {
      if (field.number === 1) opset.domain = this.file.string(field);
      else if (field.number === 2) opset.version = Number(this.file.integer(field));
    }
    return opset;
  }

  private graph(at: Field, graph: GraphRecord, depth: number): GraphRecord {
    if (depth > GRAPH_LIMITS.depth) throw notOnnx(`its subgraphs are nested over ${GRAPH_LIMITS.depth} deep`);
    for (const field of this.message(at)) {
      if (field.number === 1) graph.nodes.push(this.node(field, depth));
      else if (field.number === 5) this.initializer(field, graph);
      else if (field.number === 11) graph.inputs.push(readValueInfo(this.file, field));
      else if (field.number === 12) graph.outputs.push(readValueInfo(this.file, field));
      else if (field.number === 15) this.sparse(field, graph.initializers);
      if (graph.outputs.length > GRAPH_LIMITS.outputs) {
        throw notOnnx(`it has over ${GRAPH_LIMITS.outputs.toLocaleString('en')} outputs`);
      }
    }
    return graph;
  }

  private initializer(at: Field, graph: GraphRecord): void {
    if (++this.initializers > GRAPH_LIMITS.initializers) {
      throw notOnnx(`it has over ${GRAPH_LIMITS.initializers.toLocaleString('en')} initializers`);
    }
    graph.initializers.push(readTensor(this.file, at));
  }

  private node(at: Field, depth: number): NodeRecord {
    if (++this.nodes > GRAPH_LIMITS.nodes)
      throw notOnnx(`it has over ${GRAPH_LIMITS.nodes.toLocaleString('en')} nodes`);
    const node: NodeRecord = { opType: '', domain: '', overload: '', inputs: [], outputs: [], attributes: [] };
    for (const field of this.message(at)) {
      if (field.number === 1) node.inputs.push(this.file.string(field));
      else if (field.number === 2) node.outputs.push(this.file.string(field));
      else if (field.number === 4) node.opType = this.file.string(field);
      else if (field.number === 5) node.attributes.push(this.attribute(field, depth));
      else if (field.number === 7) node.domain = this.file.string(field);
      else if (field.number === 8) node.overload = this.file.string(field);
    }
    return node;
  }

  private attribute(at: Field, depth: number): AttributeRecord {
    const attribute: AttributeRecord = { name: '', type: 0n, refName: '', values: [], tensors: [], graphs: [] };
    for (const field of this.message(at)) {
      const { number, start, end } = field;
      if (number === 1) attribute.name = this.file.string(field);
      else if ([2, 3, 4, 7, 8, 9, 14, 15].includes(number)) attribute.values.push({ number, start, end });
      else if (number === 5 || number === 10) attribute.tensors.push(readTensor(this.file, field));
      else if (number === 6 || number === 11) attribute.graphs.push(this.graph(field, emptyGraph(), depth + 1));
      else if (number === 20) attribute.type = this.file.integer(field);
      else if (number === 21) attribute.refName = this.file.string(field);
      else if (number === 22 || number === 23) this.sparse(field, attribute.tensors);
    }
    return attribute;
  }

  /** SparseTensorProto: its values and its indices. */
  private sparse(at: Field, into: TensorRecord[]): void {
    for (const field of this.message(at)) {
      if (field.number === 1 || field.number === 2) into.push(readTensor(this.file, field));
    }
  }

  private function(at: Field): FunctionRecord {
    const result: FunctionRecord = {
      name: '',
      domain: '',
      overload: '',
      inputs: [],
      outputs: [],
      attributeNames: [],
      attributes: [],
      nodes: [],
      opsets: [],
    };
    for (const field of this.message(at)) {
      if (field.number === 1) result.name = this.file.string(field);
      else if (field.number === 4) result.inputs.push(this.file.string(field));
      else if (field.number === 5) result.outputs.push(this.file.string(field));
      else if (field.number === 6) result.attributeNames.push(this.file.string(field));
      else if (field.number === 7) result.nodes.push(this.node(field, 0));
      else if (field.number === 9) result.opsets.push(this.opset(field));
      else if (field.number === 10) result.domain = this.file.string(field);
      else if (field.number === 11) result.attributes.push(this.attribute(field, 0));
      else if (field.number === 13) result.overload = this.file.string(field);
    }
    return result;
  }

  private message(at: Field): Generator<Field> {
    expect(at, WireType.LengthDelimited);
    return this.file.fields(at.start, at.end);
  }
}

function emptyGraph(): GraphRecord {
  return { nodes: [], initializers: [], inputs: [], outputs: [] };
}

/** Every node of the model: main graph, subgraphs, local functions. */
export function* allNodes(model: ModelRecord): Generator<NodeRecord> {
  yield* nodesBelow(model.graph.nodes);
  for (const local of model.functions) yield* nodesBelow(local.nodes);
}

/** Nodes and those of their subgraphs. */
export function* nodesBelow(nodes: readonly NodeRecord[]): Generator<NodeRecord> {
  for (const node of nodes) {
    yield node;
    for (const attribute of node.attributes) {
      for (const graph of attribute.graphs) yield* nodesBelow(graph.nodes);
    }
  }
}

/** Every initializer: main graph and subgraphs. */
export function* allInitializers(model: ModelRecord): Generator<TensorRecord> {
  yield* model.graph.initializers;
  for (const node of allNodes(model)) {
    for (const attribute of node.attributes) {
      for (const graph of attribute.graphs) yield* graph.initializers;
    }
  }
}

function check(model: ModelRecord): void {
  const { graph } = model;
  if (graph.nodes.length === 0 && graph.outputs.length === 0) {
    throw notOnnx('there is no graph in it: other bytes that happen to read as a protobuf message');
  }
  if (model.irVersion <= 0 || model.opsets.length === 0)
    throw notOnnx('it does not say its IR version and operator set');
  if (graph.nodes.length === 0) throw notOnnx('its graph has no nodes');
  if (graph.outputs.length === 0) throw notOnnx('its graph has no outputs');
  if (graph.outputs.some((output) => output.name === '')) throw notOnnx('one of its outputs has no name');
  const local = new Set(model.functions.map((f) => `${f.domain}:${f.name}`));
  for (const node of allNodes(model)) {
    if (!DOMAINS.includes(node.domain) && !local.has(`${node.domain}:${node.opType}`)) {
      throw notOnnx(
        `it needs the operator ${node.opType} of the domain "${node.domain}", which is not installed here; allowed are ai.onnx, ai.onnx.ml, com.microsoft and functions that the file defines itself`,
      );
    }
  }
}
