import { stat } from 'node:fs/promises';
import { CorescoreError, FILE_NAME_RULE, fileNameFault, type ModelFiles } from '@corescore/contracts';
import { type Json, list, notTfjs, object, shape, text } from './json.js';

/** One weight as it lies in the shards. */
export interface TfjsWeight {
  name: string;
  shape: number[];
  /** As the model sees it. */
  dtype: string;
  /** As it is stored: another where it is quantised. */
  storedAs: string;
  elements: number;
  bytes: number;
  /** Where it begins in the bytes of all shards, one behind the other. */
  offset: number;
}

export interface TfjsWeights {
  /** In the order of the shards. */
  weights: TfjsWeight[];
  shards: string[];
  bytes: number;
}

const ITEM_BYTES: Record<string, number> = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 };
const DTYPES = ['float32', 'int32', 'bool'];
const QUANTISED = ['uint8', 'uint16', 'float16'];
const MOST_WEIGHTS = 50_000;
const MOST_SHARDS = 1000;

/**
 * The weights manifest, checked against the shards: plain names, all there, together exactly as long as the weights.
 * @throws CorescoreError `path_refused`, `file_missing`, `not_tfjs`, `model_too_complex`
 */
export async function readWeights(manifest: unknown, files: ModelFiles): Promise<TfjsWeights> {
  const groups = list(manifest, 'weightsManifest', MOST_SHARDS).map((group) => object(group, 'A group of weights'));
  const weights: TfjsWeight[] = [];
  const shards: string[] = [];
  let bytes = 0;
  for (const group of groups) {
    const begin = bytes;
    for (const spec of list(group['weights'], 'The weights of a group', MOST_WEIGHTS)) {
      const weight = readSpec(object(spec, 'A weight'), bytes);
      weights.push(weight);
      bytes += weight.bytes;
    }
    let stored = 0;
    for (const path of list(group['paths'], 'The paths of a group', MOST_SHARDS)) {
      const name = shardName(path);
      stored += await sizeOf(files, name);
      shards.push(name);
    }
    if (stored !== bytes - begin) {
      throw notTfjs(
        `The weights of ${shards.slice(-3).join(', ')} take ${bytes - begin} bytes by their shapes, and the files hold ${stored}.`,
        'Send the shards that were written with this model.json, whole.',
      );
    }
  }
  if (weights.length > MOST_WEIGHTS || new Set(shards).size !== shards.length) {
    throw notTfjs('The weights manifest names a shard twice, or too many weights.', 'Save the model again.');
  }
  return { weights, shards, bytes };
}

function readSpec(spec: Json, offset: number): TfjsWeight {
  const name = text(spec['name'], 'The name of a weight');
  const dims = shape(spec['shape'], `The weight "${name}"`, false) as number[];
  const dtype = spec['dtype'];
  const quantisation =
    spec['quantization'] === undefined ? null : object(spec['quantization'], `"${name}".quantization`);
  const storedAs = quantisation === null ? dtype : quantisation['dtype'];
  if (!DTYPES.includes(dtype as string) || (quantisation !== null && !QUANTISED.includes(storedAs as string))) {
    throw new CorescoreError('operator_not_supported', `The weight "${name}" is ${dtype}, stored as ${storedAs}.`, {
      field: 'model.json',
      remedy: `Use ${DTYPES.join(', ')}, or these quantised to ${QUANTISED.join(', ')}.`,
    });
  }
  const elements = dims.reduce((product, dim) => product * dim, 1);
  if (!Number.isSafeInteger(elements * 4)) {
    throw new CorescoreError('model_too_complex', `The weight "${name}" has the shape [${dims.join(', ')}].`, {
      field: 'model.json',
      remedy: 'No machine holds so many values: check the shape.',
    });
  }
  const bytes = elements * ITEM_BYTES[storedAs as string]!;
  return { name, shape: dims, dtype: dtype as string, storedAs: storedAs as string, elements, bytes, offset };
}

function shardName(path: unknown): string {
  const name = text(path, 'The path of a shard');
  const fault = fileNameFault(name);
  if (fault === null) return name;
  throw new CorescoreError('path_refused', `The weights manifest names the file "${name}": this name ${fault}.`, {
    field: 'model.json',
    remedy: `Shards lie beside model.json; rename them there and in "weightsManifest". ${FILE_NAME_RULE}`,
  });
}

async function sizeOf(files: ModelFiles, name: string): Promise<number> {
  const path = files[name];
  const found = path === undefined ? null : await stat(path).catch(() => null);
  if (found?.isFile()) return found.size;
  throw new CorescoreError('file_missing', `The weights manifest names ${name}, which was not sent.`, {
    field: name,
    remedy: `Send ${name} beside model.json.`,
  });
}
