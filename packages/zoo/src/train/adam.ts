import type * as Tf from '@tensorflow/tfjs-core';
import type { ParameterSpec, ParameterValues } from '../parameters/specs.js';

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

interface Moments {
  first: Tf.Variable;
  second: Tf.Variable;
  /** Gradients seen: a tensor that only later steps use begins when they do. */
  updates: number;
}

/** Values of a tensor's moments, for a checkpoint. */
export interface MomentValues {
  first: Float32Array;
  second: Float32Array;
  updates: number;
}

/**
 * Adam (Kingma & Ba 2015) with decoupled weight decay of kernels and read-out weights (Loshchilov & Hutter 2019, as
 * PyTorch's AdamW), which TensorFlow.js lacks, after the gradient has been cut to a largest norm over all tensors.
 */
export class Adam {
  private readonly moments = new Map<string, Moments>();

  constructor(
    private readonly tf: typeof Tf,
    private readonly specs: readonly ParameterSpec[],
    private readonly variables: ReadonlyMap<string, Tf.Variable>,
    private readonly options: { decay: number; clip: number },
  ) {
    for (const { name, shape } of specs) {
      const zeros = (): Tf.Variable => tf.tidy(() => tf.variable(tf.zeros([...shape]), false));
      this.moments.set(name, { first: zeros(), second: zeros(), updates: 0 });
    }
  }

  /**
   * @param gradients by tensor name; a tensor without one stays as it is, and does not decay
   * @returns norm of the whole gradient before it was cut, scalar: the caller's to dispose of
   */
  step(gradients: ReadonlyMap<string, Tf.Tensor>, rate: number): Tf.Scalar {
    const { tf } = this;
    return tf.tidy(() => {
      const squares = [...gradients.values()].map((gradient) => tf.reshape(tf.sum(tf.square(gradient)), [1]));
      const norm = tf.sqrt(tf.sum(tf.concat(squares))) as Tf.Scalar;
      const factor = tf.minimum(1, tf.div(this.options.clip, tf.add(norm, 1e-6)));
      for (const spec of this.specs) {
        const gradient = gradients.get(spec.name);
        if (gradient !== undefined) this.update(spec, tf.mul(gradient, factor), rate);
      }
      return norm;
    });
  }

  private update({ name, kind }: ParameterSpec, gradient: Tf.Tensor, rate: number): void {
    const { tf } = this;
    const variable = this.variables.get(name)!;
    const moments = this.moments.get(name)!;
    moments.updates++;
    moments.first.assign(tf.add(tf.mul(moments.first, BETA_1), tf.mul(gradient, 1 - BETA_1)));
    moments.second.assign(tf.add(tf.mul(moments.second, BETA_2), tf.mul(tf.square(gradient), 1 - BETA_2)));
    const size = rate / (1 - BETA_1 ** moments.updates);
    const spread = tf.add(tf.div(tf.sqrt(moments.second), Math.sqrt(1 - BETA_2 ** moments.updates)), EPSILON);
    const decays = kind === 'kernel' || kind === 'dense';
    const kept = decays ? tf.mul(variable, 1 - rate * this.options.decay) : variable;
    variable.assign(tf.sub(kept, tf.mul(tf.div(moments.first, spread), size)));
  }

  /** Forgets the gradients that were seen: every stage has a schedule of its own. */
  restart(): void {
    for (const moments of this.moments.values()) {
      for (const moment of [moments.first, moments.second])
        this.tf.tidy(() => moment.assign(this.tf.zerosLike(moment)));
      moments.updates = 0;
    }
  }

  async values(): Promise<Map<string, MomentValues>> {
    const out = new Map<string, MomentValues>();
    for (const [name, { first, second, updates }] of this.moments) {
      out.set(name, { first: await floats(first), second: await floats(second), updates });
    }
    return out;
  }

  restore(values: ReadonlyMap<string, MomentValues>): void {
    const { tf } = this;
    for (const { name, shape } of this.specs) {
      const [moments, saved] = [this.moments.get(name)!, values.get(name)!];
      tf.tidy(() => {
        moments.first.assign(tf.tensor(saved.first, [...shape]));
        moments.second.assign(tf.tensor(saved.second, [...shape]));
      });
      moments.updates = saved.updates;
    }
  }

  dispose(): void {
    for (const { first, second } of this.moments.values()) {
      first.dispose();
      second.dispose();
    }
  }
}

/** @returns a copy of the values: a backend may hand out its own memory. */
export const floats = async (tensor: Tf.Tensor): Promise<Float32Array> => Float32Array.from(await tensor.data());

export const valuesOf = async (variables: ReadonlyMap<string, Tf.Variable>): Promise<ParameterValues> => {
  const out = new Map<string, Float32Array>();
  for (const [name, variable] of variables) out.set(name, await floats(variable));
  return out;
};
