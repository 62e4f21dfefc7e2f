import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { CorescoreError, canonicalJson, parseProviders } from '@corescore/contracts';
import type { CurvePoint, TrainingIdentity } from '@corescore/zoo';
import { settings } from '../context.js';
import { bar, LiveLines } from '../format/progress.js';
import { interruptible } from '../interrupt.js';
import type { Io } from '../io.js';
import { curvePicture } from './curve-picture.js';
import { TrainingFolder, type TrainingReceipt } from './training-folder.js';
import { loadTrainingImages } from './training-images.js';

export interface TrainFlags {
  seed: number;
  to?: string;
  provider?: string;
  threads: number;
  home?: string;
}

/** Trains a model of the zoo into a folder, or goes on with the training that the folder holds. */
export async function trainModel(io: Io, model: string, flags: TrainFlags): Promise<void> {
  const env = settings(io, flags);
  const { CORE_OBJECTS_TRAIN: recipe, Network, ZOO, ...zoo } = await import('@corescore/zoo');
  const config = { model };
  const network = Network.of(config);
  const folder = new TrainingFolder(resolve(io.cwd, flags.to ?? join(env.home, 'zoo', `${model}-${flags.seed}`)));
  const lines = new LiveLines(io);
  const { set, classes } = await loadTrainingImages(env.home, (done, total) =>
    lines.set('images', `${bar(done, total)} ${done} of ${total} training images`, `${Math.floor((4 * done) / total)}`),
  );
  lines.finish();
  const order =
    flags.provider === undefined ? env.providers.tfjs : parseProviders('tfjs', flags.provider, '--provider');
  const { tf, provider, backend } = await openBackend(order, flags.threads);
  const identity: TrainingIdentity = { recipe: recipe.ref, config, seed: flags.seed, images: set.digest, backend };
  const there = await folder.receipt();
  if (there !== null) return sayTrained(io, folder, there, identity);

  io.stderr(`${model}, seed ${flags.seed}, ${network.parameterCount.toLocaleString('en')} parameters, on ${backend}\n`);
  const presentations = recipe.stages.map((stage) => stage.presentations);
  const total = presentations.reduce((sum, some) => sum + some, 0);
  const title = `${model}, seed ${flags.seed}`;
  const before = await folder.sitting();
  const started = io.now().getTime();
  const seconds = (): number => (before?.seconds ?? 0) + (io.now().getTime() - started) / 1000;
  const trained = await interruptible(io, (signal) =>
    zoo.train(tf, {
      ...identity,
      recipe,
      set,
      signal,
      ...(before === null ? {} : { checkpoint: before.checkpoint }),
      onPoint: (point) =>
        lines.set(
          'training',
          progressLine(point, total),
          `${point.accuracyByStep === undefined ? '' : point.presentations}`,
        ),
      onCheckpoint: (checkpoint, curve) =>
        folder.save({ checkpoint, seconds: seconds(), picture: curvePicture(title, curve, total) }),
    }),
  );
  lines.finish();

  const onnx = zoo.encodeNetwork(trained.network, trained.weights);
  const description = `${ZOO.get(model)!.description}; trained by ${recipe.ref}, seed ${flags.seed}`;
  const receipt: TrainingReceipt = {
    ...trained.identity,
    parameters: network.parameterCount,
    multiplyAdds: network.multiplyAdds,
    presentations,
    validationImages: trained.validationImages,
    accuracyByStep: trained.accuracyByStep,
    seconds: Math.round(seconds()),
    imagesPerSecond: Math.round((10 * total) / seconds()) / 10,
    threads: flags.threads,
    versions: { node: process.versions.node },
    command: `corescore zoo train ${model} --seed ${flags.seed} --provider ${provider} --threads ${flags.threads}`,
    model: createHash('sha256').update(onnx).digest('hex'),
    curve: trained.curve,
  };
  const about = { name: model, description, licence: 'Apache-2.0', labels: classes };
  await folder.complete({
    onnx,
    manifest: zoo.networkManifest(trained.network, about),
    receipt,
    picture: curvePicture(title, trained.curve, total),
  });
  io.stderr(`${summary(receipt)}\n${folder.path}\n`);
}

/** TensorFlow.js on the first of these providers that opens, ready for training. */
async function openBackend(order: readonly string[], threads: number) {
  const { chooseEngine, startTfjs } = await import('@corescore/runtime');
  const { prepareTraining } = await import('@corescore/zoo');
  const { engine, provider } = await chooseEngine('tfjs', { onnx: [], tfjs: order });
  const { core: tf, version } = await startTfjs(provider, threads);
  prepareTraining(tf);
  return { tf, provider, backend: [engine, provider, ...(version === null ? [] : [version])].join(', ') };
}

function progressLine({ stage, presentations, loss, accuracyByStep }: CurvePoint, total: number): string {
  const shown = `${presentations.toLocaleString('en')} of ${total.toLocaleString('en')} images`;
  const reached = accuracyByStep === undefined ? '' : `  accuracy by step ${percents(accuracyByStep)}`;
  return `${bar(presentations, total)} stage ${stage}  ${shown}  loss ${loss.toFixed(3)}${reached}`;
}

const percents = (shares: readonly number[]): string => `${shares.map((s) => (100 * s).toFixed(1)).join(' ')} %`;

const summary = ({ accuracyByStep, validationImages, seconds, imagesPerSecond }: TrainingReceipt): string =>
  `Accuracy by step on ${validationImages} images that were held back: ${percents(accuracyByStep)}; ` +
  `${seconds} s, ${imagesPerSecond} images/s.`;

/** @throws CorescoreError `configuration` where the folder holds a model of another training */
function sayTrained(io: Io, folder: TrainingFolder, found: TrainingReceipt, wanted: TrainingIdentity): void {
  const keys = Object.keys(wanted) as (keyof TrainingIdentity)[];
  const other = keys.find((key) => canonicalJson(found[key]) !== canonicalJson(wanted[key]));
  if (other !== undefined) {
    const detail = `${folder.path} holds a model of another ${other}: ${canonicalJson(found[other])}.`;
    throw new CorescoreError('configuration', detail, {
      field: '--to',
      remedy: 'Name another folder, or remove that one.',
    });
  }
  io.stderr(`Trained already. ${summary(found)}\n${folder.path}\n`);
}
