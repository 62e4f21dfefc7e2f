/** Anything that knows its shape: activations [batch][height][width][channel], parameters as their layout says. */
export interface Shaped {
  readonly shape: readonly number[];
}

/**
 * What is put around an image before a window slides over it: `same` as in TensorFlow (out = ceil(in / stride), the odd
 * row and column behind), or so many rows and columns on all four sides as in PyTorch. For a stride of 2 on an even side
 * these are two sampling grids.
 */
export type Padding = 'same' | number;

export interface Window {
  /** 1 */
  stride?: number;
  /** `same` */
  padding?: Padding;
}

/**
 * Everything that the models of the zoo are made of. Cells are written against this interface once; one implementation
 * runs on TensorFlow.js, one writes an ONNX graph, one only counts.
 *
 * Activations are [batch][height][width][channel], kernels [height][width][in][out], cross-correlated, not flipped. A
 * second operand may be a vector [channel] or a map [height][width][channel], spread over what it lacks. All shapes but
 * the batch are known without running.
 */
export interface Ops<T extends Shaped> {
  conv(x: T, kernel: T, window?: Window): T;
  /**
   * The adjoint of the convolution that has this kernel and window and takes images of `size`.
   * @param kernel [height][width][out][in]: that convolution's own kernel
   */
  convTransposed(x: T, kernel: T, window: Window & { size: readonly [height: number, width: number] }): T;

  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T): T;
  /** scale x + shift */
  affine(x: T, scale: number, shift: number): T;

  // Functions of one tensor may be handed on without the object that they stand in.
  readonly reciprocal: (x: T) => T;
  readonly relu: (x: T) => T;
  /** exp(x) - 1 below 0 */
  readonly elu: (x: T) => T;
  readonly sigmoid: (x: T) => T;
  readonly tanh: (x: T) => T;
  /** clip(0.2 x + 0.5, 0, 1), as in Keras 1 and 2; Keras 3 and PyTorch divide by 6. */
  readonly hardSigmoid: (x: T) => T;
  atMost(x: T, limit: number): T;

  /** Contiguous groups of channels, biased variance over height, width and the group, epsilon 1e-5. */
  groupNorm(x: T, affine: Affine<T>, groups: number): T;
  /** With given statistics, epsilon 1e-5. */
  batchNorm(x: T, affine: Affine<T>, moments: { mean: T; variance: T }): T;
  /** x / (bias + alpha sum x²)^beta over the channels at most `radius` away. alpha is not divided by their number. */
  localResponseNorm(x: T, lrn: LocalResponse): T;

  maxPool(x: T, size: number, window?: Window): T;
  /** Side by side windows: stride = size. */
  meanPool(x: T, size: number): T;
  nearestTwice(x: T): T;
  /** Half-pixel centres, edges clamped. */
  bilinearTwice(x: T): T;
  concat(parts: readonly T[]): T;

  /** Mean over height and width, [batch][channel]. */
  spatialMean(x: T): T;
  /** x W + b of [batch][in], W [in][out]. */
  dense(x: T, weights: T, bias: T): T;

  /** Zeros [batch of `like`][height][width][channel]. */
  zeros(shape: readonly [height: number, width: number, channels: number], like: T): T;
}

export interface Affine<T> {
  gamma: T;
  beta: T;
}

export interface LocalResponse {
  radius: number;
  bias: number;
  alpha: number;
  beta: number;
}

export const EPSILON = 1e-5;

/** Height and width of an activation. */
export const sizeOf = ({ shape }: Shaped): [height: number, width: number] => [shape[1]!, shape[2]!];

export const channelsOf = ({ shape }: Shaped): number => shape.at(-1)!;

/** Sum of the terms that are there: a state of zeros is null, and what it would add is left out. */
export function sum<T extends Shaped>(ops: Ops<T>, first: T, ...rest: readonly (T | null)[]): T {
  return rest.reduce<T>((total, term) => (term === null ? total : ops.add(total, term)), first);
}
