import { SIDE } from '../models.js';
import { type GraphNode, graphModel, type Layer, layersModel, ofType, placeholder } from '../tfjs-writer.js';
import { type HostileCase, tfjsAbout } from './case.js';

type Files = Record<string, Uint8Array>;
type Json = Record<string, unknown>;

const input: Layer = {
  class: 'InputLayer',
  name: 'image',
  config: { batch_input_shape: [null, SIDE, SIDE, 3], dtype: 'float32', sparse: false },
};
const pool: Layer = { class: 'GlobalAveragePooling2D', name: 'pooled', config: {}, of: [['image']] };
const KERNEL = [1, 2, 3, 4, 5, 6];
const kernel = { name: 'it/kernel', shape: [3, 2], values: KERNEL };

/** The image's mean through a dense layer of 2 units, or whatever stands in its place. */
function network(last: Partial<Layer> = {}, weights = [kernel]): Files {
  const config = { units: 2, use_bias: false, activation: 'linear', ...last.config };
  const dense: Layer = { class: 'Dense', name: 'it', of: [['pooled']], ...last, config };
  return layersModel({ layers: [input, pool, dense], inputs: ['image'], outputs: ['it'], weights });
}

/** model.json of the good network, changed. */
function changed(change: (json: Json, group: Json) => void, files: Files = network()): Files {
  const json = JSON.parse(Buffer.from(files['model.json']).toString()) as Json;
  change(json, (json['weightsManifest'] as Json[])[0]);
  return { ...files, 'model.json': Buffer.from(JSON.stringify(json)) };
}

const withPaths = (...paths: unknown[]): Files => changed((_, group) => Object.assign(group, { paths }));
const withWeight = (rest: Json): Files =>
  changed((_, group) =>
    Object.assign(group, { weights: [{ name: 'it/kernel', shape: [3, 2], dtype: 'float32', ...rest }] }),
  );
const withText = (text: string): Files => ({ ...network(), 'model.json': Buffer.from(text) });

const text = Buffer.from(network()['model.json']).toString();
const absentShard: Files = { 'model.json': network()['model.json'] };

const AT_UPLOAD: [name: string, files: Files, code: string][] = [
  ['a shard above the upload', withPaths('../weights.bin'), 'path_refused'],
  ['a shard at an absolute path', withPaths('/etc/passwd'), 'path_refused'],
  ['a shard by its address', withPaths('https://example.org/weights.bin'), 'path_refused'],
  ['a shard in a folder', withPaths('shards/weights.bin'), 'path_refused'],
  ['a shard that is a number', withPaths(7), 'not_tfjs'],
  ['a shard that was not sent', absentShard, 'file_missing'],
  ['a shard that is named twice', withPaths('weights.bin', 'weights.bin'), 'not_tfjs'],
  ['a shard that is too short', { ...network(), 'weights.bin': new Uint8Array(23) }, 'not_tfjs'],
  ['a layer of an unknown class', network({ class: 'Shell' }), 'operator_not_supported'],
  ['a layer of code', network({ class: 'Lambda', config: { function: 'process.exit()' } }), 'operator_not_supported'],
  ['a layer of the class __proto__', network({ class: '__proto__' }), 'operator_not_supported'],
  ['a layer of the class constructor', network({ class: 'constructor' }), 'operator_not_supported'],
  ['a layer without weights for its size', network({ config: { units: 20_000 } }), 'not_tfjs'],
  ['a layer of fractional size', network({ config: { units: 2.5 } }), 'not_tfjs'],
  ['a weight of 4 PB', withWeight({ shape: [1e8, 1e8] }), 'model_too_complex'],
  ['a weight of negative size', withWeight({ shape: [-3, -2] }), 'not_tfjs'],
  ['a weight without a shape', withWeight({ shape: null }), 'not_tfjs'],
  ['a weight of texts', withWeight({ dtype: 'string' }), 'operator_not_supported'],
  ['a weight that lies about its size', withWeight({ shape: [300, 2] }), 'not_tfjs'],
  ['a file of nothing', withText(''), 'file_empty'],
  ['a file of text', withText('once upon a time'), 'not_tfjs'],
  ['a file that is cut off', withText(text.slice(0, text.length / 2)), 'not_tfjs'],
  ['a file that is a number', withText('1e999'), 'not_tfjs'],
  ['a file of brackets', withText('['.repeat(1_000_000)), 'not_tfjs'],
  ['a file of nested lists', withText(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), 'not_tfjs'],
  ['layers within layers', nestedModels(100), 'model_too_complex'],
  ['an operator that reads files', graph([{ name: 'it', op: 'ReadFile', in: ['image'] }]), 'operator_not_supported'],
  ['an operator of another language', graph([{ name: 'it', op: 'PyFunc', in: ['image'] }]), 'operator_not_supported'],
];

function graph(nodes: GraphNode[]): Files {
  return graphModel({ nodes: [placeholder('image', [-1, SIDE, SIDE, 3]), ...nodes], outputs: ['it'] });
}

/** A model in a model in a model ... */
function nestedModels(depth: number): Files {
  let inner: Json = {
    class_name: 'Flatten',
    name: 'it',
    config: { name: 'it' },
    inbound_nodes: [[['image', 0, 0, {}]]],
  };
  for (let level = 0; level < depth; level++) {
    inner = {
      class_name: 'Sequential',
      name: `m${level}`,
      config: { name: `m${level}`, layers: [inner] },
      inbound_nodes: [],
    };
  }
  return changed((json) => {
    const about = json['modelTopology'] as { model_config: { config: { layers: unknown[] } } };
    about.model_config.config.layers.push(inner);
  });
}

const nan = network({}, [{ ...kernel, values: [1, Number.NaN, 3, 4, 5, 6] }]);
const wide = graph([
  { name: 'pooled', op: 'Mean', in: ['image', 'axes'], attr: { keep_dims: { b: false }, T: ofType('float32') } },
]);

const IN_RUN: [name: string, files: Files, kind: string, code: string][] = [
  ['NaN in a shard', nan, 'contract_violation', 'activations_not_finite'],
  [
    'an activation that does not exist',
    network({ config: { activation: 'explode' } }),
    'model_error',
    'model_load_failed',
  ],
  ['a node whose input is missing', wide, 'model_error', 'model_load_failed'],
];

export const TFJS_CASES: HostileCase[] = [
  ...AT_UPLOAD.map(([name, files, refused]) => ({
    name: `TensorFlow.js: ${name}`,
    manifest: tfjsAbout(name),
    files,
    refused,
  })),
  ...IN_RUN.map(([name, files, kind, code]) => ({
    name: `TensorFlow.js: ${name}`,
    manifest: tfjsAbout(name),
    files,
    fails: { kind, code },
  })),
];
