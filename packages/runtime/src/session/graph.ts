import type { NetworkManifest } from '@corescore/contracts';
import type { ImageType, StateType } from '@corescore/formats/capabilities';
import type { ImageElements } from '@corescore/formats/image-values';

/** What an engine says of an input or output of a loaded graph. */
export interface TensorInfo {
  name: string;
  /** `float32`, `float16`, `uint8`, ...; what is no tensor says so here. */
  type: string;
  /** Symbolic dimensions by name, unknown ones as null; empty where the file declares no rank. */
  shape: readonly (number | string | null)[];
}

/** What a run gave, and what it took. */
export interface Counted<R> {
  result: R;
  /** Multiplications with an addition; null where not all of them could be counted. */
  multiplyAdds: number | null;
}

/**
 * A loaded graph: the only thing an engine must provide. Tensors of type `T` stay where the engine keeps them (on its
 * device, if it has one), so that a state that the host carries is never copied.
 */
export interface Graph<T> {
  /** Name and version, e.g. `onnxruntime-node 1.30.0`. */
  readonly engine: string;
  /** What it runs on: `cpu`, `cuda`, `webgpu`, `wasm`, ... */
  readonly provider: string;
  readonly inputs: readonly TensorInfo[];
  /** Everything that can be fetched: outputs, and the inner tensors that were asked for when it was opened. */
  readonly outputs: readonly TensorInfo[];
  /** Whose lists of element types hold for it. */
  readonly kind: NetworkManifest['kind'];
  /**
   * Images as a tensor of the type that the model takes, one of `IMAGE_TYPES` of the kind. The values must not be changed
   * before the run that uses the tensor has ended.
   * @param values `imageElements` of that type
   */
  images<E extends ImageType>(type: E, values: ImageElements[E], dims: readonly number[]): T;
  /** Zeros of one of `STATE_TYPES` of the kind. */
  zeros(type: StateType, dims: readonly number[]): T;
  /** @returns every fetch by name; one that is no tensor is null */
  run(feeds: Readonly<Record<string, T>>, fetches: readonly string[]): Promise<Record<string, T | null>>;
  dims(tensor: T): readonly number[];
  type(tensor: T): string;
  /** Row-major values as float32; null for a type that is not among `RECORDED_TYPES` of the kind. The caller owns the array. */
  read(tensor: T): Promise<Float32Array | null>;
  /** Counts while `run` runs, where the engine can tell and the files do not. */
  count?<R>(run: () => Promise<R>): Promise<Counted<R>>;
  free(tensors: Iterable<T>): void;
  release(): Promise<void>;
}
