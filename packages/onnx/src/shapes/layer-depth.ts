import { CorescoreError, closeMatches } from '@corescore/contracts';
import { ProtoFile } from '../reader/cursor.js';
import { readModel } from '../reader/model.js';
import type { ModelRecord, NodeRecord } from '../reader/records.js';

/** Convolutions: a layer wherever they stand; the number is the input that holds the weight. */
const CONVOLUTIONS: Record<string, number> = {
  Conv: 1,
  ConvTranspose: 1,
  ConvInteger: 1,
  DeformConv: 1,
  FusedConv: 1,
  QLinearConv: 3,
};
/** Products: a dense layer where one of the two factors is a weight; the numbers are the inputs of the factors. */
const PRODUCTS: Record<string, [number, number]> = {
  Gemm: [0, 1],
  FusedGemm: [0, 1],
  MatMul: [0, 1],
  FusedMatMul: [0, 1],
  MatMulInteger: [0, 1],
  QLinearMatMul: [0, 3],
};
/** Networks settle within a few sweeps; a graph made to resist could take as many as it has layers. */
const MOST_VISITS = 10_000_000;
/** A tensor that does not depend on the image. */
const APART = -1;

/**
 * Longest path of layers from one tensor of an ONNX graph to another: convolutions, transposed convolutions and dense
 * layers (Gemm or MatMul with a weight), as feed-forward simplicity counts them (METRICS 7; Kubilius et al. 2018).
 *
 * A weight is one layer however often it is applied. Its depth is that of its shallowest application that depends on the
 * image, and later steps of an unrolled recurrent network add nothing to it: the count of one sweep from input to
 * read-out, which the unrolled graph and the one-step graph of the same network share. (The longest path through distinct
 * weights would thread lateral weights of later steps into the sweep: CORnet-S, 2 + 3 * 4 + 1 = 15 layers in one sweep,
 * then had 18, its first step's skip in front of its second step's block.)
 * A layer that is only reached in a later step, such as a lateral weight, lengthens the outputs of later steps.
 * Weights are told apart by their initializer, followed through Identity, Transpose and the like.
 *
 * @param ends.input the image input; other inputs (states) start no path
 * @param ends.output the read-out, or any tensor that a node of the main graph makes
 * @returns layers on the path, 0 where there is none on it
 * @throws CorescoreError `not_onnx`, `file_empty`; `input_not_found`, `output_not_found`; `metric_undefined` where the
 *   output does not depend on the input, or layers stand in a loop, branch or local function
 */
export async function layerDepth(path: string, ends: { input: string; output: string }): Promise<number> {
  const file = new ProtoFile(path);
  try {
    return depthOf(await readModel(file, path), ends.input, ends.output);
  } finally {
    file.close();
  }
}

function depthOf(model: ModelRecord, input: string, output: string): number {
  const { graph } = model;
  requireName('input', input, new Set(graph.inputs.map((tensor) => tensor.name)));
  requireName('output', output, new Set(graph.nodes.flatMap((node) => node.outputs)));
  refuseHiddenLayers(model);
  const weights = weightOrigins(model);
  const layers = graph.nodes.map((node) => layerOf(node, weights));
  // Least fixed point: depths only grow, and never past the number of layers, so the order of the nodes does not matter
  // where one weight is applied to unrelated tensors.
  let depths = new Map<string, number>();
  for (let visits = 0; ; visits += graph.nodes.length) {
    if (visits > MOST_VISITS) {
      throw new CorescoreError('metric_undefined', 'The order of the nodes is too tangled to count layers in it.', {
        field: 'model',
        remedy: 'Export the model with its nodes in the order in which they are computed.',
      });
    }
    const { tensors, layerDepths } = sweep(graph.nodes, layers, input, depths);
    if ([...layerDepths].every(([layer, depth]) => depths.get(layer) === depth)) {
      const depth = tensors.get(output) ?? APART;
      if (depth === APART) {
        throw new CorescoreError('metric_undefined', `"${output}" does not depend on "${input}".`, {
          remedy: 'Name the input that takes the image and the output that reads it out.',
        });
      }
      return depth;
    }
    depths = layerDepths;
  }
}

