import { chmod, constants, copyFile, type FileHandle, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CorescoreError, MODEL_FILE, type ModelFiles } from '@corescore/contracts';
import { readFully, writeFully } from '@corescore/contracts/files';
import { elementType } from '../element-types.js';
import { ProtoFile } from '../reader/cursor.js';
import { ExternalFiles, pathIn } from '../reader/external-data.js';
import { readModel } from '../reader/model.js';
import type { TensorRecord } from '../reader/records.js';
import { shuffleElements } from './shuffle.js';
import { isMatrix, learnedTensors } from './weights.js';

export interface ShuffledWeights {
  /** The files of the twin, under the names of the model's; those without shuffled values are the model's own. */
  files: ModelFiles;
  /** Tensors whose values changed places, and how many values those were. */
  tensors: number;
  values: number;
}

/**
 * Writes the untrained twin of an ONNX model (METRICS 4, chance and floor): the same graph, the values of each float
 * tensor of two or more dimensions among the `learnedTensors` in a random order; each keeps its shape
 * and the distribution of its values.
 * Vectors (biases, normalisation) and whatever is not floating point stay. Values change places where they lie, in the
 * model or in a file beside it, so that everything else stays byte for byte. Holds one tensor at a time.
 *
 * @param folder where the twin's files are written
 * @param random uniform on 0 .. n - 1; asked in the order of the model, once a value
 * @throws CorescoreError `not_onnx`, `file_empty`, `file_missing`; `file_format` where there is nothing to shuffle, or
 *   where it is stored as variable-length integers. Nothing is left in `folder` then.
 */
export async function shuffleOnnxWeights(
  files: ModelFiles,
  folder: string,
  random: (n: number) => number,
): Promise<ShuffledWeights> {
  const tensors = await weightsOf(files[MODEL_FILE.onnx]!);
  const names = new Set([MODEL_FILE.onnx, ...tensors.map(fileOf)]);
  const written = [...names].map((name) => [name, join(folder, basename(name))] as const);
  const twin = new ExternalFiles(Object.fromEntries(written), 'r+');
  try {
    for (const [name, path] of written) {
      await copyFile(pathIn(files, name), path, constants.COPYFILE_FICLONE);
      // A copy is as read-only as its original.
      await chmod(path, 0o600);
    }
    for (const tensor of tensors) await shuffleTensor(await twin.handle(fileOf(tensor)), tensor, random);
  } catch (error) {
    for (const [, path] of written) await rm(path, { force: true });
    throw error;
  } finally {
    await twin.close();
  }
  return {
    files: { ...files, ...Object.fromEntries(written) },
    tensors: tensors.length,
    values: tensors.reduce((sum, { elements }) => sum + elements, 0),
  };
}

const fileOf = ({ external }: TensorRecord): string => external?.file ?? MODEL_FILE.onnx;

/** @throws CorescoreError `file_format` where there is none, or one that cannot be shuffled */
async function weightsOf(path: string): Promise<TensorRecord[]> {
  const file = new ProtoFile(path);
  try {
    const tensors = learnedTensors(await readModel(file, path)).filter(isMatrix);
    if (tensors.length === 0) throw refusal('The model holds no float tensor of two or more dimensions.');
    for (const { name, segments } of tensors) {
      if (segments.every(({ encoding }) => encoding === 'bytes')) continue;
      throw refusal(`The values of "${name}" are stored as variable-length integers.`);
    }
    return tensors;
  } finally {
    file.close();
  }
}

const refusal = (detail: string): CorescoreError =>
  new CorescoreError('file_format', detail, {
    field: 'model',
    remedy: 'Export the weights as float tensors in raw form: then it has an untrained twin.',
  });

/** A tensor may lie in several pieces (unpacked fields). */
async function shuffleTensor(handle: FileHandle, tensor: TensorRecord, random: (n: number) => number): Promise<void> {
  const { segments, elements, external } = tensor;
  const pieces = external === null ? segments : [{ start: external.offset, end: external.offset + external.bytes }];
  const bytes = new Uint8Array((elements * elementType(tensor.elemType)!.bits) / 8);
  let at = 0;
  for (const { start, end } of pieces) {
    await readFully(handle, bytes.subarray(at, at + end - start), start);
    at += end - start;
  }
  shuffleElements(bytes, elements, random);
  at = 0;
  for (const { start, end } of pieces) {
    await writeFully(handle, bytes.subarray(at, at + end - start), start);
    at += end - start;
  }
}
