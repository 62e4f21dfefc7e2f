import { CorescoreError, type Manifest } from '@corescore/contracts';
import {
  checkActivations,
  checkOnnxContract,
  declaredFiles,
  isTemporal,
  onnxSemanticDigest,
  parseManifest,
  readOnnxGraph,
} from '@corescore/formats';
import type { Store } from '@corescore/store';
import type { Upload } from './upload.js';

/** The manifest, checked, and of the model that the address names. */
export function acceptManifest(value: unknown, name: string): Manifest {
  const manifest = parseManifest(value);
  if (manifest.name !== name) {
    throw new CorescoreError('invalid_request', `The manifest is of ${manifest.name}, the address of ${name}.`, {
      field: '/name',
      remedy: `Upload to /v1/models/<owner>/${manifest.name}/versions, or set the manifest's name to ${name}.`,
    });
  }
  return manifest;
}

/**
 * Name within the version of an uploaded file: the one file of an ONNX model may be called anything.
 * @throws CorescoreError `file_unexpected`
 */
export function acceptFile(manifest: Manifest, filename: string, already: readonly string[]): string {
  const { model, files } = declaredFiles(manifest);
  if (model !== undefined) {
    if (already.length > 0) {
      throw new CorescoreError('file_unexpected', `There is a second file, ${filename}; an ONNX model is one file.`, {
        field: filename,
        remedy: 'Send one .onnx file with its weights inside (no external data).',
      });
    }
    return model;
  }
  if (!files.includes(filename) || already.includes(filename)) {
    const why = already.includes(filename) ? 'sent twice' : 'not named by the manifest';
    throw new CorescoreError('file_unexpected', `The file ${filename} is ${why}.`, {
      field: filename,
      remedy: `Send each of these once: ${files.join(', ')}.`,
    });
  }
  return filename;
}

/** What the static checks learn about a version that they let pass. */
export interface CheckedModel {
  semanticDigest: string | null;
  parameters: number | null;
  temporal: boolean;
  stimulusSetDigest: string | null;
}

/**
 * Everything that can be said without running the model: files complete, graph readable, outputs and input there;
 * activations fit the stimulus set they name.
 * @throws CorescoreError with field and remedy
 */
export async function checkModel(store: Store, upload: Upload<Manifest>): Promise<CheckedModel> {
  const { manifest, dir, files } = upload;
  const names = files.map((f) => f.name);
  const missing = declaredFiles(manifest).files.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new CorescoreError('file_missing', `The upload lacks ${missing.join(', ')}.`, {
      field: missing[0]!,
      remedy: `Add it after the manifest: curl -F manifest=@corescore.json -F file=@${missing[0]}.`,
    });
  }
  const temporal = isTemporal(manifest);
  if (manifest.kind === 'onnx') {
    const path = files[0]!.path;
    const graph = await readOnnxGraph(path);
    checkOnnxContract(manifest, graph);
    return {
      semanticDigest: await onnxSemanticDigest(path),
      parameters: graph.parameters,
      temporal,
      stimulusSetDigest: null,
    };
  }
  const { set } = manifest.stimuli;
  const stimulusSet = await store.benchmarks.stimulusSet(set);
  if (stimulusSet === null) {
    throw new CorescoreError('stimulus_set_mismatch', `There is no stimulus set ${set} here.`, {
      field: '/stimuli/set',
      remedy: 'Use the identifier or digest of a stimulus set that GET /v1/benchmarks lists.',
    });
  }
  await checkActivations(manifest, dir, stimulusSet);
  return { semanticDigest: null, parameters: null, temporal, stimulusSetDigest: stimulusSet.digest };
}
