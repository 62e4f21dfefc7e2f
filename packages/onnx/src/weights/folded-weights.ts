import { listed, MODEL_FILE, type ModelFiles, type Warning } from '@corescore/contracts';
import { readFully } from '@corescore/contracts/files';
import { elementType } from '../element-types.js';
import { decodeFloat16 } from '../float16.js';
import { Pace } from '../pace.js';
import { ProtoFile } from '../reader/cursor.js';
import { ExternalFiles } from '../reader/external-data.js';
import { readModel } from '../reader/model.js';
import type { ModelRecord, TensorRecord } from '../reader/records.js';

/** Inputs of operators that hold a kernel or a matrix. */
const KERNELS: Readonly<Record<string, readonly number[]>> = {
  Conv: [1],
  ConvTranspose: [1],
  Gemm: [0, 1],
  MatMul: [0, 1],
};

/** Rounding of the product of a weight and a scale, relative to the largest weight of its channel. */
const TOLERANCE: Readonly<Record<string, number>> = { float32: 1e-5, float64: 1e-5, float16: 4e-3 };
/** A channel of fewer weights is a multiple of another one by chance. */
const FEWEST_WEIGHTS = 4;
/** Larger ones are not looked at: two are held at a time. */
const MOST_BYTES = 64 * 1024 ** 2;
/** Different kernels of one shape that the others are compared with. */
const MOST_KERNELS = 16;

/** Kernels that are one kernel up to a scale a channel. */
interface Family {
  names: string[];
  dims: number[];
  elements: number;
}

/**
 * Kernels of one shape that are the same up to a scale for each of their output channels. Exporters fold a normalisation
 * into the convolution in front of it; where a recurrent network normalises each step on its own, its one convolution
 * leaves the exporter as one kernel a step. Such copies count as parameters of their own, and the untrained twin shuffles
 * each in its own way, so that its steps share nothing.
 */
export async function foldedWeightWarnings(files: ModelFiles): Promise<Warning[]> {
  const path = files[MODEL_FILE.onnx]!;
  const file = new ProtoFile(path);
  const external = new ExternalFiles(files);
  try {
    const model = await readModel(file, path);
    const families: Family[] = [];
    for (const group of sameShape(model)) families.push(...(await familiesOf(group, external)));
    return families.map(warningOf);
  } finally {
    file.close();
    await external.close();
  }
}

function warningOf({ names, dims, elements }: Family): Warning {
  const copies = (names.length - 1) * elements;
  return {
    code: 'folded_weights',
    message:
      `${names.length} kernels of [${dims.join(', ')}] are one kernel up to a scale a channel (${listed(names)}): a normalisation of each step, folded into a convolution that the steps share. ` +
      `They count as ${(names.length * elements).toLocaleString('en')} parameters, of which ${copies.toLocaleString('en')} are copies, and the untrained twin shuffles each on its own.`,
    field: 'model',
    remedy:
      'Nothing is wrong with the activations. To keep one kernel, export without folding: torch.onnx.export(..., training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False) of a model in evaluation mode.',
  };
}

/** Initializers that are used as kernels, those of one type and shape together; alone ones are left out. */
function sameShape({ graph }: ModelRecord): TensorRecord[][] {
  const kernels = new Set(
    graph.nodes.flatMap(({ opType, inputs }) => (KERNELS[opType] ?? []).flatMap((at) => inputs[at] ?? [])),
  );
  const groups = new Map<string, TensorRecord[]>();
  for (const tensor of graph.initializers) {
    const { name, elemType, dims, elements, segments } = tensor;
    const type = elementType(elemType);
    if (!kernels.has(name) || type === undefined || !(type.name in TOLERANCE) || dims.length < 2) continue;
    if ((elements * type.bits) / 8 > MOST_BYTES || segments.some(({ encoding }) => encoding !== 'bytes')) continue;
    const key = `${elemType} ${dims.join()}`;
    groups.set(key, [...(groups.get(key) ?? []), tensor]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

async function familiesOf(group: readonly TensorRecord[], files: ExternalFiles): Promise<Family[]> {
  const pace = new Pace();
  const { dims, elements, elemType } = group[0]!;
  const tolerance = TOLERANCE[elementType(elemType)!.name]!;
  const kernels: { first: Float64Array | Float32Array; family: Family }[] = [];
  for (const tensor of group) {
    if (pace.due()) await pace.rest();
    const values = await valuesOf(tensor, files);
    // A kernel of one value, or of none, says nothing of where it comes from.
    if (values.every((value) => value === values[0])) continue;
    const known = kernels.find(({ first }) => isScaled(first, values, dims, tolerance));
    if (known !== undefined) known.family.names.push(tensor.name);
    else if (kernels.length < MOST_KERNELS) {
      kernels.push({ first: values, family: { names: [tensor.name], dims: [...dims], elements } });
    }
  }
  return kernels.map(({ family }) => family).filter(({ names }) => names.length > 1);
}

/** Whether `b` is `a` with a factor for each index of the first axis; of a matrix, or of its last axis. */
function isScaled(a: ArrayLike<number>, b: ArrayLike<number>, dims: readonly number[], tolerance: number): boolean {
  const rows = dims[0]!;
  const rest = a.length / rows;
  if (rest >= FEWEST_WEIGHTS && areMultiples(a, b, { lines: rows, stride: rest, length: rest, step: 1 }, tolerance)) {
    return true;
  }
  const last = dims.at(-1)!;
  const isMatrix = dims.length === 2 && rows >= FEWEST_WEIGHTS;
  return isMatrix && areMultiples(a, b, { lines: last, stride: 1, length: rows, step: last }, tolerance);
}

/** Whether each line of `b` is a multiple of the same line of `a`. */
function areMultiples(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { lines, stride, length, step }: { lines: number; stride: number; length: number; step: number },
  tolerance: number,
): boolean {
  for (let line = 0; line < lines; line++) {
    const from = line * stride;
    let largest = from;
    let magnitude = 0;
    for (let i = 0, at = from; i < length; i++, at += step) {
      if (Math.abs(a[at]!) > Math.abs(a[largest]!)) largest = at;
      magnitude = Math.max(magnitude, Math.abs(b[at]!));
    }
    const factor = a[largest] === 0 ? 0 : b[largest]! / a[largest]!;
    for (let i = 0, at = from; i < length; i++, at += step) {
      if (!(Math.abs(b[at]! - factor * a[at]!) <= tolerance * magnitude)) return false;
    }
  }
  return true;
}

async function valuesOf(tensor: TensorRecord, files: ExternalFiles): Promise<Float32Array | Float64Array> {
  const { segments, external, elements, elemType } = tensor;
  const { bits, name } = elementType(elemType)!;
  const bytes = new Uint8Array(new ArrayBuffer((elements * bits) / 8));
  const handle = await files.handle(external?.file ?? MODEL_FILE.onnx);
  const pieces = external === null ? segments : [{ start: external.offset, end: external.offset + external.bytes }];
  let at = 0;
  for (const { start, end } of pieces) {
    await readFully(handle, bytes.subarray(at, at + end - start), start);
    at += end - start;
  }
  if (name === 'float64') return new Float64Array(bytes.buffer);
  return name === 'float16' ? decodeFloat16(new Uint16Array(bytes.buffer)) : new Float32Array(bytes.buffer);
}
