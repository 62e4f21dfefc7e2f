import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import type * as Tf from '@tensorflow/tfjs-core';
import { addonPath, TFJS_NODE } from './folder.js';

/** Name under which the package registers its backend with TensorFlow.js. */
export const NATIVE_BACKEND = 'tensorflow';

export type TfjsNode = Omit<typeof Tf, 'backend'> & NativeBackend;

/** What `@tensorflow/tfjs-node` adds to TensorFlow.js. */
interface NativeBackend {
  backend(): {
    isUsingGpuDevice: boolean;
    /** The addon. */
    binding: { TF_Version: string };
  };
}

export interface NativeOptions {
  /** Folder of `corescore doctor --setup-tfjs`; where nothing was built there, an installed package is taken. */
  folder: string;
  /** Threads within one operator. */
  threads: number;
  gpu: boolean;
}

/**
 * Loads TensorFlow into this process and makes it the backend of TensorFlow.js: the package's copy of the core shares
 * engine and kernels with every other copy of the same version in the process.
 * @throws Error in the words of the loader, and where a card is wanted and not used
 */
export function loadNative({ folder, threads, gpu }: NativeOptions): TfjsNode {
  // Read by TensorFlow when its context is made. One pool of threads: a model runs operator after operator.
  Object.assign(process.env, {
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: '1',
    OMP_NUM_THREADS: String(threads),
    ...(gpu ? GPU_SETTINGS : { CUDA_VISIBLE_DEVICES: '-1' }),
  });
  restoreIsNullOrUndefined();
  const from = existsSync(addonPath(folder)) ? join(folder, 'package.json') : import.meta.url;
  const tfjs = createRequire(from)(TFJS_NODE) as TfjsNode;
  if (gpu && !tfjs.backend().isUsingGpuDevice) {
    throw new Error('TensorFlow finds no graphics card, or not the CUDA libraries it was built for (docs/gpu.md).');
  }
  return tfjs;
}

/** The same bits on every run, float32 and not TF32, and no more of the card's memory than is used. */
const GPU_SETTINGS = {
  TF_DETERMINISTIC_OPS: '1',
  NVIDIA_TF32_OVERRIDE: '0',
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
};

/** Called by version 4.22 of the package, gone from Node 23 on. */
function restoreIsNullOrUndefined(): void {
  const target = util as { isNullOrUndefined?: (value: unknown) => boolean };
  target.isNullOrUndefined ??= (value) => value === null || value === undefined;
}
