import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DEFAULTS } from '@corescore/contracts/env';

export const TFJS_NODE = '@tensorflow/tfjs-node';
/** Of the same version as the runtime's TensorFlow.js: they share one registry of kernels. */
export const TFJS_NODE_VERSION = '4.22.0';

const RECORD = 'binding.json';

/** A binding that was built and tried: `binding.json` in its folder. */
export interface NativeBinding {
  /** Version of `@tensorflow/tfjs-node`. */
  tfjsNode: string;
  /** Version that the libraries say of themselves, e.g. `2.21.0`. */
  tensorflow: string;
  /** The shared libraries that it was linked against, at their real place. */
  libraries: string[];
  /** Whether the trial ran on a graphics card. */
  gpu: boolean;
}

/** Where the binding lies: CORESCORE_TFJS_NATIVE, else `tfjs-native` in CORESCORE_HOME. */
export function nativeFolder(env: NodeJS.ProcessEnv = process.env, cwd = process.cwd()): string {
  const own = env['CORESCORE_TFJS_NATIVE'];
  if (own !== undefined && own !== '') return resolve(cwd, own);
  return resolve(cwd, env['CORESCORE_HOME'] || DEFAULTS['CORESCORE_HOME']!, 'tfjs-native');
}

export function recordPath(folder: string): string {
  return join(folder, RECORD);
}

/** The place where `@tensorflow/tfjs-node` looks for its addon, inside its package. */
export function addonPath(folder: string): string {
  return join(folder, 'node_modules', TFJS_NODE, 'lib', 'napi-v8', 'tfjs_binding.node');
}

/** What was built in a folder; null where nothing was, or not to the end. */
export function readBinding(folder: string): NativeBinding | null {
  try {
    return JSON.parse(readFileSync(recordPath(folder), 'utf8')) as NativeBinding;
  } catch {
    return null;
  }
}

/** What a process that loads the binding must be able to read. */
export function bindingPaths(folder: string): string[] {
  const folders = (readBinding(folder)?.libraries ?? []).map((library) => dirname(library));
  // Where pip puts CUDA's libraries, which TensorFlow's own find by their place beside it.
  const cuda = folders.map((own) => join(own, '..', 'nvidia'));
  return [...new Set([folder, ...folders, ...cuda])].filter((path) => existsSync(path));
}
