import { AREA_NAMES } from '../models/model.js';
import { type Counted, CountingOps } from '../ops/count.js';
import type { Ops, Shaped } from '../ops/ops.js';
import { elementsOf, type ParameterSpec } from '../parameters/specs.js';
import { tooComplex } from './checks.js';
import { type Architecture, resolveArchitecture, type ZooConfig } from './config.js';
import { House, type TensorSource } from './house.js';
import { LIMITS } from './limits.js';
import { type Activity, block, type Frames, inStep } from './unroll.js';

/** What comes out of a run, a tensor a step: never one tensor with a time axis, which is slow to train through. */
export interface Run<T> {
  /** Activity of V1, V2, V4 and IT by area. Areas that know only their last iteration, or no time, have one step. */
  areas: Record<string, T[]>;
  /** Activity of IT, step by step from 0. */
  it: T[];
  /** [batch][class] for every step of IT. */
  logits: T[];
  /** What a model knows beside its areas: prediction and error of PredNet. */
  inner: Record<string, T[]>;
}

/** A network of the zoo: what its configuration says, its tensors and costs, and how it runs on any operators. */
export class Network {
  /** In the order in which the model names them. */
  readonly parameters: readonly ParameterSpec[];
  /** Numbers in all tensors. */
  readonly parameterCount: number;
  /** For one still image, all steps, read-outs included. */
  readonly multiplyAdds: number;
  /** Shape of IT's activity, [height][width][channel]. */
  readonly itShape: readonly number[];
  /** Steps of each area: one where it knows only its last iteration, or no time. */
  readonly areaSteps: Readonly<Record<string, number>>;

  /** @throws CorescoreError `invalid_architecture`, `model_too_complex` */
  static of(config: ZooConfig): Network {
    return new Network(resolveArchitecture(config));
  }

  private constructor(readonly architecture: Architecture) {
    const specs = new Map<string, ParameterSpec>();
    const ops = new CountingOps();
    const side = architecture.imageSide;
    const run = this.run<Counted>(
      ops,
      (spec) => {
        if (specs.has(spec.name)) throw new Error(`two tensors are called ${spec.name}`);
        specs.set(spec.name, spec);
        return spec;
      },
      [{ shape: [1, side, side, 3] }],
    );
    this.parameters = [...specs.values()];
    this.parameterCount = this.parameters.reduce((total, { shape }) => total + elementsOf(shape), 0);
    this.multiplyAdds = ops.multiplyAdds;
    this.itShape = run.it[0]!.shape.slice(1);
    this.areaSteps = Object.fromEntries(Object.entries(run.areas).map(([name, steps]) => [name, steps.length]));
    this.refuseTooLarge();
  }

  get id(): string {
    return this.architecture.model.id;
  }

  /** Steps of IT in a run. */
  get steps(): number {
    return this.architecture.steps;
  }

  /** The first step whose IT depends on the image. */
  get firstStep(): number {
    return this.architecture.firstStep;
  }

  /**
   * Runs the network: an image for all steps, or one a step.
   * @param tensor gives each tensor that the model names
   * @param frames rgb from 0 to 1, [batch][height][width][3]
   */
  run<T extends Shaped>(ops: Ops<T>, tensor: TensorSource<T>, frames: Frames<T>): Run<T> {
    const { model, areas, classes, steps } = this.architecture;
    const house = new House(ops, areas, steps, tensor, frames[0]);
    const pixels = model.unrolling === 'own' && model.rawPixels ? frames : each(frames, (x) => ops.affine(x, 4, -2));
    const { names, activity, inner = {} } = this.activityOf(house, pixels);
    const filled = activity.map((outputs) => withZeros(ops, outputs, frames[0]));
    const it = filled.at(-1)!;
    const readout = house.readout(areas.at(-1)!.width, classes);
    return {
      areas: Object.fromEntries(names.map((name, l) => [name, filled[l]!])),
      it,
      logits: it.map(readout),
      inner,
    };
  }

  private activityOf<T extends Shaped>(house: House<T>, pixels: Frames<T>): Activities<T> {
    const { model, options, unrolling, steps } = this.architecture;
    if (model.unrolling === 'own') return { names: AREA_NAMES, ...model.run(house, pixels, options) };
    const front = model.front?.(house, options);
    const seen = front === undefined ? pixels : each(pixels, front);
    const areas = model.areas(house, options);
    const names = areas.map(({ name }) => name);
    if (typeof unrolling === 'object') return { names, activity: inStep(areas, seen, steps, unrolling) };
    return { names, activity: block(areas, seen[0], steps) };
  }

  private refuseTooLarge(): void {
    const { parameterCount, multiplyAdds } = this;
    const over = (what: string, found: number, most: number, remedy: string): void => {
      if (found <= most) return;
      const detail = `The network has ${found.toLocaleString('en')} ${what}, at most ${most.toLocaleString('en')} are taken.`;
      throw tooComplex(detail, '', remedy);
    };
    over('parameters', parameterCount, LIMITS.parameters, 'Give smaller widths or kernels.');
    over(
      'multiply-adds an image',
      multiplyAdds,
      LIMITS.multiplyAdds,
      'Give smaller widths, a smaller image or fewer steps.',
    );
  }
}

interface Activities<T> {
  names: readonly string[];
  activity: Activity<T>;
  inner?: Record<string, T[]>;
}

function each<T>([first, ...rest]: Frames<T>, f: (frame: T) => T): Frames<T> {
  return [f(first), ...rest.map(f)];
}

/** Zeros where an area had not been reached: one tensor for all such steps. */
function withZeros<T extends Shaped>(ops: Ops<T>, outputs: readonly (T | null)[], image: T): T[] {
  const [height, width, channels] = outputs.find((output) => output !== null)!.shape.slice(1) as [
    number,
    number,
    number,
  ];
  let zeros: T | null = null;
  return outputs.map((output) => {
    if (output !== null) return output;
    zeros ??= ops.zeros([height, width, channels], image);
    return zeros;
  });
}
