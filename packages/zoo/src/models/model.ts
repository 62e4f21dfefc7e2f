import type { House } from '../network/house.js';
import type { Activity, Area, Delays, Frames } from '../network/unroll.js';
import type { Shaped } from '../ops/ops.js';

/** Kernel and stride of an area's bottom-up convolution; `pool` a further halving behind it. */
export interface AreaForm {
  kernel: number;
  stride: number;
  pool?: number;
}

export const AREA_NAMES = ['V1', 'V2', 'V4', 'IT'] as const;

/** Sides 16, 8, 4, 4 of a 64 x 64 image. */
export const HOUSE_FORM: readonly AreaForm[] = [
  { kernel: 7, stride: 4 },
  { kernel: 3, stride: 2 },
  { kernel: 3, stride: 2 },
  { kernel: 3, stride: 1 },
];

/** What a configuration may say of one model alone. */
export interface ModelOptions {
  /** leaky: time constant of all channels in steps, in place of learned ones. */
  tau?: number;
  /** retina-bl: channels of the optic nerve. */
  opticNerve?: number;
  /** prednet: from this step on its own prediction stands for the frame. */
  extrapolateFrom?: number;
}

interface About {
  /** As in configurations, file names and on the board. */
  id: string;
  /** Where the equations are from. */
  reference: string;
  /** One line. */
  description: string;
  /** Channels of V1, V2, V4, IT in the house configuration: matched to 400,000 parameters. */
  widths: readonly number[];
  form: readonly AreaForm[];
  /** Members of `ModelOptions` that the model takes. */
  options?: readonly (keyof ModelOptions)[];
  /** Whether an area reads the one above it. */
  topDown?: boolean;
  /** Whether widths must be multiples of four, the channels of a group. */
  grouped: boolean;
  /** Width of the first area where it is not free. */
  firstWidth?: number;
  /** Whether kernels and strides are the model's own affair. */
  fixedForm?: boolean;
}

/** A model of areas that know nothing of time. */
export interface AreaModel extends About {
  /**
   * once: no recurrence, one step that is held; block: area after area; otherwise all areas step together with these
   * delays.
   */
  unrolling: 'once' | 'block' | Delays;
  areas<T extends Shaped>(house: House<T>, options: ModelOptions): readonly Area<T>[];
  /** What stands before the first area, for each image once; given and received channels last. */
  front?<T extends Shaped>(house: House<T>, options: ModelOptions): (image: T) => T;
  /** Channels and stride of the front end. */
  frontForm?: (options: ModelOptions) => { channels: number; stride: number };
}

/** A model with an order of its own. */
export interface OwnModel extends About {
  unrolling: 'own';
  /** Steps before the activity of IT depends on the image. */
  firstStep: number;
  /** A side of the image must be a multiple of this. */
  multipleOf?: number;
  /** Takes rgb / 255 as it is, where the others take (x - .5) / .25. */
  rawPixels?: boolean;
  run<T extends Shaped>(
    house: House<T>,
    frames: Frames<T>,
    options: ModelOptions,
  ): { activity: Activity<T>; inner?: Record<string, T[]> };
}

export type ZooModel = AreaModel | OwnModel;
