import { elementType } from '../element-types.js';
import { learnedTensors } from '../weights/weights.js';
import { ProtoFile } from './cursor.js';
import { allInitializers, allNodes, readModel } from './model.js';
import type { ModelRecord, OnnxTensorInfo, OpsetRecord, TensorRecord } from './records.js';
import { checkStructure } from './structure.js';
import { inferTypes } from './tensor-types.js';

/** What upload checks, `validate` and the runtime need to know of an ONNX file. */
export interface OnnxGraph {
  irVersion: number;
  opsets: OpsetRecord[];
  /** Name and version of the exporter. */
  producer: string;
  /** What has to be fed: the graph's inputs without those that an initializer fills. */
  inputs: OnnxTensorInfo[];
  outputs: OnnxTensorInfo[];
  /** Nodes of the main graph, its subgraphs and local functions. */
  nodes: number;
  /** Every tensor of the main graph that a node makes: what can be recorded. */
  tensorNames: Set<string>;
  /** Element types of the tensors of the main graph, as far as they are known (`inferTypes`). */
  types: ReadonlyMap<string, string>;
  /** Number of weights: elements of the floating-point and 8-bit-or-smaller integer `learnedTensors`. */
  parameters: number;
  parameterBytes: number;
  /** Operator -> how often, subgraphs and local functions included; other domains as `domain:Operator`. */
  operators: Record<string, number>;
  /** Names of the files besides this one that hold values, as the model gives them. */
  externalData: string[];
  externalTensors: TensorRecord[];
}

/**
 * Structure of an ONNX file; the weights are skipped, whatever their size.
 * @throws CorescoreError `file_empty`; `not_onnx` with the reason; `opset_not_supported`, `operator_not_supported`,
 *   `model_too_complex`
 */
export async function readOnnxGraph(path: string): Promise<OnnxGraph> {
  const file = new ProtoFile(path);
  try {
    const model = await readModel(file, path);
    await checkStructure(file, model);
    return describe(file, model);
  } finally {
    file.close();
  }
}

function describe(file: ProtoFile, model: ModelRecord): OnnxGraph {
  const { graph } = model;
  const filled = new Set(graph.initializers.map((tensor) => tensor.name));
  const operators = new Map<string, number>();
  const external: TensorRecord[] = [];
  let nodes = 0;
  for (const node of allNodes(model)) {
    nodes++;
    const operator = node.domain === '' || node.domain === 'ai.onnx' ? node.opType : `${node.domain}:${node.opType}`;
    operators.set(operator, (operators.get(operator) ?? 0) + 1);
    for (const attribute of node.attributes) {
      for (const tensor of attribute.tensors) if (tensor.external !== null) external.push(tensor);
    }
  }
  let parameters = 0;
  let parameterBytes = 0;
  for (const tensor of allInitializers(model)) if (tensor.external !== null) external.push(tensor);
  for (const tensor of learnedTensors(model)) {
    const type = elementType(tensor.elemType);
    if (type?.weight !== true) continue;
    parameters += tensor.elements;
    parameterBytes += Math.ceil((tensor.elements * type.bits) / 8);
  }
  return {
    irVersion: model.irVersion,
    opsets: model.opsets,
    producer: model.producer,
    inputs: graph.inputs.filter((input) => !filled.has(input.name)),
    outputs: graph.outputs,
    nodes,
    tensorNames: new Set(graph.nodes.flatMap((node) => node.outputs.filter((name) => name !== ''))),
    types: inferTypes(file, model),
    parameters,
    parameterBytes,
    operators: Object.fromEntries([...operators].sort(([a], [b]) => (a < b ? -1 : 1))),
    externalData: [...new Set(external.map((tensor) => tensor.external!.file))].sort(),
    externalTensors: external,
  };
}
