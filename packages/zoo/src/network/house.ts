import type { Affine, Ops, Shaped } from '../ops/ops.js';
import type { ParameterSpec, Start } from '../parameters/specs.js';

/** Channels of a group in every group norm of the house. */
export const GROUP = 4;

export interface AreaShape {
  readonly name: string;
  /** Channels. */
  readonly width: number;
  /** Channels of what comes up. */
  readonly inputs: number;
  /** Side of the bottom-up kernel. */
  readonly kernel: number;
  readonly stride: number;
  /** Side of the area's map. */
  readonly side: number;
}

/** Where tensors come from: their declaration in, the tensor out. */
export type TensorSource<T> = (spec: ParameterSpec) => T;

interface KernelStart {
  /** Before a sigmoid or tanh. */
  gate?: boolean;
  scale?: number;
}

/** Top-down and feedback kernels start at a tenth. */
const FEEDBACK_SCALE = 0.1;

/** What the models are built of: areas, operators and tensors by name. */
export class House<T extends Shaped> {
  constructor(
    readonly ops: Ops<T>,
    readonly areas: readonly AreaShape[],
    /** Steps of the whole run, those before the image has come up included. */
    readonly steps: number,
    private readonly tensor: TensorSource<T>,
    private readonly image: T,
  ) {}

  /** Zeros [side][side][width] for as many images as there are. */
  zeros(side: number, width: number): T {
    return this.ops.zeros([side, side, width], this.image);
  }

  /** Kernel [side][side][inputs][outputs]. */
  kernel(
    name: string,
    side: number,
    inputs: number,
    outputs: number,
    { gate = false, scale = 1 }: KernelStart = {},
  ): T {
    const start = spread(gate, side * side, inputs, outputs, scale);
    return this.tensor({ name, kind: 'kernel', shape: [side, side, inputs, outputs], start });
  }

  /** Kernel of a transposed convolution that carries `above` channels down to `below`: [side][side][below][above]. */
  feedback(name: string, side: number, below: number, above: number): T {
    const start = spread(false, side * side, above, below, FEEDBACK_SCALE);
    return this.tensor({ name, kind: 'kernel', shape: [side, side, below, above], start });
  }

  /** One number a channel, the same at the start. */
  channels(name: string, width: number, value: number): T {
    return this.tensor({ name, kind: 'channels', shape: [width], start: { kind: 'constant', value } });
  }

  /** One number a place and channel, 0 at the start. */
  map(name: string, side: number, width: number): T {
    return this.tensor({ name, kind: 'map', shape: [side, side, width], start: { kind: 'constant', value: 0 } });
  }

  /**
   * Group norm with four channels a group; scale and shift are shared over time.
   * @param gamma at the start: 0 in the last norm of a residual branch, which then begins as the identity
   */
  groupNorm(name: string, width: number, gamma = 1): (x: T) => T {
    const affine: Affine<T> = {
      gamma: this.channels(`${name}.gamma`, width, gamma),
      beta: this.channels(`${name}.beta`, width, 0),
    };
    return (x) => this.ops.groupNorm(x, affine, width / GROUP);
  }

  /** Mean over height and width, then a linear layer: the same weights at every step. */
  readout(inputs: number, classes: number): (it: T) => T {
    const start = spread(true, 1, inputs, classes, 1);
    const weights = this.tensor({ name: 'readout.W', kind: 'dense', shape: [inputs, classes], start });
    const bias = this.tensor({
      name: 'readout.b',
      kind: 'units',
      shape: [classes],
      start: { kind: 'constant', value: 0 },
    });
    return (it) => this.ops.dense(this.ops.spatialMean(it), weights, bias);
  }
}

function spread(gate: boolean, places: number, inputs: number, outputs: number, scale: number): Start {
  return {
    kind: gate ? 'glorot-uniform' : 'he-normal',
    fanIn: places * inputs,
    fanOut: places * outputs,
    scale,
  };
}
