import { CorescoreError } from '@corescore/contracts';
import type * as Tf from '@tensorflow/tfjs-core';
import type { ZooConfig } from '../network/config.js';
import { Network } from '../network/network.js';
import { tfjsOps } from '../ops/tfjs.js';
import { uniformStream } from '../parameters/random.js';
import type { ParameterValues } from '../parameters/specs.js';
import { startValues } from '../parameters/start.js';
import { tfjsVariables } from '../parameters/variables.js';
import { accuracyByStep } from './accuracy.js';
import { Adam, valuesOf } from './adam.js';
import { augmented } from './augment.js';
import { decodeCheckpoint, encodeCheckpoint, type TrainingIdentity } from './checkpoint.js';
import { orderOf } from './order.js';
import { batchesOf, type Recipe, rateAt, type Stage } from './recipe.js';
import { type Split, splitOf, type TrainingSet } from './training-set.js';

/** A point of the learning curve. */
export interface CurvePoint {
  /** From 1. */
  stage: number;
  /** Images shown since the training began. */
  presentations: number;
  /** Mean loss over the batches since the last point. */
  loss: number;
  /** On the images that are held back, for every step that depends on the image; at the ends of stages and in between. */
  accuracyByStep?: number[];
}

export interface TrainOptions {
  config: ZooConfig;
  recipe: Recipe;
  /** Decides the first weights, the order of the images and how they are shown. */
  seed: number;
  set: TrainingSet;
  /** Name and version of the backend that `tf` has set, as it stands in the receipt. */
  backend: string;
  /** Bytes that `onCheckpoint` was given. */
  checkpoint?: Uint8Array;
  /** Batches between two points of the curve; 50. */
  reportEvery?: number;
  /** Batches between two checkpoints, with the accuracies of that moment; 250. */
  checkpointEvery?: number;
  onPoint?: (point: CurvePoint) => void;
  /** @param curve from the beginning of the training, earlier sittings included */
  onCheckpoint?: (bytes: Uint8Array, curve: readonly CurvePoint[]) => Promise<void>;
  signal?: AbortSignal;
}

export interface Trained {
  network: Network;
  weights: ParameterValues;
  curve: CurvePoint[];
  /** On the images that were held back. */
  accuracyByStep: number[];
  /** How many those are. */
  validationImages: number;
  identity: TrainingIdentity;
}

/**
 * Trains a network of the zoo. The same options give the same weights on the same backend, and so does a training that
 * was ended at any moment and goes on from a checkpoint.
 * @param tf with its backend set, after `prepareTraining`
 * @throws CorescoreError `invalid_architecture`, `model_too_complex`, `array_shape`, `checkpoint_refused`,
 *   `training_diverged`; the signal's reason
 */
export async function train(tf: typeof Tf, options: TrainOptions): Promise<Trained> {
  const training = new Training(tf, options);
  try {
    return await training.run();
  } finally {
    training.dispose();
  }
}

class Training {
  private readonly network: Network;
  private readonly identity: TrainingIdentity;
  private readonly split: Split;
  private readonly variables: Map<string, Tf.Variable>;
  private readonly adam: Adam;
  private readonly start: { stage: number; batch: number };
  private readonly curve: CurvePoint[];

  constructor(
    private readonly tf: typeof Tf,
    private readonly options: TrainOptions,
  ) {
    const { config, recipe, seed, set, backend, checkpoint } = options;
    this.network = Network.of(config);
    const specs = this.network.parameters;
    this.identity = { recipe: recipe.ref, config, seed, images: set.digest, backend };
    this.split = splitOf(set, recipe);
    const values = startValues(specs, seed);
    const saved = checkpoint === undefined ? null : decodeCheckpoint(specs, checkpoint, this.identity);
    this.start = { stage: saved?.stage ?? 0, batch: saved?.batch ?? 0 };
    this.curve = [...((saved?.curve ?? []) as CurvePoint[])];
    this.variables = tfjsVariables(tf, specs, saved?.weights ?? values);
    this.adam = new Adam(tf, specs, this.variables, recipe);
    if (saved !== null) this.adam.restore(saved.moments);
  }

  async run(): Promise<Trained> {
    const { recipe } = this.options;
    for (const [index, stage] of recipe.stages.entries()) {
      if (index < this.start.stage) continue;
      if (index > this.start.stage || this.start.batch === 0) this.adam.restart();
      await this.runStage(index, stage, index === this.start.stage ? this.start.batch : 0);
    }
    return {
      network: this.network,
      weights: await valuesOf(this.variables),
      curve: this.curve,
      accuracyByStep: await this.accuracy(this.network),
      validationImages: this.split.held.length,
      identity: this.identity,
    };
  }

