import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CorescoreError, FILE_NAME_RULE, fileNameFault, PROBE_FILE } from '@corescore/contracts';

/** A model may name so many files; beyond it the service refuses the upload anyway. */
const MOST_FILES = 127;

/**
 * Paths of what must go with a model file: external weights that an ONNX graph names, shards of a TensorFlow.js model,
 * the probe of the manifest. All lie beside the model. A model may come from anywhere, so a name that is a path is
 * refused: it could name a file of yours.
 * @throws CorescoreError `path_refused`, `file_missing`, `not_tfjs`, and what reading an ONNX graph throws
 */
export async function companions(model: string, kind: string, manifest: unknown): Promise<string[]> {
  return (await named(model, kind, manifest)).map((name) => beside(model, name));
}

/**
 * `companions` as far as they are there, and without a word of the rest: `validate` goes on and says what is missing.
 */
export async function presentCompanions(model: string, kind: string, manifest: unknown): Promise<string[]> {
  const names = await named(model, kind, manifest).catch((error: unknown) => {
    if (error instanceof CorescoreError) return [];
    throw error;
  });
  return names
    .filter((name) => fileNameFault(name) === null)
    .map((name) => join(dirname(model), name))
    .filter(existsSync);
}

async function named(model: string, kind: string, manifest: unknown): Promise<string[]> {
  const names = kind === 'tfjs' ? shardsOf(model) : kind === 'onnx' ? await externalDataOf(model) : [];
  const { probe } = (manifest ?? {}) as { probe?: unknown };
  const all = [...new Set([...names, ...(probe === undefined ? [] : [PROBE_FILE])])];
  if (all.length > MOST_FILES) {
    throw new CorescoreError('model_too_complex', `${basename(model)} names ${all.length} files.`, {
      field: basename(model),
      remedy: `Save its weights in at most ${MOST_FILES} files.`,
    });
  }
  return all;
}

async function externalDataOf(model: string): Promise<string[]> {
  const { readOnnxGraph } = await import('@corescore/onnx');
  return (await readOnnxGraph(model)).externalData;
}

/** `weightsManifest[].paths`; what else is in the file is for the service to judge. */
function shardsOf(model: string): string[] {
  const refuse = (why: string, cause?: unknown) =>
    new CorescoreError('not_tfjs', `${basename(model)} ${why}.`, {
      field: basename(model),
      remedy: 'Give the model.json that model.save or tensorflowjs_converter wrote, with its weights beside it.',
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(model, 'utf8'));
  } catch (error) {
    throw refuse(`is not JSON: ${(error as Error).message}`, error);
  }
  const { weightsManifest = [] } = (value ?? {}) as { weightsManifest?: unknown };
  if (!Array.isArray(weightsManifest)) throw refuse('has a "weightsManifest" that is no list');
  const paths: unknown[] = weightsManifest.flatMap((group: { paths?: unknown } | null) => group?.paths ?? []);
  if (!paths.every((path) => typeof path === 'string')) throw refuse('names a file of weights that is not a name');
  return paths;
}

function beside(model: string, name: string): string {
  const fault = fileNameFault(name);
  if (fault !== null) {
    throw new CorescoreError(
      'path_refused',
      `${basename(model)} names the file ${JSON.stringify(name)}, which ${fault}.`,
      {
        field: basename(model),
        remedy: `Save the model again, with its weights beside it. ${FILE_NAME_RULE} torch.onnx.export names the weights after the model: export to a name such as "my-model.onnx".`,
      },
    );
  }
  const path = join(dirname(model), name);
  if (existsSync(path)) return path;
  const who = name === PROBE_FILE ? 'The manifest' : basename(model);
  throw new CorescoreError('file_missing', `${who} names ${name}, which is not beside the model.`, {
    field: name,
    remedy: `Put it into ${dirname(model)}.`,
  });
}
