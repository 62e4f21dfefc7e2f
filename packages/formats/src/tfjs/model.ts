import { readFile, stat } from 'node:fs/promises';
import { CorescoreError, MODEL_FILE, type ModelFiles } from '@corescore/contracts';
import { readGraph } from './graph.js';
import { type Json, notTfjs, object } from './json.js';
import { readLayers } from './layers.js';
import type { TfjsTopology } from './topology.js';
import { readWeights, type TfjsWeights } from './weights.js';

/** A TensorFlow.js model: what its `model.json` says, checked against the files beside it. */
export interface TfjsModel extends TfjsTopology, TfjsWeights {
  format: 'layers-model' | 'graph-model';
  /** Elements of its floating-point weights. */
  parameters: number;
  /** The parsed file. */
  json: Json;
}

/** Topologies are small; weights do not belong in it. */
const MOST_JSON_BYTES = 64 * 1024 ** 2;

/**
 * Reads a model.json and looks at its shards, without the engine. Everything is bounded before it is believed: the engine
 * would make the layers, and their memory, before it noticed that their weights are not there.
 * @throws CorescoreError `not_tfjs`, `file_missing`, `file_empty`, `path_refused`, `operator_not_supported`,
 * `model_too_complex`
 */
export async function readTfjsModel(files: ModelFiles): Promise<TfjsModel> {
  const json = await readJson(files[MODEL_FILE.tfjs]!);
  const { format } = json;
  const topology = object(json['modelTopology'], 'modelTopology');
  // Files written before 2019 name no format: a graph has nodes.
  const isGraph = format === 'graph-model' || (format === undefined && 'node' in topology);
  if (!isGraph && format !== undefined && format !== 'layers-model') {
    throw notTfjs(`Its format is ${JSON.stringify(format)}.`, 'Send a "layers-model" or a "graph-model".');
  }
  const weights = await readWeights(json['weightsManifest'] ?? [], files);
  const parts = isGraph ? readGraph(topology, json['signature']) : readLayers(topology, weights.weights);
  const floats = weights.weights.filter(({ dtype }) => dtype === 'float32');
  return {
    ...parts,
    ...weights,
    format: isGraph ? 'graph-model' : 'layers-model',
    parameters: floats.reduce((sum, { elements }) => sum + elements, 0),
    json,
  };
}

async function readJson(path: string): Promise<Json> {
  const { size } = await stat(path);
  if (size === 0) {
    throw new CorescoreError('file_empty', 'model.json is empty.', { field: 'model.json', remedy: 'Save it again.' });
  }
  if (size > MOST_JSON_BYTES) {
    throw new CorescoreError('model_too_complex', `model.json has ${size} bytes; ${MOST_JSON_BYTES} are accepted.`, {
      field: 'model.json',
      remedy: 'Keep the weights in shards beside it, where they belong.',
    });
  }
  const bytes = await readFile(path);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw notTfjs(`It is not JSON: ${(error as Error).message}.`, 'Save it again, and send it whole.');
  }
  return object(value, 'model.json');
}
