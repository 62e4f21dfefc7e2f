import { lstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CorescoreError, fileNameFault, MODEL_FILE, type ModelFiles } from '@corescore/contracts';
import { notOnnx } from './cursor.js';
import type { OnnxGraph } from './graph.js';

const REMEDY =
  'Save the model again with its weights beside it: onnx.save_model(model, path, save_as_external_data=True, location="weights.bin"). torch.onnx.export names them after the model: export to a name such as "my-model.onnx".';

/**
 * Everything that is wrong with the files in which a model keeps its values: `path_refused` for names that are no plain
 * names or no file of the version (a link would lead out of it), `file_missing`, `not_onnx` for values that lie past the
 * end of their file, or over each other: a few bytes would else be read any number of times.
 */
export function* externalDataErrors(graph: OnnxGraph, files: ModelFiles): Generator<CorescoreError> {
  const sizes = new Map<string, number>();
  for (const name of graph.externalData) {
    const size = sizeOf(name, files);
    if (typeof size === 'number') sizes.set(name, size);
    else yield size;
  }
  const taken = new Map<string, number>();
  for (const { name, external } of graph.externalTensors) {
    const { file, offset, bytes } = external!;
    const size = sizes.get(file);
    if (size === undefined) continue;
    if (offset + bytes > size) {
      yield notOnnx(
        `the tensor "${name}" lies in ${file} from byte ${offset} to ${offset + bytes}, and that file has ${size} bytes`,
        file,
      );
      return;
    }
    taken.set(file, (taken.get(file) ?? 0) + bytes);
  }
  for (const [file, bytes] of taken) {
    if (bytes > sizes.get(file)!) {
      yield notOnnx(`tensors of ${bytes} bytes lie in ${file}, which has ${sizes.get(file)}: they overlap`, file);
    }
  }
}

function sizeOf(name: string, files: ModelFiles): number | CorescoreError {
  const fault = name === MODEL_FILE.onnx ? 'is the name of the model itself' : fileNameFault(name);
  if (fault !== null) {
    return refused(`The model keeps values in the file ${JSON.stringify(name.slice(0, 200))}: this name ${fault}.`);
  }
  const stat = Object.hasOwn(files, name) ? lstatSync(files[name]!, { throwIfNoEntry: false }) : undefined;
  if (stat === undefined) return notSent(name);
  return stat.isFile() ? stat.size : refused(`${name}, in which the model keeps values, is a link or no file.`);
}

const refused = (detail: string): CorescoreError =>
  new CorescoreError('path_refused', detail, { field: MODEL_FILE.onnx, remedy: REMEDY });

function notSent(name: string): CorescoreError {
  return new CorescoreError('file_missing', `The model keeps values in ${name}, which was not sent.`, {
    field: name,
    remedy: `Send ${name} beside the model, or save the model as one file: onnx.save_model(model, path, save_as_external_data=False).`,
  });
}

/** @throws CorescoreError `file_missing` */
export function pathIn(files: ModelFiles, name: string): string {
  if (Object.hasOwn(files, name)) return files[name]!;
  throw notSent(name);
}

/** The files beside a model, each opened when it is first asked for. */
export class ExternalFiles {
  private readonly handles = new Map<string, FileHandle>();
  constructor(
    private readonly files: ModelFiles,
    private readonly flags: 'r' | 'r+' = 'r',
  ) {}

  /** @throws CorescoreError `file_missing` */
  async handle(name: string): Promise<FileHandle> {
    let handle = this.handles.get(name);
    if (handle === undefined) {
      handle = await open(pathIn(this.files, name), this.flags);
      this.handles.set(name, handle);
    }
    return handle;
  }

  async close(): Promise<void> {
    for (const handle of this.handles.values()) await handle.close();
  }
}
