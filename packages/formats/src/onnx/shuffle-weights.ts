import { chmod, copyFile, type FileHandle, open, rm } from 'node:fs/promises';
import { CorescoreError } from '@corescore/contracts';
import { readFully, writeFully } from '../files.js';
import { ProtoFile } from './cursor.js';
import { elementType } from './element-types.js';
import { allInitializers, readModel } from './model.js';
import type { TensorRecord } from './records.js';

/** Floating-point types whose elements take whole bytes. */
const FLOATS = ['float32', 'float16', 'float64', 'bfloat16'];

export interface ShuffledWeights {
  /** Initialisers whose values changed places, and how many values those were. */
  tensors: number;
  values: number;
}

/**
 * Writes the untrained twin of an ONNX file (METRICS 4, chance and floor): the same graph, the values of each float
 * initialiser of two or more dimensions in a random order; each keeps its shape and the distribution of its values.
 * Vectors (biases, normalisation) and whatever is not floating point stay. Values change places within the file, so that
 * everything else of it stays byte for byte. Holds one initialiser at a time.
 *
 * @param random uniform on 0 .. n - 1; asked in the order of the file, once a value
 * @throws CorescoreError `not_onnx`, `file_empty`; `file_format` where there is nothing to shuffle, or where it is stored
 *   in a form that cannot be: in another file, or as variable-length integers. Nothing is left at `outPath` then.
 */
export async function shuffleOnnxWeights(
  path: string,
  outPath: string,
  random: (n: number) => number,
): Promise<ShuffledWeights> {
  const file = new ProtoFile(path);
  let tensors: TensorRecord[];
  try {
    tensors = [...allInitializers(await readModel(file, path))].filter(isWeight);
  } finally {
    file.close();
  }
  if (tensors.length === 0) {
    throw refusal('The model has no float initialiser of two or more dimensions.');
  }
  for (const tensor of tensors) checkStored(tensor);
  await copyFile(path, outPath);
  try {
    // A copy is as read-only as its original.
    await chmod(outPath, 0o600);
    const handle = await open(outPath, 'r+');
    try {
      for (const tensor of tensors) await shuffleTensor(handle, tensor, random);
    } finally {
      await handle.close();
    }
  } catch (error) {
    await rm(outPath, { force: true });
    throw error;
  }
  return { tensors: tensors.length, values: tensors.reduce((sum, { elements }) => sum + elements, 0) };
}

function isWeight({ elemType, dims, elements }: TensorRecord): boolean {
  return dims.length >= 2 && elements > 1 && FLOATS.includes(elementType(elemType)?.name ?? '');
}

function checkStored({ name, external, segments }: TensorRecord): void {
  if (external !== null) throw refusal(`The values of "${name}" lie in another file, ${external}.`);
  if (segments.some(({ encoding }) => encoding !== 'bytes')) {
    throw refusal(`The values of "${name}" are stored as variable-length integers.`);
  }
}

const refusal = (detail: string): CorescoreError =>
  new CorescoreError('file_format', detail, {
    field: 'model',
    remedy: 'Export the weights as float initialisers in raw form, in one file: then it has an untrained twin.',
  });

/** Fisher-Yates over the elements; an initialiser may lie in several pieces (unpacked fields). */
async function shuffleTensor(handle: FileHandle, tensor: TensorRecord, random: (n: number) => number): Promise<void> {
  const { segments, elements } = tensor;
  const width = elementType(tensor.elemType)!.bits / 8;
  const bytes = new Uint8Array(elements * width);
  let at = 0;
  for (const { start, end } of segments) {
    await readFully(handle, bytes.subarray(at, at + end - start), start);
    at += end - start;
  }
  const kept = new Uint8Array(width);
  for (let i = elements - 1; i > 0; i--) {
    const j = random(i + 1);
    kept.set(bytes.subarray(i * width, (i + 1) * width));
    bytes.copyWithin(i * width, j * width, (j + 1) * width);
    bytes.set(kept, j * width);
  }
  at = 0;
  for (const { start, end } of segments) {
    await writeFully(handle, bytes.subarray(at, at + end - start), start);
    at += end - start;
  }
}
