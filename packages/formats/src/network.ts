import { CorescoreError, MODEL_FILE, type ModelFiles, type NetworkManifest } from '@corescore/contracts';
import { declaredFiles } from './manifest/declared-files.js';
import { onnxContractErrors } from './onnx/contract.js';
import { onnxSemanticDigest } from './onnx/digest.js';
import { readOnnxGraph } from './onnx/graph.js';

/** What can be said of a network without running it. */
export interface NetworkFacts {
  /** SHA-256 over graph and weights, without names, producer and paths. */
  semanticDigest: string;
  parameters: number;
  /** Names of the graph's outputs; any other name that a manifest gives is an inner tensor. */
  outputs: string[];
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
 * @returns facts null where the model cannot be read at all; `errors` is not empty then
 */
export async function inspectNetwork(
  manifest: NetworkManifest,
  files: ModelFiles,
): Promise<{ facts: NetworkFacts | null; errors: CorescoreError[] }> {
  const required = declaredFiles(manifest).files;
  const errors = required.filter((name) => !(name in files)).map(missing);
  const path = files[MODEL_FILE[manifest.kind]];
  if (path === undefined) return { facts: null, errors };
  try {
    const graph = await readOnnxGraph(path);
    if (manifest.kind === 'onnx') errors.push(...onnxContractErrors(manifest, graph));
    errors.push(...strays(files, required));
    const facts: NetworkFacts = {
      semanticDigest: await onnxSemanticDigest(path),
      parameters: graph.parameters,
      outputs: graph.outputs.map((output) => output.name),
    };
    return { facts, errors };
  } catch (error) {
    if (!(error instanceof CorescoreError)) throw error;
    return { facts: null, errors: [...errors, error] };
  }
}

function missing(name: string): CorescoreError {
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
