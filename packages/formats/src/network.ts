import { CorescoreError, MODEL_FILE, type ModelFiles, type NetworkManifest, PROBE_FILE } from '@corescore/contracts';
import { checkOnnxContract } from './onnx/contract.js';
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
 * @throws CorescoreError with field and remedy
 */
export async function checkNetwork(manifest: NetworkManifest, files: ModelFiles): Promise<NetworkFacts> {
  requireNamed(files, MODEL_FILE[manifest.kind]);
  if (manifest.probe !== undefined) requireNamed(files, PROBE_FILE);
  const path = files[MODEL_FILE[manifest.kind]]!;
  const graph = await readOnnxGraph(path);
  if (manifest.kind === 'onnx') checkOnnxContract(manifest, graph);
  requireOnly(files, [MODEL_FILE[manifest.kind], ...(manifest.probe === undefined ? [] : [PROBE_FILE])]);
  return {
    semanticDigest: await onnxSemanticDigest(path),
    parameters: graph.parameters,
    outputs: graph.outputs.map((output) => output.name),
  };
}

function requireNamed(files: ModelFiles, name: string): void {
  if (name in files) return;
  throw new CorescoreError('file_missing', `The upload lacks ${name}.`, {
    field: name,
    remedy: `Add it after the manifest: curl -F manifest=@corescore.json -F file=@${name}.`,
  });
}

function requireOnly(files: ModelFiles, known: readonly string[]): void {
  const stray = Object.keys(files).find((name) => !known.includes(name));
  if (stray === undefined) return;
  throw new CorescoreError('file_unexpected', `Neither the manifest nor the model names the file ${stray}.`, {
    field: stray,
    remedy: `Send each of these once: ${known.join(', ')}.`,
  });
}
