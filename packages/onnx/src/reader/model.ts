import { basename } from 'node:path';
import { WireType } from '@bufbuild/protobuf/wire';
import { CorescoreError } from '@corescore/contracts';
import { Pace } from '../pace.js';
import { expect, type Field, notOnnx, type ProtoFile } from './cursor.js';
import { GRAPH_LIMITS, requireAtMost, tooComplex } from './limits.js';
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
 * @throws CorescoreError `file_empty`, `not_onnx` with the reason (another format, cut off, absurd), `model_too_complex`
 */
export async function readModel(file: ProtoFile, path: string): Promise<ModelRecord> {
  if (file.size === 0) {
    throw new CorescoreError('file_empty', `${basename(path)} is empty.`, {
      field: 'model',
      remedy: 'Export the model again and check the size of the file before you send it.',
    });
  }
  const head = Buffer.from(file.bytes(0, Math.min(file.size, 32))).toString('latin1');
  const other = OTHER_FORMATS.find(([prefix]) => head.startsWith(prefix));
  if (other !== undefined) throw notOnnx(other[1]);
  return new ModelReader(file).model();
}

class ModelReader {
  private nodes = 0;
  private initializers = 0;
  private readonly pace = new Pace();
  constructor(private readonly file: ProtoFile) {}

  async model(): Promise<ModelRecord> {
    const { file } = this;
    const model: ModelRecord = { irVersion: 0, producer: '', opsets: [], graph: emptyGraph(), functions: [] };
    const producer = { name: '', version: '' };
    for (const field of file.fields(0, file.size)) {
      if (field.number === 1) model.irVersion = Number(file.integer(field));
      else if (field.number === 2) producer.name = file.string(field);
      else if (field.number === 3) producer.version = file.string(field);
      else if (field.number === 7)
        await this.graph(field, model.graph, 0); // Protobuf merges a repeated occurrence.
      else if (field.number === 8) model.opsets.push(this.opset(field));
      else if (field.number === 25) model.functions.push(await this.function(field));
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

  private async graph(at: Field, graph: GraphRecord, depth: number): Promise<GraphRecord> {
    if (depth > GRAPH_LIMITS.depth) throw tooComplex(`has subgraphs nested over ${GRAPH_LIMITS.depth} deep`);
    for (const field of this.message(at)) {
      if (this.pace.due()) await this.pace.rest();
      if (field.number === 1) graph.nodes.push(await this.node(field, depth));
      else if (field.number === 5) this.initializer(field, graph);
      else if (field.number === 11) graph.inputs.push(readValueInfo(this.file, field));
      else if (field.number === 12) graph.outputs.push(readValueInfo(this.file, field));
      else if (field.number === 15) this.sparse(field, graph.initializers);
      requireAtMost('inputs', graph.inputs.length);
      requireAtMost('outputs', graph.outputs.length);
    }
    return graph;
  }

  private initializer(at: Field, graph: GraphRecord): void {
    requireAtMost('initializers', ++this.initializers);
    graph.initializers.push(readTensor(this.file, at));
  }

  private async node(at: Field, depth: number): Promise<NodeRecord> {
    requireAtMost('nodes', ++this.nodes);
    const node: NodeRecord = { opType: '', domain: '', overload: '', inputs: [], outputs: [], attributes: [] };
    for (const field of this.message(at)) {
      if (this.pace.due()) await this.pace.rest();
      if (field.number === 1) node.inputs.push(this.file.string(field));
      else if (field.number === 2) node.outputs.push(this.file.string(field));
      else if (field.number === 4) node.opType = this.file.string(field);
      else if (field.number === 5) node.attributes.push(await this.attribute(field, depth));
      else if (field.number === 7) node.domain = this.file.string(field);
      else if (field.number === 8) node.overload = this.file.string(field);
    }
    return node;
  }

  private async attribute(at: Field, depth: number): Promise<AttributeRecord> {
    const attribute: AttributeRecord = { name: '', type: 0n, refName: '', values: [], tensors: [], graphs: [] };
    for (const field of this.message(at)) {
      if (this.pace.due()) await this.pace.rest();
      const { number, start, end } = field;
      if (number === 1) attribute.name = this.file.string(field);
      else if ([2, 3, 4, 7, 8, 9, 14, 15].includes(number)) attribute.values.push({ number, start, end });
      else if (number === 5 || number === 10) attribute.tensors.push(readTensor(this.file, field));
      else if (number === 6 || number === 11) attribute.graphs.push(await this.graph(field, emptyGraph(), depth + 1));
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

  private async function(at: Field): Promise<FunctionRecord> {
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
      else if (field.number === 7) result.nodes.push(await this.node(field, 0));
      else if (field.number === 9) result.opsets.push(this.opset(field));
      else if (field.number === 10) result.domain = this.file.string(field);
      else if (field.number === 11) result.attributes.push(await this.attribute(field, 0));
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
export function allNodes(model: ModelRecord): NodeRecord[] {
  return [model.graph.nodes, ...model.functions.map((local) => local.nodes)].flatMap(nodesBelow);
}

/** Nodes and those of their subgraphs. */
export function nodesBelow(nodes: readonly NodeRecord[]): NodeRecord[] {
  const found: NodeRecord[] = [];
  const addAll = (some: readonly NodeRecord[]): void => {
    for (const node of some) {
      found.push(node);
      for (const attribute of node.attributes) for (const graph of attribute.graphs) addAll(graph.nodes);
    }
  };
  addAll(nodes);
  return found;
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
