import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CorescoreError, MODEL_FILE, type ModelFiles } from '@corescore/contracts';
import { shuffleElements } from '@corescore/onnx';
import { readTfjsModel } from './model.js';
import { shardBytes } from './shards.js';

const SHARD = 'twin.bin';

/**
 * Writes the untrained twin of a TensorFlow.js model (METRICS 4, chance and floor), by the rule of `shuffleOnnxWeights`:
 * the same topology, the values of each floating-point weight of two or more dimensions in a random order; vectors stay.
 * A quantised weight is shuffled as it is stored. Holds the weights once.
 *
 * @param folder where the twin's files are written
 * @param random uniform on 0 .. n - 1; asked in the order of the weights, once a value
 * @returns the twin's files
 * @throws CorescoreError those of `readTfjsModel`; `file_format` where there is nothing to shuffle
 */
export async function shuffleTfjsWeights(
  files: ModelFiles,
  folder: string,
  random: (n: number) => number,
): Promise<ModelFiles> {
  const model = await readTfjsModel(files);
  const shuffled = model.weights.filter((w) => w.dtype === 'float32' && w.shape.length >= 2 && w.elements > 1);
  if (shuffled.length === 0) {
    throw new CorescoreError('file_format', 'The model has no floating-point weight of two or more dimensions.', {
      field: MODEL_FILE.tfjs,
      remedy: 'A model with weights has an untrained twin.',
    });
  }
  const bytes = new Uint8Array(model.bytes);
  let at = 0;
  for await (const piece of shardBytes(model, files)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  for (const weight of shuffled) {
    shuffleElements(bytes.subarray(weight.offset, weight.offset + weight.bytes), weight.elements, random);
  }
  const specifications = (model.json['weightsManifest'] as { weights: unknown[] }[]).flatMap(({ weights }) => weights);
  const json = { ...model.json, weightsManifest: [{ paths: [SHARD], weights: specifications }] };
  const twin = { [MODEL_FILE.tfjs]: join(folder, MODEL_FILE.tfjs), [SHARD]: join(folder, SHARD) };
  try {
    await writeFile(twin[MODEL_FILE.tfjs]!, JSON.stringify(json));
    await writeFile(twin[SHARD]!, bytes);
  } catch (error) {
    for (const path of Object.values(twin)) await rm(path, { force: true });
    throw error;
  }
  return twin;
}
