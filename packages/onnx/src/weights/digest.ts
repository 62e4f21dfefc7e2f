import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { MODEL_FILE, type ModelFiles } from '@corescore/contracts';
import { readFully } from '@corescore/contracts/files';
import { elementType } from '../element-types.js';
import { Pace } from '../pace.js';
import { ProtoFile } from '../reader/cursor.js';
import { ExternalFiles } from '../reader/external-data.js';
import { readModel } from '../reader/model.js';
import type {
  AttributeRecord,
  FunctionRecord,
  GraphRecord,
  NodeRecord,
  Segment,
  TensorRecord,
} from '../reader/records.js';
import { varintsAsLittleEndian } from '../reader/varints.js';

const CHUNK_BYTES = 1 << 20;
/** Up to here a read is not worth a promise: attributes come by the hundred thousand. */
const SMALL_BYTES = 1 << 14;

/**
 * SHA-256 over what an ONNX file computes: operator sets, nodes in order, attributes, initializers, inputs and outputs.
 * Left out: producer, IR version, doc strings, metadata, names of model, graph and nodes, and intermediate shapes. How
 * values are written (raw or typed fields, here or in a file beside the model) and the order of initializers and
 * attributes do not matter either, so a re-export of the same network keeps its digest. Names of tensors stay in:
 * activations are addressed by them.
 * @throws CorescoreError `not_onnx`, `file_empty`; `file_missing` when values lie in a file that is not among `files`
 */
export async function onnxSemanticDigest(files: ModelFiles): Promise<string> {
  const path = files[MODEL_FILE.onnx]!;
  const file = new ProtoFile(path);
  const handle = await open(path, 'r');
  const external = new ExternalFiles(files);
  try {
    const model = await readModel(file, path);
    const digest = new Digest(file, handle, external);
    const parts = [
      'corescore-onnx-1',
      [...model.opsets].map((o) => `${standard(o.domain)} ${o.version}`).sort(),
      await digest.graph(model.graph),
    ];
    const functions: string[] = [];
    for (const local of model.functions) functions.push(await digest.function(local));
    return combine(...parts, functions.sort());
  } finally {
    file.close();
    await handle.close();
    await external.close();
  }
}

/** SHA-256 of nested lists of strings; JSON keeps their borders apart. */
function combine(...parts: (string | number | readonly (string | number | null)[])[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

const standard = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

class Digest {
  private readonly chunk = Buffer.alloc(CHUNK_BYTES);
  private readonly pace = new Pace();
  constructor(
    private readonly file: ProtoFile,
    private readonly handle: FileHandle,
    private readonly external: ExternalFiles,
  ) {}

  async graph(graph: GraphRecord): Promise<string> {
    const initializers: string[] = [];
    for (const tensor of graph.initializers) initializers.push(await this.tensor(tensor));
    const nodes: string[] = [];
    for (const node of graph.nodes) nodes.push(await this.node(node));
    const info = (tensors: GraphRecord['inputs']) =>
      tensors.map((t) => JSON.stringify([t.name, t.elemType, t.shapeKnown, t.shape]));
    return combine(info(graph.inputs), info(graph.outputs), initializers.sort(), nodes);
  }

  async function(local: FunctionRecord): Promise<string> {
    const nodes: string[] = [];
    for (const node of local.nodes) nodes.push(await this.node(node));
    const defaults: string[] = [];
    for (const attribute of local.attributes) defaults.push(await this.attribute(attribute));
    const opsets = local.opsets.map((o) => `${standard(o.domain)} ${o.version}`).sort();
    const { domain, name, overload, inputs, outputs, attributeNames } = local;
    return combine(domain, name, overload, inputs, outputs, [...attributeNames].sort(), defaults.sort(), opsets, nodes);
  }

  private async node(node: NodeRecord): Promise<string> {
    if (this.pace.due()) await this.pace.rest();
    const attributes: string[] = [];
    for (const attribute of node.attributes) attributes.push(await this.attribute(attribute));
    return combine(node.opType, standard(node.domain), node.overload, node.inputs, node.outputs, attributes.sort());
  }

  private async attribute(attribute: AttributeRecord): Promise<string> {
    const hash = createHash('sha256');
    let previous = 0;
    for (const { number, start, end } of [...attribute.values].sort((a, b) => a.number - b.number)) {
      // A packed list has the bytes of an unpacked one, one after the other; strings need their borders.
      const isNumberList = number === 7 || number === 8;
      if (!isNumberList || number !== previous) hash.update(isNumberList ? `${number}:` : `${number}[${end - start}]`);
      await this.bytes(hash, start, end);
      previous = number;
    }
    const tensors: string[] = [];
    for (const tensor of attribute.tensors) tensors.push(await this.tensor(tensor));
    const graphs: string[] = [];
    for (const graph of attribute.graphs) graphs.push(await this.graph(graph));
    return combine(attribute.name, String(attribute.type), attribute.refName, hash.digest('hex'), tensors, graphs);
  }

  private async tensor(tensor: TensorRecord): Promise<string> {
    if (this.pace.due()) await this.pace.rest();
    const hash = createHash('sha256');
    if (tensor.external !== null) {
      const { file, offset, bytes } = tensor.external;
      const handle = await this.external.handle(file);
      for await (const chunk of this.chunks(offset, offset + bytes, handle)) hash.update(chunk);
    }
    for (const segment of tensor.segments) await this.values(hash, tensor, segment);
    return combine(tensor.name, tensor.elemType, tensor.dims, hash.digest('hex'));
  }

  private async values(hash: Hash, tensor: TensorRecord, segment: Segment): Promise<void> {
    const { encoding, start, end } = segment;
    if (encoding === 'varint') {
      const bytes = elementBytes(tensor);
      let carried: Uint8Array = new Uint8Array(0);
      for await (const chunk of this.chunks(start, end)) {
        const { values, rest } = varintsAsLittleEndian(Buffer.concat([carried, chunk]), bytes);
        hash.update(values);
        carried = rest;
      }
    } else {
      if (encoding === 'string') hash.update(`[${end - start}]`);
      await this.bytes(hash, start, end);
    }
  }

  private async bytes(hash: Hash, start: number, end: number): Promise<void> {
    if (end - start <= SMALL_BYTES) hash.update(this.file.bytes(start, end));
    else for await (const chunk of this.chunks(start, end)) hash.update(chunk);
  }

  /** The bytes at [start, end); each chunk is valid until the next one is asked for. */
  private async *chunks(start: number, end: number, handle = this.handle): AsyncGenerator<Buffer> {
    for (let at = start; at < end; at += CHUNK_BYTES) {
      const chunk = this.chunk.subarray(0, Math.min(CHUNK_BYTES, end - at));
      await readFully(handle, chunk, at);
      yield chunk;
    }
  }
}

/** Bytes of one stored integer: int32_data holds every type of up to 32 bits, and packs 4-bit pairs into bytes. */
function elementBytes(tensor: TensorRecord): 1 | 2 | 4 | 8 {
  const bits = elementType(tensor.elemType)?.bits ?? 64;
  return bits <= 8 ? 1 : bits === 16 ? 2 : bits === 32 ? 4 : 8;
}