/** Depths of all tensors given those of the layers so far, and the layers' depths that follow. */
function sweep(
  nodes: readonly NodeRecord[],
  layers: readonly (string | null)[],
  input: string,
  depths: ReadonlyMap<string, number>,
): { tensors: Map<string, number>; layerDepths: Map<string, number> } {
  const tensors = new Map([[input, 0]]);
  const layerDepths = new Map<string, number>();
  for (const [i, node] of nodes.entries()) {
    const layer = layers[i] ?? null;
    let depth = APART;
    for (const name of node.inputs) depth = Math.max(depth, tensors.get(name) ?? APART);
    if (depth !== APART && layer !== null) {
      layerDepths.set(layer, Math.min(depth + 1, layerDepths.get(layer) ?? Number.POSITIVE_INFINITY));
      depth = depths.get(layer) ?? 0;
    }
    for (const name of node.outputs) tensors.set(name, depth);
  }
  return { tensors, layerDepths };
}

/** Tensor -> the initializer or constant it comes from, for every tensor made of weights alone. */
function weightOrigins({ graph }: ModelRecord): Map<string, string> {
  const origins = new Map(graph.initializers.map((tensor) => [tensor.name, tensor.name]));
  for (const node of graph.nodes) {
    const inputs = node.inputs.filter((name) => name !== '');
    if (node.opType !== 'Constant' && (inputs.length === 0 || !inputs.every((name) => origins.has(name)))) continue;
    for (const name of node.outputs) origins.set(name, origins.get(inputs[0] ?? '') ?? name);
  }
  return origins;
}

/** The weight that makes this node a layer, or null. A convolution with a computed kernel is a layer of its own. */
function layerOf(node: NodeRecord, weights: ReadonlyMap<string, string>): string | null {
  const kernel = CONVOLUTIONS[node.opType];
  if (kernel !== undefined) return weights.get(node.inputs[kernel] ?? '') ?? node.outputs[0] ?? null;
  const factors = PRODUCTS[node.opType];
  if (factors === undefined) return null;
  const [a, b] = factors.map((at) => weights.get(node.inputs[at] ?? ''));
  return b ?? a ?? null;
}

/** A loop's body or a local function is not followed; a count that misses their layers would look like a real one. */
function refuseHiddenLayers(model: ModelRecord): void {
  const hidden = (nodes: readonly NodeRecord[]): NodeRecord | undefined =>
    nodes
      .flatMap((node) => [node, ...node.attributes.flatMap((a) => a.graphs.map((g) => hidden(g.nodes)))])
      .find((node) => node !== undefined && (node.opType in CONVOLUTIONS || node.opType in PRODUCTS));
  const subgraphs = model.graph.nodes.flatMap((node) => node.attributes.flatMap((a) => a.graphs));
  const bodies = [...subgraphs, ...model.functions].map((body) => body.nodes);
  const found = bodies.map(hidden).find((node) => node !== undefined);
  if (found === undefined) return;
  throw new CorescoreError(
    'metric_undefined',
    `Layers (${found.opType}) stand inside a loop, a branch or a local function, whose depth is not counted.`,
    { field: 'model', remedy: 'Export the model unrolled, with its functions inlined.' },
  );
}

function requireName(what: 'input' | 'output', name: string, names: ReadonlySet<string>): void {
  if (names.has(name)) return;
  const close = closeMatches(name, names);
  throw new CorescoreError(`${what}_not_found`, `The model has no ${what} "${name}".`, {
    remedy: close.length > 0 ? `Did you mean ${close.join(', ')}?` : `Name one of the model's ${what}s.`,
  });
}
