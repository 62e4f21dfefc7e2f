import { MODEL_FILE, type ModelFiles, type OnnxManifest } from '@corescore/contracts';
import { ProtoFile } from '../reader/cursor.js';
import { nodesBelow, readModel } from '../reader/model.js';
import type { ModelRecord, NodeRecord } from '../reader/records.js';
import { elementsOf, type Shape } from './node-context.js';
import { inferShapes } from './shapes.js';

/** What one image costs, as far as it can be told without running the model. */
export interface ModelCost {
  /**
   * Multiplications with an addition in the convolutions and matrix products for one image, all steps; biases,
   * normalisation, nonlinearities and pools are left out, as in the literature. Every node counts as it is written (an
   * engine may share or skip some), in a stateful model as often as the host makes a step. Null where a shape that it
   * depends on is not known before the model runs.
   */
  multiplyAdds: number | null;
  /** Values of each tensor of the main graph for one image and one application, for those whose shape is known. */
  valuesPerImage: Map<string, number>;
  /** Shapes that the inference found, for one image or for the batch that the graph insists on. */
  shapes: ReadonlyMap<string, Shape>;
}

/** @throws CorescoreError `not_onnx`, `file_empty` */
export async function onnxCost(manifest: OnnxManifest, files: ModelFiles): Promise<ModelCost> {
  const path = files[MODEL_FILE.onnx]!;
  const file = new ProtoFile(path);
  try {
    const model = await readModel(file, path);
    const { batch, given } = inputShapes(manifest, model);
    const shapes = await inferShapes(file, model, given);
    const products = productsOf(model, shapes);
    const perImage = products === null ? null : Math.round(((manifest.steps ?? 1) * products) / batch);
    const valuesPerImage = new Map<string, number>();
    for (const name of [
      ...model.graph.nodes.flatMap((node) => node.outputs),
      ...model.graph.outputs.map((o) => o.name),
    ]) {
      const shape = shapes.get(name);
      if (shape !== undefined) valuesPerImage.set(name, elementsOf(shape) / batch);
    }
    for (const { name, shape, shapeKnown } of model.graph.outputs) {
      // Where inference stops, what the graph declares: a single dimension without a number is the batch.
      const sizes = shape.filter((dim) => typeof dim === 'number');
      if (valuesPerImage.has(name) || !shapeKnown || shape.length - sizes.length > 1) continue;
      valuesPerImage.set(name, elementsOf(sizes) / (sizes.length === shape.length ? batch : 1));
    }
    return {
      multiplyAdds: Number.isSafeInteger(perImage) ? perImage : null,
      valuesPerImage,
      shapes,
    };
  } finally {
    file.close();
  }
}

/**
 * Shapes of the inputs for one image, or for the batch that the graph insists on. The manifest fills in the image's
 * sizes; a state is known where it states all its sizes but the batch.
 */
function inputShapes(manifest: OnnxManifest, { graph }: ModelRecord): { batch: number; given: Map<string, Shape> } {
  const { name, layout, channels, size } = manifest.input;
  const sizes = layout === 'NCHW' ? [channels, ...size] : [...size, channels];
  const stated = graph.inputs.find((input) => input.name === name)?.shape[0];
  const batch = typeof stated === 'number' && stated > 0 ? stated : 1;
  const given = new Map<string, Shape>();
  for (const input of graph.inputs) {
    const filled = input.shape.map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? batch : null));
    if (input.name === name)
      given.set(
        name,
        [batch, ...sizes].map((dim, axis) => filled[axis] ?? dim),
      );
    else if (input.shapeKnown && filled.every((dim) => dim !== null)) given.set(input.name, filled);
  }
  return { batch, given };
}

type Count = (node: NodeRecord, shape: (name: string | undefined) => Shape | undefined) => number | undefined;

/** Each value that comes out took one product for every weight of its filter. */
const convolution =
  (weight: number): Count =>
  (node, shape) => {
    const [out, filter] = [shape(node.outputs[0]), shape(node.inputs[weight])];
    return out && filter && elementsOf(out) * elementsOf(filter.slice(1));
  };

/** Each value that goes in is multiplied with every weight of its channel. */
const transposed: Count = (node, shape) => {
  const [image, filter] = [shape(node.inputs[0]), shape(node.inputs[1])];
  return image && filter && elementsOf(image) * elementsOf(filter.slice(1));
};

const gemm: Count = (node, shape) => {
  const [out, a] = [shape(node.outputs[0]), shape(node.inputs[0])];
  return out?.length === 2 && a?.length === 2 ? (elementsOf(a) / Math.max(1, out[0]!)) * elementsOf(out) : undefined;
};

const matMul: Count = (node, shape) => {
  const [out, a] = [shape(node.outputs[0]), shape(node.inputs[0])];
  return out && a && elementsOf(out) * (a.at(-1) ?? 1);
};

const COUNTS: Record<string, Count> = { Conv: convolution(1), ConvTranspose: transposed, Gemm: gemm, MatMul: matMul };

/** Operators that multiply in ways that are not counted: a number without theirs would look like a real one. */
const UNCOUNTED = new Set(
  'Attention ConvInteger DFT DeformConv Einsum GRU LSTM MatMulInteger QLinearConv QLinearMatMul RNN STFT'.split(' '),
);

function productsOf({ graph }: ModelRecord, shapes: ReadonlyMap<string, Shape>): number | null {
  let total = 0;
  for (const node of graph.nodes) {
    if (!isStandard(node) || UNCOUNTED.has(node.opType) || hidesProducts(node)) return null;
    const count = COUNTS[node.opType];
    if (count === undefined) continue;
    const products = count(node, (name) => (name === undefined ? undefined : shapes.get(name)));
    if (products === undefined) return null;
    total += products;
  }
  return total;
}

/** Another domain's operators, and functions that the file defines, are not looked into. */
const isStandard = ({ domain }: NodeRecord): boolean =>
  domain === '' || domain === 'ai.onnx' || domain === 'ai.onnx.ml';

/** How often the body of a loop runs, or which branch, is known only when the model runs. */
function hidesProducts(node: NodeRecord): boolean {
  const bodies = node.attributes.flatMap((attribute) => attribute.graphs);
  return bodies.some(({ nodes }) =>
    [...nodesBelow(nodes)].some((inner) => !isStandard(inner) || UNCOUNTED.has(inner.opType) || inner.opType in COUNTS),
  );
}
