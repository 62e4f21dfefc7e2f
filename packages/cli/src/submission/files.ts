import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { CorescoreError, MODEL_FILE, type ModelFiles } from '@corescore/contracts';
import { companions, presentCompanions } from './companions.js';

export interface SubmissionFiles {
  manifestPath: string;
  manifest: unknown;
  /** Name in the manifest; the model's name on the board. */
  name: string;
  kind: string;
  /** Paths of what is uploaded after the manifest, the model first. */
  files: string[];
}

/**
 * Finds the manifest and the files of a submission. The manifest is the one named, else `corescore.json` beside the
 * model, else `<model>.json`. Only what is needed to find files is looked at here; the service checks the rest.
 * @param model an ONNX file or a TensorFlow.js model.json; for activations the folder with the manifest's files, or
 * absent: beside the manifest
 */
export async function findFiles(
  cwd: string,
  model: string | undefined,
  manifest: string | undefined,
): Promise<SubmissionFiles> {
  const places = locate(cwd, model, manifest);
  const value = named(places.manifestPath, readManifest(places.manifestPath));
  const own = ownFiles(places, value.kind, value.manifest);
  if (value.kind === 'activations') return { ...value, ...places, files: own.map((file) => existing(file)) };
  return { ...value, ...places, files: [...own, ...(await companions(own[0]!, value.kind, value.manifest))] };
}

/** What there is of a submission, whatever is wrong with it. */
export interface FoundFiles extends SubmissionFiles {
  /** Why the manifest could not be read; it is undefined then. */
  unreadable: CorescoreError | null;
}

/** `findFiles` for who goes on after mistakes: a manifest without name or kind, or that is not JSON, files that lack. */
export async function findPresentFiles(
  cwd: string,
  model: string | undefined,
  manifest: string | undefined,
): Promise<FoundFiles> {
  const places = locate(cwd, model, manifest);
  let value: unknown;
  let unreadable: CorescoreError | null = null;
  try {
    value = readManifest(places.manifestPath);
  } catch (error) {
    if (!(error instanceof CorescoreError)) throw error;
    unreadable = error;
  }
  const said = (typeof value === 'object' && value !== null ? value : {}) as { name?: unknown; kind?: unknown };
  const file = places.folder === undefined ? places.modelPath : undefined;
  const meant = file === undefined ? 'activations' : extname(file).toLowerCase() === '.json' ? 'tfjs' : 'onnx';
  const kind = KINDS.find((known) => known === said.kind) ?? meant;
  const name = typeof said.name === 'string' && said.name !== '' ? said.name : basename(file ?? places.manifestPath);
  const own = ownFiles(places, kind, value ?? {});
  const beside = kind === 'activations' ? [] : await presentCompanions(own[0]!, kind, value);
  return { ...places, manifest: value, name, kind, files: [...own, ...beside].filter(existsSync), unreadable };
}

const KINDS = ['onnx', 'tfjs', 'activations'] as const;

interface Places {
  manifestPath: string;
  modelPath: string | undefined;
  /** The model argument, where it is a folder. */
  folder: string | undefined;
}

function locate(cwd: string, model: string | undefined, manifest: string | undefined): Places {
  const modelPath = model === undefined ? undefined : resolve(cwd, model);
  if (modelPath !== undefined && !existsSync(modelPath)) throw missing(model ?? modelPath, 'model');
  const folder = modelPath === undefined || !isFolder(modelPath) ? undefined : modelPath;
  return { manifestPath: findManifest(cwd, modelPath, folder, manifest), modelPath, folder };
}

