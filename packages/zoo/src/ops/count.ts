import { channelsOf, type Ops, type Shaped, sizeOf, type Window } from './ops.js';
import { slide } from './windows.js';

/** A tensor that has a shape and no values; its batch is one image. */
export type Counted = Shaped;

/**
 * The interface without values: shapes, and the multiplications with an addition in convolutions and dense layers for
 * one image. Biases, norms, nonlinearities and pools are left out, as in the literature.
 */
export class CountingOps implements Ops<Counted> {
  multiplyAdds = 0;

  conv(x: Counted, kernel: Counted, { stride = 1, padding = 'same' }: Window = {}): Counted {
    const [kh, kw, inputs, outputs] = kernel.shape as [number, number, number, number];
    const [height, width] = sizeOf(x);
    const out = [slide(height, kh, stride, padding).out, slide(width, kw, stride, padding).out];
    this.multiplyAdds += out[0]! * out[1]! * kh * kw * inputs * outputs;
    return { shape: [1, ...out, outputs] };
  }

  convTransposed(x: Counted, kernel: Counted, { size }: { size: readonly [number, number] }): Counted {
    const [kh, kw, outputs, inputs] = kernel.shape as [number, number, number, number];
    const [height, width] = sizeOf(x);
    this.multiplyAdds += height * width * kh * kw * inputs * outputs;
    return { shape: [1, ...size, outputs] };
  }

  dense(x: Counted, weights: Counted): Counted {
    const [inputs, outputs] = weights.shape as [number, number];
    this.multiplyAdds += inputs * outputs;
    return { shape: [x.shape[0]!, outputs] };
  }

  readonly add = wider;
  readonly sub = wider;
  readonly mul = wider;
  readonly affine = unchanged;
  readonly reciprocal = unchanged;
  readonly relu = unchanged;
  readonly elu = unchanged;
  readonly sigmoid = unchanged;
  readonly tanh = unchanged;
  readonly hardSigmoid = unchanged;
  readonly atMost = unchanged;
  readonly groupNorm = unchanged;
  readonly batchNorm = unchanged;
  readonly localResponseNorm = unchanged;

  maxPool(x: Counted, size: number, { stride = 1, padding = 'same' }: Window = {}): Counted {
    return { shape: [1, ...sizeOf(x).map((side) => slide(side, size, stride, padding).out), channelsOf(x)] };
  }

  meanPool(x: Counted, size: number): Counted {
    return { shape: [1, ...sizeOf(x).map((side) => Math.floor(side / size)), channelsOf(x)] };
  }

  readonly nearestTwice = twice;
  readonly bilinearTwice = twice;

  concat(parts: readonly Counted[]): Counted {
    return { shape: [1, ...sizeOf(parts[0]!), parts.reduce((total, part) => total + channelsOf(part), 0)] };
  }

  spatialMean(x: Counted): Counted {
    return { shape: [1, channelsOf(x)] };
  }

  zeros(shape: readonly [number, number, number]): Counted {
    return { shape: [1, ...shape] };
  }
}

// A new object each: whether a tensor is the one of the step before shows in its identity.
const unchanged = ({ shape }: Counted): Counted => ({ shape });
const wider = (a: Counted, b: Counted): Counted => unchanged(a.shape.length >= b.shape.length ? a : b);
const twice = (x: Counted): Counted => ({ shape: [1, ...sizeOf(x).map((side) => 2 * side), channelsOf(x)] });
