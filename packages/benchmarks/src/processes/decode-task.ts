/** The cross-validated decode of one mixture of recorded steps. `path`: .npy [step][stimulus][feature]. */
export interface DecodeTask {
  path: string;
  weights: Float64Array;
  labels: Int32Array;
  classes: number;
  folds: Int32Array[];
  c: number;
}
