import { CorescoreError } from '@corescore/contracts';
import { elementType } from '../element-types.js';
import { Pace } from '../pace.js';
import { Attributes, smallValues } from './attributes.js';
import { notOnnx, type ProtoFile } from './cursor.js';
import { GRAPH_LIMITS, opsetNotSupported, SUPPORTED, tooComplex } from './limits.js';
import { allInitializers, allNodes } from './model.js';
import type { FunctionRecord, ModelRecord, NodeRecord, TensorRecord } from './records.js';

/** Operators that onnxruntime-node has; anything else needs a library that is not installed. */
const DOMAINS = ['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft'];

/**
 * Whether the engine can load such a graph at all, and whether the graph asks for what no machine has: what can be told
 * before anything is allocated.
 * @throws CorescoreError `not_onnx`, `opset_not_supported`, `operator_not_supported`, `model_too_complex`
 */
export async function checkStructure(file: ProtoFile, model: ModelRecord): Promise<void> {
  const pace = new Pace();
  const nodes = allNodes(model);
  const checks = [
    () => checkWhole(model),
    () => checkVersions(model),
    () => checkOperators(model, nodes),
    () => checkFunctions(model.functions, model.graph.nodes),
    () => checkSize(file, model, nodes),
    () => checkMadeTensors(file, model, nodes),
  ];
  for (const check of checks) {
    check();
    if (pace.due()) await pace.rest();
  }
}

function checkWhole({ graph, irVersion, opsets }: ModelRecord): void {
  if (graph.nodes.length === 0 && graph.outputs.length === 0) {
    throw notOnnx('there is no graph in it: other bytes that happen to read as a protobuf message');
  }
  if (irVersion <= 0 || opsets.length === 0) throw notOnnx('it does not say its IR version and operator set');
  if (graph.nodes.length === 0) throw notOnnx('its graph has no nodes');
  if (graph.outputs.length === 0) throw notOnnx('its graph has no outputs');
  if (graph.outputs.some((output) => output.name === '')) throw notOnnx('one of its outputs has no name');
}

function checkVersions({ irVersion, opsets, functions }: ModelRecord): void {
  if (irVersion > SUPPORTED.irVersion) {
    throw opsetNotSupported(
      `The file has IR version ${irVersion}; onnxruntime-node 1.30 reads up to ${SUPPORTED.irVersion}.`,
    );
  }
  for (const { domain, version } of [...opsets, ...functions.flatMap((local) => local.opsets)]) {
    const name = domain === 'ai.onnx' ? '' : domain;
    const range = SUPPORTED.opsets[name];
    if (range === undefined || (version >= range[0] && version <= range[1])) continue;
    throw opsetNotSupported(
      `The file uses version ${version} of the operator set ${name === '' ? 'ai.onnx' : name}; onnxruntime-node 1.30 has ${range[0]} to ${range[1]}.`,
    );
  }
}

function checkOperators(model: ModelRecord, nodes: readonly NodeRecord[]): void {
  const local = new Set(model.functions.map((f) => `${f.domain}:${f.name}`));
  for (const { domain, opType } of nodes) {
    if (DOMAINS.includes(domain) || local.has(`${domain}:${opType}`)) continue;
    throw new CorescoreError(
      'operator_not_supported',
      `The model needs the operator ${opType} of the domain "${domain}", which is not installed here.`,
      {
        field: 'model',
        remedy:
          'Export with operators of ai.onnx, ai.onnx.ml and com.microsoft only, or with functions that the file defines itself.',
      },
    );
  }
}

