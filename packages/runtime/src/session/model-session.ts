import type { TensorInfo } from './graph.js';

/** What a session knows of its model. */
export interface SessionDescription {
  /** Name and version, e.g. `onnxruntime-node 1.30.0`. */
  engine: string;
  provider: string;
  /** Images that one run must hold; null when the model takes any number. */
  fixedBatch: number | null;
  /** Every input with its type and shape, symbolic dimensions by name. */
  inputs: readonly TensorInfo[];
  /** Outputs of the graph, the inner tensors that the plan records among them. */
  outputs: readonly TensorInfo[];
  /**
   * Multiplications with an addition for one image, all steps, counted in the first run: null before it, and where the
   * engine does not count. For ONNX the file tells (`NetworkFacts`).
   */
  multiplyAdds: number | null;
}

/** One recorded array of one batch. */
export interface Recorded {
  /** One entry a step: float32, row-major [image][feature]. */
  steps: Float32Array[];
  features: number;
  /** Axes behind the batch before they were flattened to features. */
  shape: number[];
}

/** A loaded model: images in, activations per step out. The only face an engine shows to the rest. */
export interface ModelSession {
  describe(): SessionDescription;
  /**
   * Runs `count` images.
   * @param images row-major in the manifest's layout, `count * channels * height * width` values, preprocessed.
   * @returns the recordings of the plan by name (`IT`, `readout`, ...).
   * @throws ModelFailure, named after what is wrong with an output or a run.
   */
  run(images: Float32Array, count: number): Promise<Map<string, Recorded>>;
  dispose(): Promise<void>;
}
