import { RowChecks } from '@corescore/formats';
import { ActivationFile } from './activation-file.js';
import { infrastructureFailure, kindOfCode, ModelFailure, modelFailure } from './failure.js';
import { type Frame, FrameError } from './frames.js';
import type { Plan } from './plan.js';
import { activationsTooLarge } from './preflight.js';

interface ReceivedArray {
  name: string;
  steps: number;
  features: number;
  shape: number[];
  file: ActivationFile;
  checks: RowChecks;
  /** The block that must come next: steps of these images, then the next images. */
  next: { step: number; start: number; count: number };
}

export interface ReceivedSummary {
  name: string;
  path: string;
  steps: number;
  stimuli: number;
  features: number;
  temporal: boolean;
  imageFrom: number | null;
  shape: number[];
}

export interface ReceiverOptions {
  plan: Plan;
  stimuli: number;
  firstStep: number;
  outDir: string;
  maxActivationBytes: number;
  /** Number of names the readout must have features for; null without a readout. */
  labels: number | null;
  /** Whether a clock that does not fit, or a region that ignores the image, refuses the model. */
  checkClock: boolean;
  onProgress: (done: number) => void;
  onLog: (line: string) => void;
}

const MOST_LOG_LINES = 200;

/** Takes the frames of one child, believes none of them unchecked, and writes the files. */
export class Receiver {
  /** Whether the child's own code ran at all: before that, a fault is the host's. */
  started = false;
  done = false;
  engine = '';
  provider = '';
  batchSize = 0;
  /** For one image, as the engine counted them. */
  multiplyAdds: number | null = null;
  /** What the child itself reported as the end. */
  failure: ModelFailure | undefined;
  private readonly arrays = new Map<string, ReceivedArray>();
  private bytes = 0;
  private logLines = 0;
  /** One block is written while the next is read and checked: then `readFrames` may use its memory again. */
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly options: ReceiverOptions) {}

  /** @throws ModelFailure for activations that are refused, FrameError for a frame that no honest child sends. */
  async take(frame: Frame, payload: Uint8Array): Promise<void> {
    // `readFrames` counts on it: any payload lets it use the memory of the one before the last again.
    if (frame.type !== 'rows' && payload.byteLength > 0) throw new FrameError('a payload where none belongs');
    switch (frame.type) {
      case 'started':
        this.started = true;
        return;
      case 'loaded':
        this.engine = text(frame.engine, 100);
        this.provider = text(frame.provider, 100);
        return;
      case 'batch':
        this.batchSize = whole(frame.size, 1);
        this.multiplyAdds = frame.multiplyAdds === null ? null : whole(frame.multiplyAdds, 0);
        return;
      case 'array':
        return this.declare(frame);
      case 'rows':
        return this.rows(frame, payload);
      case 'progress':
        this.options.onProgress(Math.min(whole(frame.done, 0), this.options.stimuli));
        return;
      case 'log':
        // Like what it prints: some lines are passed on, the rest is dropped.
        if (++this.logLines <= MOST_LOG_LINES) this.options.onLog(text(frame.line, 500));
        return;
      case 'failure':
        this.failure = reported(frame);
        return;
      case 'done':
        this.done = true;
        return;
      default:
        throw new FrameError(`unknown frame ${text((frame as { type: unknown }).type, 50)}`);
    }
  }

  /** Checks what only the whole tells, and gives every file its name. */
  async finish(): Promise<ReceivedSummary[]> {
    const { plan, stimuli, checkClock } = this.options;
    const summaries: ReceivedSummary[] = [];
    for (const { name } of plan.recordings) {
      const array = this.arrays.get(name);
      if (array === undefined || array.next.start !== stimuli) throw new FrameError(`${name} is not complete`);
      if (name !== 'readout' && checkClock) array.checks.finish(name === 'IT');
      const { file, steps, features, shape, checks } = array;
      const { temporal, imageFrom } = checks;
      summaries.push({ name, path: file.path, steps, stimuli, features, temporal, imageFrom, shape });
    }
    await this.writing;
    for (const { name, file } of this.arrays.values()) await onDisk(name, () => file.close());
    for (const { file } of this.arrays.values()) await file.publish();
    return summaries;
  }

  /** Removes everything that was written. */
  async discard(): Promise<void> {
    await this.writing.catch(() => undefined);
    for (const { file } of this.arrays.values()) await file.discard();
  }

  private async declare(frame: Extract<Frame, { type: 'array' }>): Promise<void> {
    const { plan, stimuli, outDir, maxActivationBytes, labels, firstStep } = this.options;
    const recording = plan.recordings.find((candidate) => candidate.name === frame.name);
    if (recording === undefined || this.arrays.has(frame.name)) throw new FrameError('unknown array');
    const { name, field } = recording;
    const steps = whole(frame.steps, 1);
    const features = whole(frame.features, 1);
    if (!Array.isArray(frame.shape)) throw new FrameError('shape is no list');
    const shape = frame.shape.map((dim) => whole(dim, 1));
    if (shape.reduce((product, dim) => product * dim, 1) !== features)
      throw new FrameError('shape and features differ');
    const bytes = steps * stimuli * features * 4;
    this.bytes += bytes;
    if (this.bytes > maxActivationBytes) {
      throw activationsTooLarge(recording, { bytes, total: this.bytes, images: stimuli, limit: maxActivationBytes });
    }
    if (name === 'readout' && labels !== null && features !== labels) {
      throw modelFailure(
        'array_shape',
        `The readout has ${features} values an image, the manifest lists ${labels} labels.`,
        {
          field: '/readout/labels',
          remedy: 'List one label for each value of the readout, in its order.',
        },
      );
    }
    const file = await onDisk(name, () => ActivationFile.create(outDir, name, [steps, stimuli, features]));
    const checks = new RowChecks({ name, field, steps, features, stimuli, firstStep });
    this.arrays.set(name, { name, steps, features, shape, file, checks, next: { step: 0, start: 0, count: 0 } });
  }

  private async rows(frame: Extract<Frame, { type: 'rows' }>, payload: Uint8Array): Promise<void> {
    const array = this.arrays.get(frame.name);
    if (array === undefined) throw new FrameError('rows of an unknown array');
    const { next, features, checks } = array;
    const { step, steps, start, count } = frame;
    const expected = step === next.step && start === next.start && (step === 0 || count === next.count);
    if (!expected || whole(count, 1) > this.options.stimuli - start || whole(steps, 1) > array.steps - step) {
      throw new FrameError('rows out of order');
    }
    const values = count * features;
    if (payload.byteLength !== steps * values * 4) throw new FrameError('rows of a wrong length');
    const rows = new Float32Array(payload.buffer, payload.byteOffset, steps * values);
    for (let k = 0; k < steps; k++) checks.add(step + k, start, rows.subarray(k * values, (k + 1) * values));
    await this.writing;
    this.writing = onDisk(array.name, () => array.file.write(step, start, count, payload));
    this.writing.catch(() => undefined); // Told to whoever comes next.
    const last = step + steps === array.steps;
    array.next = last ? { step: 0, start: start + count, count: 0 } : { step: step + steps, start, count };
  }
}

/** A disk that is full is no fault of the model. */
async function onDisk<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw infrastructureFailure(`The activations of ${name} cannot be written: ${(error as Error).message}`, error);
  }
}

function reported(frame: Extract<Frame, { type: 'failure' }>): ModelFailure {
  const detail = text(frame.detail, 4000);
  const kind = kindOfCode(frame.code);
  if (kind === undefined) return infrastructureFailure(`The model process failed: ${detail}`);
  return new ModelFailure(kind, frame.code as ModelFailure['code'], detail, {
    ...(frame.field === undefined ? {} : { field: text(frame.field, 200) }),
    ...(frame.remedy === undefined ? {} : { remedy: text(frame.remedy, 1000) }),
  });
}

function whole(value: unknown, minimum: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < minimum) throw new FrameError('not a count');
  return value as number;
}

function text(value: unknown, characters: number): string {
  if (typeof value !== 'string') throw new FrameError('not a text');
  return value.slice(0, characters);
}
