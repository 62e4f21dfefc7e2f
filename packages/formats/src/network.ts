import {
  CorescoreError,
  MODEL_FILE,
  type ModelFiles,
  type NetworkManifest,
  type OnnxManifest,
  PROBE_FILE,
  type TfjsManifest,
  type Warning,
} from '@corescore/contracts';
import { externalDataErrors, foldedWeightWarnings, onnxCost, onnxSemanticDigest, readOnnxGraph } from '@corescore/onnx';
import { inputValues } from './input-values.js';
import { clockWarnings } from './manifest/clock-warnings.js';
import { declaredFiles } from './manifest/declared-files.js';
import { fixedBatch, onnxContractErrors } from './onnx/contract.js';
import { dimsOf, recordedErrors } from './onnx/recorded.js';
import { probeError } from './probe.js';
import { tfjsContractErrors } from './tfjs/contract.js';
import { tfjsSemanticDigest } from './tfjs/digest.js';
import { readTfjsModel } from './tfjs/model.js';

/** What can be said of a network without running it. */
export interface NetworkFacts {
  parameters: number;
  parameterBytes: number;
  /** Names of the graph's outputs; any other name that a manifest gives is an inner tensor. */
  outputs: string[];
  /** Names of what may be recorded besides the outputs. */
  innerNames: string[];
  /** For one image, all steps; `ModelCost` says what counts. Null where it is not known. */
  multiplyAdds: number | null;
  /** Values of an output or inner tensor for one image and one application, for those that are known before a run. */
  valuesPerImage: Map<string, number>;
  /** Element type of the image input; `unknown` where the file does not tell, or has no such input. */
  imageType: string;
  /** Images that one run must hold; null where the model takes any number. */
  fixedBatch: number | null;
  /** What looks wrong and refuses nothing. */
  warnings: Warning[];
}

/**
 * Whether a network's files are what its manifest says: complete, readable, inputs and outputs there. The one check
 * that upload, the worker and `validate` share.
 * @throws CorescoreError with field and remedy: the first error of `inspectNetwork`
 */
export async function checkNetwork(manifest: NetworkManifest, files: ModelFiles): Promise<NetworkFacts> {
  const { facts, errors } = await inspectNetwork(manifest, files);
  if (errors[0] !== undefined) throw errors[0];
  return facts!;
}

/**
 * As `checkNetwork`, with everything that is wrong instead of the first.
 * @returns facts null where the model or its weights cannot be read; `errors` is not empty then
 */
export async function inspectNetwork(
  manifest: NetworkManifest,
  files: ModelFiles,
): Promise<{ facts: NetworkFacts | null; errors: CorescoreError[] }> {
  const required = declaredFiles(manifest).files;
  const errors = required.filter((name) => !(name in files)).map(notSent);
  if (!(MODEL_FILE[manifest.kind] in files)) return { facts: null, errors };
  try {
    const { facts, named, disagreements } = await INSPECT[manifest.kind](manifest as never, files);
    const { probe } = manifest;
    const wrong = probe !== undefined && PROBE_FILE in files ? await probeError(probe, files[PROBE_FILE]!) : null;
    if (wrong !== null) errors.push(wrong);
    errors.push(...disagreements, ...strays(files, [...required, ...named]));
    return { facts, errors };
  } catch (error) {
    if (!(error instanceof CorescoreError)) throw error;
    return { facts: null, errors: [...errors, error] };
  }
}

/**
 * What only the weights tell, and refuses nothing: reads those that may be copies of each other. For a network that
 * `checkNetwork` takes.
 */
export async function weightWarnings(kind: NetworkManifest['kind'], files: ModelFiles): Promise<Warning[]> {
  return kind === 'onnx' ? foldedWeightWarnings(files) : [];
}

/**
 * SHA-256 over what a network computes: graph and weights, without producer and paths. Reads all weights, which checking
 * a network does not.
 * @throws CorescoreError where the files cannot be read (`checkNetwork`)
 */
export async function semanticDigest(kind: NetworkManifest['kind'], files: ModelFiles): Promise<string> {
  return kind === 'onnx' ? onnxSemanticDigest(files) : tfjsSemanticDigest(await readTfjsModel(files), files);
}

/**
 * What is wrong with the files alone, where a manifest says too little to be held against them: whether the model and its
 * weights can be read.
 */
