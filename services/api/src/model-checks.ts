import { extname } from 'node:path';
import {
  type ActivationsManifest,
  CorescoreError,
  FILE_NAME_RULE,
  fileNameFault,
  isNetwork,
  type Manifest,
} from '@corescore/contracts';
import { declaredFiles, isTemporal, notSent, parseManifest } from '@corescore/formats';
import type { StimulusSetRow, Store } from '@corescore/store';
import type { Inspected } from './inspect.js';
import type { Inspections } from './inspections.js';
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
 * Name within the version of an uploaded file: the file that a network is loaded from may be called anything, what lies
 * beside it keeps its name, since the model refers to it.
 * @throws CorescoreError `file_unexpected`
 */
export function acceptFile(manifest: Manifest, filename: string, already: readonly string[]): string {
  const { model, files, more } = declaredFiles(manifest);
  const isModel = model !== null && extname(filename).toLowerCase() === extname(model) && !already.includes(model);
  const name = isModel ? model : filename;
  const refuse = (why: string, remedy: string) =>
    new CorescoreError('file_unexpected', `The file ${filename} ${why}.`, { field: filename, remedy });
  if (already.includes(name)) throw refuse('was sent twice', `Send each of these once: ${files.join(', ')}.`);
  if (!files.includes(name) && !more) {
    throw refuse('is not named by the manifest', `Send each of these once: ${files.join(', ')}.`);
  }
  if (model !== null && extname(filename).toLowerCase() === extname(model) && !isModel) {
    throw refuse(`is a second ${extname(model)} file`, 'Send one model a version.');
  }
  const fault = fileNameFault(name);
  if (fault !== null) {
    const again =
      model === null ? '' : ' A model refers to its weights by name: save it again, rather than rename them.';
    throw refuse(`has a name that ${fault}`, `${FILE_NAME_RULE}${again}`);
  }
  return name;
}

/** What the static checks learn about a version that they let pass. */
export interface CheckedModel extends Inspected {
  temporal: boolean;
  stimulusSetDigest: string | null;
}

/**
 * Everything that can be said without running the model; the files are looked at in a thread of their own.
 * @param maxActivationBytes limit of what is unpacked of an archive of arrays
 * @throws CorescoreError with field and remedy
 */
export async function checkModel(
  { store, inspections }: { store: Store; inspections: Inspections },
  upload: Upload<Manifest>,
  maxActivationBytes: number,
): Promise<CheckedModel> {
  const { manifest, files } = upload;
  const paths = Object.fromEntries(files.map((file) => [file.name, file.path]));
  const stimulusSet = isNetwork(manifest) ? null : await stimulusSetOf(store, manifest, files);
  const scratch = { dir: upload.dir, maxBytes: maxActivationBytes };
  return {
    ...(await inspections.run({ manifest, paths, stimulusSet, scratch })),
    temporal: isTemporal(manifest),
    stimulusSetDigest: stimulusSet?.digest ?? null,
  };
}

async function stimulusSetOf(
  store: Store,
  manifest: ActivationsManifest,
  files: readonly { name: string }[],
): Promise<StimulusSetRow> {
  const missing = declaredFiles(manifest).files.find((name) => !files.some((file) => file.name === name));
  if (missing !== undefined) throw notSent(missing);
  const { set } = manifest.stimuli;
  const stimulusSet = await store.benchmarks.stimulusSet(set);
  if (stimulusSet !== null) return stimulusSet;
  throw new CorescoreError('stimulus_set_mismatch', `There is no stimulus set ${set} here.`, {
    field: '/stimuli/set',
    remedy: 'Use the identifier or digest of a stimulus set that GET /v1/benchmarks lists.',
  });
}