  private async runStage(index: number, stage: Stage, from: number): Promise<void> {
    const { recipe, config, seed, reportEvery = 50, checkpointEvery = 250, signal } = this.options;
    const isOnce = this.network.architecture.model.unrolling === 'once';
    const network = stage.steps === 'first' && !isOnce ? Network.of({ ...config, steps: 1 }) : this.network;
    const total = batchesOf(recipe, stage);
    const easier = Math.floor(total * stage.easierShare);
    const orders = {
      easier: orderOf(this.split.easier, recipe.batch, seed, `order/${index}/easier`),
      all: orderOf(this.split.fitted, recipe.batch, seed, `order/${index}/all`),
    };
    let losses: number[] = [];
    for (let batch = from; batch < total; batch++) {
      signal?.throwIfAborted();
      const images = batch < easier ? orders.easier(batch) : orders.all(batch - easier);
      losses.push(await this.learn(network, images, rateAt(recipe, stage, batch), `view/${index}/${batch}`));
      const done = batch + 1;
      this.refuseDivergence(losses.at(-1)!, index, done);
      const saves = done % checkpointEvery === 0 || done === total;
      if (saves || done % reportEvery === 0) {
        const accuracies = saves ? { accuracyByStep: await this.accuracy(network) } : {};
        const loss = losses.reduce((sum, one) => sum + one, 0) / losses.length;
        this.report({ stage: index + 1, presentations: this.shown(index, done), loss, ...accuracies });
        losses = [];
      }
      if (saves && done < total) await this.save(index, done);
      else if (done === total && index + 1 < recipe.stages.length) await this.save(index + 1, 0);
    }
  }

  /** One step along the gradient of a batch. */
  private async learn(network: Network, images: Int32Array, rate: number, view: string): Promise<number> {
    const { tf } = this;
    const { set, recipe, seed } = this.options;
    const frames = augmented(set, images, recipe.shift, uniformStream(seed, view));
    const names = network.parameters.map(({ name }) => name);
    const [loss, norm] = tf.tidy(() => {
      const frame = tf.tensor(frames, [images.length, set.size, set.size, 3]);
      const target = this.targets(images);
      const { value, grads } = tf.variableGrads(
        () => this.loss(network, frame, target),
        names.map((name) => this.variables.get(name)!),
      );
      // A tensor that does not enter these steps has no gradient.
      const gradients = new Map<string, Tf.Tensor>();
      for (const name of names) {
        const gradient = grads[this.variables.get(name)!.name];
        if (gradient != null) gradients.set(name, gradient);
      }
      return [value, this.adam.step(gradients, rate)];
    });
    const value = (await loss.data())[0]!;
    const size = (await norm.data())[0]!;
    loss.dispose();
    norm.dispose();
    return Number.isFinite(size) ? value : Number.NaN;
  }

  /** [image][class], smoothed. */
  private targets(images: Int32Array): Tf.Tensor {
    const { set, recipe } = this.options;
    const { classes } = this.network.architecture;
    const truth = Int32Array.from(images, (image) => set.labels[image]!);
    const sharp = this.tf.oneHot(this.tf.tensor1d(truth, 'int32'), classes);
    return this.tf.add(this.tf.mul(sharp, 1 - recipe.smoothing), recipe.smoothing / classes);
  }

  /** Cross-entropy, mean over images and the steps that depend on the image. */
  private loss(network: Network, frame: Tf.Tensor, target: Tf.Tensor): Tf.Scalar {
    const { tf } = this;
    const { logits } = network.run<Tf.Tensor>(tfjsOps(tf), ({ name }) => this.variables.get(name)!, [frame]);
    const seen = logits.slice(network.firstStep);
    const total = seen.map((step) => tf.sum(tf.mul(target, tf.logSoftmax(step as Tf.Tensor2D))));
    const sum = total.reduce((all, one) => tf.add(all, one));
    return tf.mul(sum, -1 / (seen.length * frame.shape[0]!)) as Tf.Scalar;
  }

  private refuseDivergence(loss: number, stage: number, batch: number): void {
    if (Number.isFinite(loss)) return;
    const detail = `The loss is not finite at batch ${batch} of stage ${stage + 1}.`;
    throw new CorescoreError('training_diverged', detail, {
      field: 'recipe',
      remedy:
        'Train with another seed; if that ends the same way, the architecture needs a smaller rate than the recipe has.',
    });
  }

  private shown(stage: number, batches: number): number {
    const { recipe } = this.options;
    const before = recipe.stages.slice(0, stage).reduce((sum, one) => sum + batchesOf(recipe, one), 0);
    return (before + batches) * recipe.batch;
  }

  private report(point: CurvePoint): void {
    this.curve.push(point);
    this.options.onPoint?.(point);
  }

  private accuracy(network: Network): Promise<number[]> {
    return accuracyByStep(this.tf, network, this.variables, this.options.set, this.split.held);
  }

  private async save(stage: number, batch: number): Promise<void> {
    if (this.options.onCheckpoint === undefined) return;
    const [weights, moments] = [await valuesOf(this.variables), await this.adam.values()];
    const { identity, curve } = this;
    await this.options.onCheckpoint(
      encodeCheckpoint(this.network.parameters, { identity, stage, batch, weights, moments, curve }),
      curve,
    );
  }

  dispose(): void {
    this.adam.dispose();
    for (const variable of this.variables.values()) variable.dispose();
  }
}
