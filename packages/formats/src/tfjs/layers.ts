import { CorescoreError } from '@corescore/contracts';
import { ENGINE_VERSIONS } from '../capabilities.js';
import { type Json, list, notTfjs, object, shape, text } from './json.js';
import { LAYER_CLASSES } from './known.js';
import { count, type TfjsInput, type TfjsTopology } from './topology.js';
import type { TfjsWeight } from './weights.js';

const MOST_LAYERS = 10_000;
const DEEPEST = 8;

/**
 * A layers model: Keras' configuration as TensorFlow.js saves it. An application of a layer is named by the layer, or
 * `layer:k` for its k-th application where it is applied several times (as an unrolled recurrent network does).
 * @throws CorescoreError `not_tfjs`, `operator_not_supported`, `model_too_complex`
 */
export function readLayers(topology: Json, weights: readonly TfjsWeight[]): TfjsTopology {
  refuseKeras3(topology);
  const root = object(topology['model_config'] ?? topology, 'modelTopology');
  const classes: string[] = [];
  visit(root, 0, classes, weights);
  const config = root['config'];
  const layers = layersOf(root);
  const names = layers.map(nameOf);
  const applications = layers.flatMap((layer) => applicationsOf(layer));
  if (root['class_name'] === 'Sequential' || Array.isArray(config)) {
    return {
      inputs: [sequentialInput(layers)],
      outputs: [names.at(-1)!],
      innerNames: names,
      types: new Map(),
      operators: count(classes),
    };
  }
  const ends = (key: string): string[] =>
    endsOf(object(config, 'config')[key], key).map(([name, node]) => (node === 0 ? name : `${name}:${node}`));
  const inputs = ends('input_layers').map((name) =>
    inputOf(
      layers.find((layer) => nameOf(layer) === name),
      name,
    ),
  );
  return {
    inputs,
    outputs: ends('output_layers'),
    innerNames: applications,
    types: new Map(),
    operators: count(classes),
  };
}

/** Keras 3 writes another configuration (`batch_shape`, inbound nodes as arguments), which TensorFlow.js cannot build. */
function refuseKeras3(topology: Json): void {
  const version = topology['keras_version'];
  if (typeof version !== 'string' || !(Number.parseInt(version, 10) >= 3)) return;
  throw notTfjs(
    `This model.json was written by Keras ${version}, and ${ENGINE_VERSIONS.tfjs} reads layers models of Keras 1 and 2.`,
    'Convert a SavedModel into a graph model: model.export("saved"), then tensorflowjs_converter --input_format=tf_saved_model --output_format=tfjs_graph_model saved web. Or save it with Keras 2 (tf_keras, TF_USE_LEGACY_KERAS=1), or export it to ONNX (tf2onnx).',
  );
}

function layersOf(model: Json): Json[] {
  const config = model['config'];
  const layers = Array.isArray(config) ? config : object(config, 'config')['layers'];
  const found = list(layers, 'The list of layers', MOST_LAYERS).map((layer) => object(layer, 'A layer'));
  if (found.length === 0) throw notTfjs('The model has no layers.', 'Save the whole model, not its weights alone.');
  return found;
}

const nameOf = (layer: Json): string =>
  text(layer['name'] ?? object(layer['config'], 'The configuration of a layer')['name'], 'The name of a layer');

/** `layer`, then `layer:1`, ... for every further application. */
function applicationsOf(layer: Json): string[] {
  const name = nameOf(layer);
  const nodes = Array.isArray(layer['inbound_nodes']) ? layer['inbound_nodes'].length : 0;
  return Array.from({ length: Math.max(1, nodes) }, (_, node) => (node === 0 ? name : `${name}:${node}`));
}

/** `[['a', 0, 0], ...]`, or `['a', 0, 0]` alone. */
function endsOf(value: unknown, what: string): [name: string, node: number][] {
  const given = list(value, what, MOST_LAYERS);
  const all = typeof given[0] === 'string' ? [given] : given;
  return all.map((end) => {
    const [name, node] = list(end, what, 4);
    if (!Number.isSafeInteger(node) || (node as number) < 0) throw notTfjs(`${what} names no node.`, 'Save it again.');
    return [text(name, what), node as number];
  });
}

/** Classes of all layers, those of nested models and wrapped layers too, and whether their sizes are believable. */
function visit(layer: Json, depth: number, classes: string[], weights: readonly TfjsWeight[]): void {
  const name = text(layer['class_name'], 'The class of a layer');
  if (!LAYER_CLASSES.has(name)) {
    throw new CorescoreError('operator_not_supported', `TensorFlow.js has no layer of the class "${name}".`, {
      field: 'model.json',
      remedy: 'Build it from layers of TensorFlow.js, or export the model as a graph model or as ONNX.',
    });
  }
  if (depth > DEEPEST || classes.push(name) > MOST_LAYERS) {
    throw new CorescoreError('model_too_complex', `The layers are nested deeper than ${DEEPEST}, or too many.`, {
      field: 'model.json',
      remedy: 'Flatten the model.',
    });
  }
  const config = layer['config'];
  if (Array.isArray(config) || Array.isArray((config as Json | undefined)?.['layers'])) {
    for (const inner of layersOf(layer)) visit(inner, depth + 1, classes, weights);
    return;
  }
  const about = object(config, `The configuration of a ${name}`);
  for (const key of ['layer', 'cell', 'forward_layer', 'backward_layer']) {
    const inner = about[key];
    if (typeof inner === 'object' && inner !== null && 'class_name' in inner) {
      visit(inner as Json, depth + 1, classes, weights);
    }
  }
  requireBelievable(name, about, weights);
}

/** What a layer multiplies its size by in its weights: gates of recurrent cells. */
const MULTIPLES = [1, 3, 4];

/**
 * A layer makes its weights before those of the file are looked at: one that declares more units than its weights in the
 * file have would be given memory for them all the same.
 */
function requireBelievable(className: string, config: Json, weights: readonly TfjsWeight[]): void {
  for (const key of ['units', 'filters', 'input_dim', 'output_dim'] as const) {
    const size = config[key];
    if (size === undefined || size === null) continue;
    const name = typeof config['name'] === 'string' ? config['name'] : className;
    const there =
      Number.isSafeInteger(size) &&
      weights.some(({ shape: dims }) =>
        dims.some((dim) => MULTIPLES.some((factor) => dim === factor * (size as number))),
      );
    if (there) continue;
    throw notTfjs(
      `The layer "${name}" (${className}) has ${key} ${JSON.stringify(size)}, and no weight in the file is of that size.`,
      'Send the shards that were written with this model.json.',
    );
  }
}

function inputOf(layer: Json | undefined, name: string): TfjsInput {
  if (layer === undefined) throw notTfjs(`The model has no input layer "${name}".`, 'Save it again.');
  const config = object(layer['config'], 'The configuration of an input layer');
  // Keras 3 calls it batch_shape.
  const given = config['batch_input_shape'] ?? config['batch_shape'] ?? config['batchInputShape'];
  return {
    name,
    dtype: typeof config['dtype'] === 'string' ? config['dtype'] : 'float32',
    shape: given === undefined || given === null ? [] : shape(given, `The input "${name}"`, true),
  };
}

/** The input of a Sequential has no layer of its own: TensorFlow.js names it after the first layer. */
function sequentialInput(layers: readonly Json[]): TfjsInput {
  const first = layers[0]!;
  const name = nameOf(first);
  return inputOf(first, first['class_name'] === 'InputLayer' ? name : `${name}_input`);
}
