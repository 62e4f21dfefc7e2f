import { type SpawnOptions, spawnModelProcess } from './child-process.js';
import { modelFailure } from './failure.js';
import { FrameError, readFrames } from './frames.js';
import { type ReceivedSummary, Receiver, type ReceiverOptions } from './receiver.js';
import { verdictOf } from './verdict.js';

/** One payload is one block of rows: 8 MiB, or a single larger row. */
const MAX_PAYLOAD_BYTES = 1024 ** 3;

export interface ChildResult {
  engine: string;
  provider: string;
  batchSize: number;
  /** For one image, as the engine counted them; null where it does not. */
  multiplyAdds: number | null;
  peakMemoryBytes: number;
  arrays: ReceivedSummary[];
}

/**
 * Runs one child from start to end and receives its activations.
 * @throws ModelFailure; nothing is left behind then, neither process nor file.
 */
export async function runChild(
  spawning: SpawnOptions,
  receiving: Omit<ReceiverOptions, 'onProgress' | 'onLog'>,
  onProgress: (done: number) => void,
): Promise<ChildResult> {
  let done = 0;
  const receiver = new Receiver({
    ...receiving,
    onLog: spawning.onLog,
    onProgress: (images) => {
      done = images;
      onProgress(images);
    },
  });
  const child = spawnModelProcess(spawning);
  try {
    let refusal: unknown;
    try {
      const maxPayload = Math.min(MAX_PAYLOAD_BYTES, receiving.maxActivationBytes);
      for await (const { frame, payload } of readFrames(child.frames, maxPayload)) {
        await receiver.take(frame, payload);
        if (receiver.done || receiver.failure !== undefined) break;
      }
      // All is said: the child need not take its time to unload the model.
      if (receiver.done) child.kill('finished');
    } catch (error) {
      refusal = error;
      child.kill('refused');
    }
    const end = await child.ended;
    if (end.killedFor === 'abort') throw spawning.signal!.reason;
    if (!receiver.done) {
      // A limit that struck may have torn a frame: the limit is the reason then, not the frame.
      const struck = end.killedFor === 'timeout' || end.killedFor === 'memory';
      if (!struck && end.spawnError === null && refusal !== undefined) throw refusal;
      if (receiver.failure !== undefined) throw receiver.failure;
      const progress = { started: receiver.started, done, total: receiving.stimuli };
      throw verdictOf(end, spawning.limits, progress);
    }
    const arrays = await receiver.finish();
    const { engine, provider, batchSize, multiplyAdds } = receiver;
    return { engine, provider, batchSize, multiplyAdds, peakMemoryBytes: end.peakMemoryBytes, arrays };
  } catch (error) {
    await receiver.discard();
    throw error instanceof FrameError ? tampered(error) : error;
  }
}

function tampered(error: FrameError): Error {
  return modelFailure('model_crashed', `The model process wrote what it must not: ${error.message}.`, {
    remedy: 'An operator of the model disturbs the process it runs in; run the same file in onnxruntime on one image.',
    cause: error,
  });
}
