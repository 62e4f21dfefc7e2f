import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writeAtomically } from '@corescore/contracts/files';
import type { CurvePoint, TrainingIdentity } from '@corescore/zoo';

/** `training.json`: how a model came to be, and what it reached on the images that were held back. */
export interface TrainingReceipt extends TrainingIdentity {
  parameters: number;
  multiplyAdds: number;
  /** Presentations of each stage. */
  presentations: number[];
  validationImages: number;
  accuracyByStep: number[];
  /** Of wall time, over all sittings. */
  seconds: number;
  imagesPerSecond: number;
  threads: number;
  versions: { node: string };
  command: string;
  /** SHA-256 of model.onnx. */
  model: string;
  curve: readonly CurvePoint[];
}

/** Where a training stood when it was ended. */
interface Sitting {
  checkpoint: Uint8Array;
  /** Spent until then. */
  seconds: number;
}

/** A sitting that is put down, with the learning curve so far as SVG. */
interface Stand extends Sitting {
  picture: string;
}

export interface TrainedFiles {
  onnx: Uint8Array;
  manifest: object;
  receipt: TrainingReceipt;
  /** The learning curve as SVG. */
  picture: string;
}

/** The folder of one training: its checkpoint while it goes on, then the model, its manifest and its receipt. */
export class TrainingFolder {
  private readonly checkpointPath: string;
  private readonly secondsPath: string;
  private readonly receiptPath: string;
  private readonly picturePath: string;

  constructor(readonly path: string) {
    this.checkpointPath = join(path, 'checkpoint');
    this.secondsPath = join(path, 'checkpoint-seconds');
    this.receiptPath = join(path, 'training.json');
    this.picturePath = join(path, 'training.svg');
  }

  /** Of a training that is complete; it is written last. */
  async receipt(): Promise<TrainingReceipt | null> {
    const bytes = await readIfThere(this.receiptPath);
    return bytes === null ? null : (JSON.parse(bytes.toString()) as TrainingReceipt);
  }

  async sitting(): Promise<Sitting | null> {
    const [checkpoint, seconds] = [await readIfThere(this.checkpointPath), await readIfThere(this.secondsPath)];
    return checkpoint === null ? null : { checkpoint, seconds: Number(seconds ?? 0) };
  }

  async save({ checkpoint, seconds, picture }: Stand): Promise<void> {
    await this.write(this.checkpointPath, checkpoint);
    await this.write(this.secondsPath, String(seconds));
    await this.write(this.picturePath, picture);
  }

  async complete({ onnx, manifest, receipt, picture }: TrainedFiles): Promise<void> {
    await this.write(join(this.path, 'model.onnx'), onnx);
    await this.write(join(this.path, 'corescore.json'), json(manifest));
    await this.write(this.picturePath, picture);
    await this.write(this.receiptPath, json(receipt));
    await rm(this.checkpointPath, { force: true });
    await rm(this.secondsPath, { force: true });
  }

  private async write(path: string, bytes: string | Uint8Array): Promise<void> {
    await makeFolder(this.path);
    await writeAtomically(path, bytes);
  }
}

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
