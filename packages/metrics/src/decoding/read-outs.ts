/** One decoder on the features: what it tells apart, and its weight of the hinge loss on standardised features. */
export interface ReadOut {
  /** 0 .. classes - 1 */
  labels: Int32Array;
  classes: number;
  c: number;
}

/** One fold of one repetition. */
export interface DecodeFold {
  repetition: number;
  /** Its number in the repetition. */
  fold: number;
  train: Int32Array;
  test: Int32Array;
}

/** Takes the held-out decisions of a class in a fold, in the order of the fold's test rows. */
export type Accept = (fold: DecodeFold, readOut: number, label: number, held: Float64Array, gap: number) => void;
