/** What an engine says of an input or output of a loaded graph. */
export interface TensorInfo {
  name: string;
  /** `float32`, `float16`, `uint8`, ...; what is no tensor says so here. */
  type: string;
  /** Symbolic dimensions by name, unknown ones as null; empty where the file declares no rank. */
  shape: readonly (number | string | null)[];
}

/** Element types that images and states may have. */
export const ELEMENT_TYPES = ['float32', 'float16', 'float64', 'uint8', 'int32', 'int64', 'bool'] as const;
export type ElementType = (typeof ELEMENT_TYPES)[number];

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
  /** Element types that this engine takes images in. */
  readonly imageTypes: readonly ElementType[];
  /**
   * Images as a tensor of the type that the model takes. Bytes are rounded half to even and clamped to 0..255. The
   * values must not be changed before the run that uses the tensor has ended.
   */
  images(type: ElementType, values: Float32Array, dims: readonly number[]): T;
  /** @throws TypeError for a type that it cannot carry */
  zeros(type: ElementType, dims: readonly number[]): T;
  /** @returns every fetch by name; one that is no tensor is null */
  run(feeds: Readonly<Record<string, T>>, fetches: readonly string[]): Promise<Record<string, T | null>>;
  dims(tensor: T): readonly number[];
  type(tensor: T): string;
  /** Row-major values as float32; null for a type that is not floating point. The caller owns the array. */
  read(tensor: T): Promise<Float32Array | null>;
  /** Counts while `run` runs, where the engine can tell and the files do not. */
  count?<R>(run: () => Promise<R>): Promise<Counted<R>>;
  free(tensors: Iterable<T>): void;
  release(): Promise<void>;
}
