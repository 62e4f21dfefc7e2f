import type { NetworkManifest } from '@corescore/contracts';

/**
 * What the engines take and give, once: what is checked at upload, what the sessions carry, and the tables of
 * docs/compatibility.md all follow these lists. Operator sets and limits of a graph: `onnx/limits.ts`; types of supplied
 * arrays: `npy/header.ts`.
 */

type ByEngine<T extends string> = Readonly<Record<NetworkManifest['kind'], readonly T[]>>;

/** Element types in which images are handed to a model. */
export type ImageType = 'float32' | 'float16' | 'float64' | 'uint8' | 'int32' | 'int64';
export const IMAGE_TYPES: ByEngine<ImageType> = {
  onnx: ['float32', 'float16', 'float64', 'uint8', 'int32', 'int64'],
  tfjs: ['float32', 'int32'],
};

/** Element types of what is recorded; kept as float32. */
export type RecordedType = 'float32' | 'float16' | 'float64';
export const RECORDED_TYPES: ByEngine<RecordedType> = {
  onnx: ['float32', 'float16', 'float64'],
  tfjs: ['float32'],
};

/** Element types of a state that the host carries from step to step. */
export type StateType = 'float32' | 'float16' | 'float64' | 'int32' | 'int64' | 'bool';
export const STATE_TYPES: ByEngine<StateType> = {
  onnx: ['float32', 'float16', 'float64', 'int32', 'int64', 'bool'],
  tfjs: ['float32', 'int32', 'bool'],
};

/** Versions of the engines that run models; the worker reports those that are installed. */
export const ENGINE_VERSIONS = { onnx: 'onnxruntime-node 1.30', tfjs: 'TensorFlow.js 4.22' } as const;
