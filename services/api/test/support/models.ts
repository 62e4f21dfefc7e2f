import { readFileSync } from 'node:fs';
import { npyHeaderBytes } from '@corescore/formats';
import { STIMULUS_IDS, STIMULUS_SET } from './benchmark.js';
import { filePart, manifestPart, type Part } from './multipart.js';

export const MODELS_DIR = new URL('../../../../packages/benchmarks/data/models/', import.meta.url);
const bundled = (file: string): Buffer => readFileSync(new URL(file, MODELS_DIR));

// biome-ignore lint/suspicious/noExplicitAny: tests break manifests in ways that their type forbids
type Editable = { [key: string]: any };

/** The feed-forward network with its manifest, changed by `edit`. */
export function onnxUpload(edit: (manifest: Editable) => void = () => {}): Part[] {
  const manifest = JSON.parse(bundled('ff-64.json').toString('utf8')) as Editable;
  edit(manifest);
  return [manifestPart(manifest), filePart('ff-64.onnx', bundled('ff-64.onnx'))];
}

/** The recurrent network with one output a step. */
export function recurrentUpload(edit: (manifest: Editable) => void = () => {}): Part[] {
  const manifest = JSON.parse(bundled('bl-64.json').toString('utf8')) as Editable;
  edit(manifest);
  return [manifestPart(manifest), filePart('bl-64.onnx', bundled('bl-64.onnx'))];
}

export const onnxBytes = (): Buffer => bundled('ff-64.onnx');

/** A float32 array as the bytes of an `.npy` file. */
export function npy(shape: number[], values: (index: number) => number, dtype = '<f4'): Buffer {
  const count = shape.reduce((a, b) => a * b, 1);
  const data = dtype === '<f8' ? new Float64Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) data[i] = values(i);
  return Buffer.concat([npyHeaderBytes(dtype, shape), Buffer.from(data.buffer)]);
}

export interface Activations {
  ids?: string[];
  array?: Buffer;
  manifest?: (manifest: Editable) => void;
}

/** Supplied activations for the tiny stimulus set, two steps of three features. */
export function activationsUpload(change: Activations = {}): Part[] {
  const manifest: Editable = {
    manifestVersion: 1,
    name: 'supplied',
    kind: 'activations',
    clock: { onsetMs: 70, stepMs: 10 },
    stimuli: { set: STIMULUS_SET.identifier, ids: 'ids.txt' },
    regions: { IT: { file: 'it.npy', axes: ['step', 'stimulus', 'feature'] } },
  };
  change.manifest?.(manifest);
  return [
    manifestPart(manifest),
    filePart('ids.txt', `${(change.ids ?? STIMULUS_IDS).join('\n')}\n`),
    filePart('it.npy', change.array ?? npy([2, 6, 3], (i) => Math.sin(i))),
  ];
}
