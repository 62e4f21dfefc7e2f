/** Writes tiny TensorFlow.js models for tests: model.json and one shard. */

export interface TfjsWeightValues {
  name: string;
  shape: number[];
  values: number[];
  dtype?: 'float32' | 'int32';
}

/** A layer and what it is applied to: one list of inputs for every application. */
export interface Layer {
  class: string;
  name: string;
  config?: object;
  of?: (string | readonly [layer: string, application: number])[][];
}

type Files = Record<string, Uint8Array>;

/** A layers model, functional. */
export function layersModel(options: {
  layers: Layer[];
  inputs: string[];
  outputs: (string | readonly [layer: string, application: number])[];
  weights?: TfjsWeightValues[];
}): Files {
  const end = (to: string | readonly [string, number]) => (typeof to === 'string' ? [to, 0, 0] : [to[0], to[1], 0]);
  const modelTopology = {
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
    model_config: {
      class_name: 'Model',
      config: {
        name: 'test',
        layers: options.layers.map(({ class: className, name, config, of = [] }) => ({
          name,
          class_name: className,
          config: { name, trainable: true, ...config },
          inbound_nodes: of.map((inputs) => inputs.map((input) => [...end(input), {}])),
        })),
        input_layers: options.inputs.map(end),
        output_layers: options.outputs.map(end),
      },
    },
  };
  return files({ format: 'layers-model', generatedBy: 'corescore-test', modelTopology }, options.weights ?? []);
}

export interface GraphNode {
  name: string;
  op: string;
  in?: string[];
  attr?: object;
}

/** A graph model; constants are given as weights, as the converter writes them. */
export function graphModel(options: { nodes: GraphNode[]; outputs: string[]; weights?: TfjsWeightValues[] }): Files {
  const constants = (options.weights ?? []).map(({ name, shape, dtype = 'float32' }) => ({
    name,
    op: 'Const',
    attr: { dtype: { type: TYPES[dtype] }, value: { tensor: { dtype: TYPES[dtype], tensorShape: dims(shape) } } },
  }));
  const node = [
    ...constants,
    ...options.nodes.map(({ name, op, in: input, attr }) => ({ name, op, input, attr: attr ?? {} })),
  ];
  const signature = { outputs: Object.fromEntries(options.outputs.map((name) => [name, { name: `${name}:0` }])) };
  const modelTopology = { node, library: {}, versions: {} };
  return files({ format: 'graph-model', modelTopology, signature }, options.weights ?? []);
}

const TYPES = { float32: 'DT_FLOAT', int32: 'DT_INT32' } as const;

const dims = (shape: readonly number[]) => ({ dim: shape.map((size) => ({ size: String(size) })) });

export const placeholder = (name: string, shape: number[], dtype: keyof typeof TYPES = 'float32'): GraphNode => ({
  name,
  op: 'Placeholder',
  attr: { dtype: { type: TYPES[dtype] }, shape: { shape: dims(shape) } },
});

export const ofType = (dtype: keyof typeof TYPES) => ({ type: TYPES[dtype] });

function files(json: object, weights: readonly TfjsWeightValues[]): Files {
  const shards = weights.map(({ values, dtype }) =>
    Buffer.from((dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)).buffer),
  );
  const specifications = weights.map(({ name, shape, dtype = 'float32' }) => ({ name, shape, dtype }));
  const weightsManifest = weights.length === 0 ? [] : [{ paths: ['weights.bin'], weights: specifications }];
  return {
    'model.json': Buffer.from(JSON.stringify({ ...json, weightsManifest })),
    ...(weights.length === 0 ? {} : { 'weights.bin': Buffer.concat(shards) }),
  };
}