export async function fileErrors(kind: NetworkManifest['kind'], files: ModelFiles): Promise<CorescoreError[]> {
  if (!(MODEL_FILE[kind] in files)) return [notSent(MODEL_FILE[kind])];
  try {
    if (kind === 'onnx') return someOf(externalDataErrors(await readOnnxGraph(files[MODEL_FILE.onnx]!), files));
    await readTfjsModel(files);
    return [];
  } catch (error) {
    if (error instanceof CorescoreError) return [error];
    throw error;
  }
}

interface Inspected {
  facts: NetworkFacts | null;
  /** Files that the model itself names: shards, external weights. */
  named: string[];
  disagreements: CorescoreError[];
}

const INSPECT = {
  async onnx(manifest: OnnxManifest, files: ModelFiles): Promise<Inspected> {
    const path = files[MODEL_FILE.onnx]!;
    const graph = await readOnnxGraph(path);
    const misplaced = someOf(externalDataErrors(graph, files));
    const disagreements = [...misplaced, ...someOf(onnxContractErrors(manifest, graph))];
    if (misplaced.length > 0) return { facts: null, named: graph.externalData, disagreements };
    const outputs = graph.outputs.map((output) => output.name);
    const cost = await onnxCost(manifest, files);
    disagreements.push(...someOf(recordedErrors(manifest, graph, cost)));
    const imageType = graph.inputs.find(({ name }) => name === manifest.input.name)?.elemType ?? 'unknown';
    const values = inputValues(manifest.input, imageType);
    if (values.error !== null) disagreements.push(values.error);
    const { IT } = manifest.regions;
    const it = 'outputs' in IT ? undefined : dimsOf(graph, cost, IT.output);
    const facts = {
      imageType,
      fixedBatch: fixedBatch(graph, manifest.input.name),
      warnings: [...values.warnings, ...clockWarnings(manifest, it)],
      parameters: graph.parameters,
      parameterBytes: graph.parameterBytes,
      outputs,
      innerNames: [...graph.tensorNames].filter((name) => !outputs.includes(name)),
      multiplyAdds: cost.multiplyAdds,
      valuesPerImage: cost.valuesPerImage,
    };
    return { facts, named: graph.externalData, disagreements };
  },
  async tfjs(manifest: TfjsManifest, files: ModelFiles): Promise<Inspected> {
    const model = await readTfjsModel(files);
    const image = model.inputs.find(({ name }) => name === manifest.input.name);
    const values = inputValues(manifest.input, image?.dtype ?? 'unknown');
    const facts = {
      imageType: image?.dtype ?? 'unknown',
      fixedBatch: image?.shape[0] ?? null,
      warnings: [...values.warnings, ...clockWarnings(manifest)],
      parameters: model.parameters,
      parameterBytes: model.bytes,
      outputs: model.outputs,
      innerNames: model.innerNames.filter((name) => !model.outputs.includes(name)),
      multiplyAdds: null,
      valuesPerImage: new Map(),
    };
    const disagreements = [
      ...someOf(tfjsContractErrors(manifest, model)),
      ...(values.error === null ? [] : [values.error]),
    ];
    return { facts, named: model.shards, disagreements };
  },
};

/** Each may search all names of a model for near ones, and a manifest may name thousands of outputs. */
const MOST_ERRORS = 20;

function someOf(errors: Generator<CorescoreError>): CorescoreError[] {
  const some: CorescoreError[] = [];
  for (const error of errors) if (some.push(error) === MOST_ERRORS) break;
  return some;
}

/** A file of the version that the manifest calls for. */
export function notSent(name: string): CorescoreError {
  return new CorescoreError('file_missing', `The upload lacks ${name}.`, {
    field: name,
    remedy: `Add it after the manifest: curl -F manifest=@corescore.json -F file=@${name}.`,
  });
}

function strays(files: ModelFiles, known: readonly string[]): CorescoreError[] {
  return Object.keys(files)
    .filter((name) => !known.includes(name))
    .map(
      (name) =>
        new CorescoreError('file_unexpected', `Neither the manifest nor the model names the file ${name}.`, {
          field: name,
          remedy: `Send each of these once: ${known.join(', ')}.`,
        }),
    );
}