/** The files that the manifest names: the arrays and the ids, or the model. */
function ownFiles({ manifestPath, modelPath, folder }: Places, kind: string, manifest: unknown): string[] {
  if (kind === 'activations') {
    if (modelPath !== undefined && folder === undefined) {
      throw new CorescoreError('configuration', 'A manifest of kind activations names its files itself.', {
        field: 'model',
        remedy: 'Leave the model out, or give the folder that holds the files.',
      });
    }
    const base = folder ?? dirname(manifestPath);
    return activationFiles(manifest).map((file) => join(base, file));
  }
  if (modelPath === undefined || folder !== undefined) {
    throw new CorescoreError('configuration', `The manifest is of kind ${kind}, so a model file is needed.`, {
      field: 'model',
      remedy: 'Name it: corescore submit model.onnx --benchmark ...',
    });
  }
  if (manifestPath === modelPath) {
    throw new CorescoreError('configuration', `${modelPath} cannot be both the model and its manifest.`, {
      field: '--manifest',
      remedy: 'Name the model, such as model.onnx or model.json, and with --manifest the corescore.json.',
    });
  }
  return [modelPath];
}

/** The files under the names that they have within the version, as the service would keep them. */
export function versionFiles({ kind, files }: SubmissionFiles): ModelFiles {
  const model = kind === 'onnx' || kind === 'tfjs' ? MODEL_FILE[kind] : null;
  const nameOf = (path: string, i: number): string =>
    model !== null && i === 0 && extname(path).toLowerCase() === extname(model) ? model : basename(path);
  return Object.fromEntries(files.map((path, i) => [nameOf(path, i), path]));
}

function findManifest(
  cwd: string,
  model: string | undefined,
  folder: string | undefined,
  manifest: string | undefined,
): string {
  if (manifest !== undefined) return existing(resolve(cwd, manifest), '--manifest');
  const base = folder ?? (model === undefined ? cwd : dirname(model));
  const candidates = [join(base, 'corescore.json')];
  if (model !== undefined && folder === undefined) {
    // A TensorFlow.js model is a .json itself.
    const named = join(base, `${basename(model, extname(model))}.json`);
    if (named !== model) candidates.push(named);
  }
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new CorescoreError('configuration', `There is no manifest: looked for ${candidates.join(' and ')}.`, {
    field: '--manifest',
    remedy: 'Write corescore.json beside the model, or name it with --manifest.',
  });
}

function readManifest(path: string): unknown {
  try {
    // Editors on Windows put a byte order mark in front.
    return JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new CorescoreError('manifest_not_json', `${path} is not JSON: ${(error as Error).message}`, {
      field: '--manifest',
      remedy: 'Mend the file; the examples in docs/rest.md are whole.',
      cause: error,
    });
  }
}

/** What a submission is sent and found by. */
function named(path: string, manifest: unknown): { manifest: unknown; name: string; kind: string } {
  const { name, kind } = (manifest ?? {}) as { name?: unknown; kind?: unknown };
  for (const [field, value] of Object.entries({ name, kind })) {
    if (typeof value === 'string' && value !== '') continue;
    throw new CorescoreError('invalid_manifest', `${path} has no ${field}.`, {
      field: `/${field}`,
      remedy:
        field === 'name'
          ? 'Give the model a name, such as "my-model".'
          : 'Set "kind" to "onnx", "tfjs" or "activations".',
    });
  }
  return { manifest, name: name as string, kind: kind as string };
}

/** Names of the files of the arrays and of the list of ids, in the order of the manifest, each once. */
export function activationFiles(manifest: unknown): string[] {
  const { regions, stimuli } = (manifest ?? {}) as {
    regions?: Record<string, { file?: unknown } | null> | null;
    stimuli?: { ids?: unknown } | null;
  };
  const names = [...Object.values(regions ?? {}).map((source) => source?.file), stimuli?.ids];
  // `all.npz#it` is an array of the file all.npz.
  const files = names.filter((name) => typeof name === 'string').map((name) => basename(name.split('#', 1)[0]!));
  return [...new Set(files)];
}

const isFolder = (path: string): boolean => statSync(path).isDirectory();

function existing(path: string, field = basename(path)): string {
  if (!existsSync(path)) throw missing(path, field);
  return path;
}

const missing = (path: string, field: string): CorescoreError =>
  new CorescoreError('configuration', `${path} does not exist.`, { field, remedy: 'Check the path.' });