/** Functions that call functions multiply as they are written out, and one that calls itself never ends. */
function checkFunctions(functions: readonly FunctionRecord[], nodes: readonly NodeRecord[]): void {
  const byName = new Map(functions.map((local) => [`${local.domain}:${local.name}`, local]));
  const sizes = new Map<string, number>();
  const open = new Set<string>();
  const sizeOf = (body: readonly NodeRecord[]): number => {
    let size = 0;
    for (const { domain, opType, attributes } of body) {
      size += 1 + called(`${domain}:${opType}`);
      for (const { graphs } of attributes) for (const graph of graphs) size += sizeOf(graph.nodes);
      if (size > GRAPH_LIMITS.inlinedNodes) {
        throw tooComplex(
          `has over ${GRAPH_LIMITS.inlinedNodes.toLocaleString('en')} nodes with its functions written out`,
        );
      }
    }
    return size;
  };
  const called = (name: string): number => {
    const local = byName.get(name);
    if (local === undefined) return 0;
    const known = sizes.get(name);
    if (known !== undefined) return known;
    if (open.has(name)) throw tooComplex(`has a function that calls itself (${name})`);
    if (open.size >= GRAPH_LIMITS.depth * 8) throw tooComplex('has functions that call each other too deep');
    open.add(name);
    const size = sizeOf(local.nodes);
    open.delete(name);
    sizes.set(name, size);
    return size;
  };
  sizeOf(nodes);
  for (const name of byName.keys()) called(name);
}

/** Weights may be large, what surrounds them not: the engine reads it all into memory at once. */
function checkSize(file: ProtoFile, model: ModelRecord, nodes: readonly NodeRecord[]): void {
  let valueBytes = 0;
  const add = ({ segments }: TensorRecord): void => {
    for (const { start, end } of segments) valueBytes += end - start;
  };
  for (const tensor of allInitializers(model)) add(tensor);
  for (const { attributes } of nodes) for (const { tensors } of attributes) tensors.forEach(add);
  const bytes = file.size - valueBytes;
  if (bytes > GRAPH_LIMITS.structureBytes) {
    throw tooComplex(
      `takes ${Math.round(bytes / 1024 ** 2)} MiB without its weights; ${GRAPH_LIMITS.structureBytes / 1024 ** 2} MiB are accepted`,
    );
  }
}

/** Which input of an operator is the shape of the tensor that it makes. */
const SHAPE_INPUT: Record<string, number> = { ConstantOfShape: 0, Expand: 1 };
const SHAPE_ATTRIBUTE = ['RandomNormal', 'RandomUniform'];
/** The smallest element there is: what is refused is too large with any. */
const ELEMENT_BYTES = 1;

/** Tensors whose size stands in the file although their values do not. */
function checkMadeTensors(file: ProtoFile, model: ModelRecord, nodes: readonly NodeRecord[]): void {
  const constants = new Map<string, TensorRecord>();
  for (const tensor of allInitializers(model)) {
    requirePossible(`the tensor "${tensor.name}"`, tensor.dims, (elementType(tensor.elemType)?.bits ?? 8) / 8);
    constants.set(tensor.name, tensor);
  }
  for (const { opType, attributes, outputs } of nodes) {
    const value = attributes.find(({ name }) => name === 'value')?.tensors[0];
    if (opType === 'Constant' && value !== undefined && outputs[0] !== undefined) constants.set(outputs[0], value);
  }
  for (const node of nodes) {
    const { opType, inputs, outputs } = node;
    const input = SHAPE_INPUT[opType];
    const shape = input === undefined ? undefined : constants.get(inputs[input] ?? '');
    const listed = SHAPE_ATTRIBUTE.includes(opType) ? new Attributes(file, node).ints('shape') : undefined;
    const dims = shape === undefined ? listed : smallValues(file, shape);
    if (dims !== undefined) requirePossible(`"${outputs[0] ?? ''}" (${opType})`, dims, ELEMENT_BYTES);
  }
}

function requirePossible(what: string, dims: readonly number[], elementBytes: number): void {
  if (dims.some((size) => size < 0)) throw notOnnx(`${what} has the impossible shape [${dims.join(', ')}]`);
  const bytes = dims.reduce((product, size) => product * size, elementBytes);
  if (bytes <= GRAPH_LIMITS.tensorBytes) return;
  throw tooComplex(
    `makes ${what} of the shape [${dims.join(', ')}], ${Math.round(bytes / 1024 ** 3).toLocaleString('en')} GiB or more; a tensor may have ${GRAPH_LIMITS.tensorBytes / 1024 ** 3}`,
  );
}
