import { ENGINE_VERSIONS, type ImageType, type StateType } from '@corescore/formats/capabilities';
import type { ImageElements } from '@corescore/formats/image-values';
import type { DataType, NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { engineName } from '../engine.js';
import type { Counted, Graph, TensorInfo } from './graph.js';
import { engineFailure } from './graph-session.js';
import { startTfjs, type Tfjs } from './tfjs-backend.js';
import { fromFolder } from './tfjs-files.js';
import { countMultiplyAdds } from './tfjs-multiply-adds.js';

export interface TfjsOptions {
  /** Folder with model.json and its shards. */
  folder: string;
  /** Names that will be fetched: outputs, layers or nodes. */
  fetches: readonly string[];
  /** Threads within one operator, where the backend has them. */
  threads: number;
  provider: string;
}

/**
 * Loads a layers model or a graph model of TensorFlow.js.
 * @throws ModelFailure `model_load_failed`, `model_out_of_memory`
 */
export async function openTfjsGraph({ folder, fetches, threads, provider }: TfjsOptions): Promise<Graph<Tensor>> {
  try {
    const tfjs = await startTfjs(provider, threads);
    const files = fromFolder(folder);
    const artifacts = await files.load!();
    const isGraph = artifacts.format === 'graph-model' || 'node' in (artifacts.modelTopology as object);
    const network = isGraph
      ? await openGraphModel(tfjs, { load: async () => artifacts }, fetches)
      : await openLayersModel(tfjs, { load: async () => artifacts }, fetches);
    return new TfjsGraph(tfjs, network, provider);
  } catch (error) {
    throw engineFailure(error, 'model_load_failed', 'TensorFlow.js cannot load the model', {
      remedy: `Load the same files with tf.loadLayersModel or tf.loadGraphModel of ${ENGINE_VERSIONS.tfjs}.`,
    });
  }
}

/** What the two formats have in common once they are loaded. */
interface Network {
  inputs: readonly TensorInfo[];
  outputs: readonly TensorInfo[];
  run(feeds: NamedTensorMap, fetches: readonly string[]): Promise<Tensor[]>;
  dispose(): void;
}

type Handler = ReturnType<typeof fromFolder>;

async function openLayersModel({ core, layers }: Tfjs, files: Handler, fetches: readonly string[]): Promise<Network> {
  const model = await layers.loadLayersModel(files);
  const found = fetches.flatMap((name) => {
    const tensor = layerOutput(model, name);
    return tensor === null ? [] : [{ name, tensor }];
  });
  const tapped = layers.model({ inputs: model.inputs, outputs: found.map(({ tensor }) => tensor) });
  return {
    inputs: model.inputs.map((tensor, i) => info(model.inputNames[i]!, tensor)),
    outputs: [
      ...model.outputs.map((tensor, i) => info(model.outputNames[i]!, tensor)),
      ...found.filter(({ name }) => !model.outputNames.includes(name)).map(({ name, tensor }) => info(name, tensor)),
    ],
    async run(feeds, names) {
      return core.tidy(() => {
        const given = model.inputNames.map((name) => feeds[name]!);
        const results = tapped.apply(given, { training: false });
        const all = Array.isArray(results) ? results : [results];
        return names.map((name) => (all[found.findIndex((one) => one.name === name)] as Tensor).clone());
      });
    },
    dispose() {
      // The model's own `dispose` forgets layers that are applied several times.
      for (const weight of model.weights) weight.dispose();
    },
  };
}

/** An output by its name, else a layer's: `name`, or `name:k` for its k-th application. */
function layerOutput(model: LayersModel, name: string): SymbolicTensor | null {
  const at = model.outputNames.indexOf(name);
  if (at >= 0 && model.outputNames.lastIndexOf(name) === at) return model.outputs[at]!;
  const [, layerName, node] = /^(.*?)(?::(\d+))?$/s.exec(name)!;
  const layer = model.layers.find((one) => one.name === layerName);
  if (layer === undefined || Number(node ?? 0) >= layer.inboundNodes.length) return null;
  const output = layer.getOutputAt(Number(node ?? 0));
  return Array.isArray(output) ? output[0]! : output;
}

const info = (name: string, { dtype, shape }: { dtype: DataType; shape: (number | null)[] }): TensorInfo => ({
  name,
  type: dtype,
  shape,
});

async function openGraphModel({ core, converter }: Tfjs, files: Handler, fetches: readonly string[]): Promise<Network> {
  const model = await converter.loadGraphModel(files);
  const nodes = Object.keys((model as unknown as { executor: { graph: { nodes: object } } }).executor.graph.nodes);
  // A node's one output may be named as a graph does, `node:0`.
  const named = fetches.filter((name) => nodes.includes(nodeOf(name)));
  let isDynamic = false;
  return {
    inputs: model.inputs.map(({ name, dtype, shape }) => ({ name, type: dtype, shape: open(shape) })),
    outputs: [...new Set([...model.outputs.map(({ name }) => nodeOf(name)), ...nodes, ...named])].map((name) => {
      const known = model.outputs.find((output) => nodeOf(output.name) === nodeOf(name));
      return { name, type: known?.dtype ?? 'unknown', shape: open(known?.shape) };
    }),
    async run(feeds, names) {
      if (!isDynamic) {
        try {
          return core.tidy(() => listOf(model.execute(feeds, [...names])).map((tensor) => tensor.clone()));
        } catch (error) {
          // Loops and shapes that depend on values cannot be run in one go; the package says so in these words.
          if (!/executeAsync/.test(String(error))) throw error;
          isDynamic = true;
        }
      }
      return listOf(await model.executeAsync(feeds, [...names]));
    },
    dispose: () => model.dispose(),
  };
}

const nodeOf = (name: string): string => name.replace(/:0$/, '');

const listOf = (results: Tensor | Tensor[]): Tensor[] => (Array.isArray(results) ? results : [results]);

/** -1 is TensorFlow's word for a dimension that is not fixed. */
const open = (shape: readonly number[] | undefined): (number | null)[] =>
  (shape ?? []).map((dim) => (dim === -1 ? null : dim));

class TfjsGraph implements Graph<Tensor> {
  readonly engine = engineName('tfjs');
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly kind = 'tfjs';

  constructor(
    private readonly tfjs: Tfjs,
    private readonly network: Network,
    readonly provider: string,
  ) {
    this.inputs = network.inputs;
    this.outputs = network.outputs;
  }

  images<E extends ImageType>(type: E, values: ImageElements[E], dims: readonly number[]): Tensor {
    return this.tfjs.core.tensor(values as Float32Array, [...dims], type as 'float32' | 'int32');
  }

  zeros(type: StateType, dims: readonly number[]): Tensor {
    return this.tfjs.core.zeros([...dims], type as 'float32' | 'int32' | 'bool');
  }

  async run(feeds: Readonly<Record<string, Tensor>>, fetches: readonly string[]): Promise<Record<string, Tensor>> {
    const results = await this.network.run(feeds, fetches);
    return Object.fromEntries(fetches.map((name, i) => [name, results[i]!]));
  }

  dims(tensor: Tensor): readonly number[] {
    return tensor.shape;
  }

  type(tensor: Tensor): string {
    return tensor.dtype;
  }

  async read(tensor: Tensor): Promise<Float32Array | null> {
    if (tensor.dtype !== 'float32') return null;
    const values = (await tensor.data()) as Float32Array;
    this.tfjs.check();
    return values;
  }

  count<R>(run: () => Promise<R>): Promise<Counted<R>> {
    return countMultiplyAdds(this.tfjs.core.engine(), run);
  }

  free(tensors: Iterable<Tensor>): void {
    for (const tensor of tensors) if (!tensor.isDisposed) tensor.dispose();
  }

  async release(): Promise<void> {
    this.network.dispose();
  }
}
