import * as ort from 'onnxruntime-node';
import { PROVIDER } from '../engine.js';
import { ModelFailure, modelFailure, outOfMemory } from '../failure.js';
import { fetchesOf, list, type Plan, type Recording } from '../plan.js';
import { type ImageInput, imageInput } from './image-input.js';
import type { ModelSession, Recorded, SessionDescription } from './model-session.js';
import { type StateInput, stateInputs } from './state.js';
import { product, splitSteps } from './steps.js';
import { imageTensor, toFloat32, zeros } from './tensors.js';

// Read by ONNX Runtime when its first session is made: nothing about a model leaves this process.
process.env['ORT_DISABLE_TELEMETRY'] = '1';

/**
 * Loads an ONNX file whose outputs already hold every tensor of the plan (`tapFile`).
 * @throws ModelFailure `model_load_failed`, `model_out_of_memory`, `output_not_found` and those of the input checks.
 */
export async function openOnnxSession(options: {
  modelPath: string;
  plan: Plan;
  threads: number;
}): Promise<ModelSession> {
  const { modelPath, plan, threads } = options;
  // The engine's JavaScript takes up Float16Array where Node has it (from 24), its native half does not know it yet and
  // fails on every float16 tensor. Without it, halves are bit patterns everywhere.
  Reflect.deleteProperty(globalThis, 'Float16Array');
  let session: ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(modelPath, {
      executionProviders: [PROVIDER],
      graphOptimizationLevel: 'all',
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
    });
  } catch (error) {
    throw engineFailure(error, 'model_load_failed', 'ONNX Runtime cannot load the model', {
      remedy: 'Check the file with onnx.checker and load it with onnxruntime 1.30 or an older opset.',
    });
  }
  try {
    const missing = fetchesOf(plan).find((name) => !session.outputNames.includes(name));
    if (missing !== undefined) {
      throw modelFailure('output_not_found', `The model has no output "${missing}".`, {
        field: plan.recordings.find((recording) => recording.outputs.includes(missing))?.field ?? '/state',
        remedy: `Use one of its outputs: ${list(session.outputNames)}.`,
      });
    }
    const image = imageInput(plan, session.inputMetadata);
    const state = stateInputs(plan, session.inputMetadata, session.outputMetadata, image.batchName);
    return new OnnxSession(session, plan, image, state);
  } catch (error) {
    await session.release();
    throw error;
  }
}

class OnnxSession implements ModelSession {
  private readonly fetches: string[];
  /** Steps and features of each recording, set by the first run; every later run must repeat them. */
  private readonly expected = new Map<string, { steps: number; shape: number[] }>();

  constructor(
    private readonly session: ort.InferenceSession,
    private readonly plan: Plan,
    private readonly image: ImageInput,
    private readonly state: StateInput[],
  ) {
    this.fetches = fetchesOf(plan);
  }

  describe(): SessionDescription {
    return {
      engine: `onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common}`,
      provider: PROVIDER,
      fixedBatch: this.image.fixedBatch,
      inputs: this.session.inputMetadata.map((meta) => ({
        name: meta.name,
        type: meta.isTensor ? meta.type : 'not a tensor',
        shape: meta.isTensor ? meta.shape : [],
      })),
      outputs: [...this.session.outputNames],
    };
  }

  async run(images: Float32Array, count: number): Promise<Map<string, Recorded>> {
    const recorded = new Map<string, Recorded>();
    const feeds: Record<string, ort.Tensor> = {
      [this.image.name]: imageTensor(this.image.type, images, this.image.dims(count)),
    };
    for (const state of this.state) feeds[state.input] = zeros(state.type, state.dims(count), state.field);
    for (let step = 0; step < this.plan.steps; step++) {
      const results = await this.runOnce(feeds);
      for (const recording of this.plan.recordings) this.append(recorded, recording, results, count);
      for (const state of this.state) feeds[state.input] = results[state.output] as ort.Tensor;
    }
    for (const recording of this.plan.recordings) this.requireSameShape(recording, recorded.get(recording.name)!);
    return recorded;
  }

  async dispose(): Promise<void> {
    await this.session.release();
  }

  private async runOnce(feeds: Record<string, ort.Tensor>): Promise<Record<string, ort.OnnxValue>> {
    try {
      return await this.session.run(feeds, this.fetches);
    } catch (error) {
      throw engineFailure(error, 'model_run_failed', 'ONNX Runtime stopped while it ran the model', {
        remedy: 'Run the same file in onnxruntime on images of this size; the message above names the node.',
      });
    }
  }

  private append(
    recorded: Map<string, Recorded>,
    recording: Recording,
    results: Record<string, ort.OnnxValue>,
    batch: number,
  ): void {
    for (const name of recording.outputs) {
      const value = results[name];
      if (!(value instanceof ort.Tensor)) {
        throw modelFailure('array_dtype', `The output "${name}" is not a tensor.`, {
          field: recording.field,
          remedy: 'Name an output that is a tensor of floating point numbers.',
        });
      }
      const about = { name, field: recording.field };
      const rows = splitSteps(toFloat32(value, name, recording.field), value.dims, recording.stepAxis, batch, about);
      const sofar = recorded.get(recording.name);
      if (sofar === undefined) {
        recorded.set(recording.name, { steps: rows.steps, shape: rows.shape, features: product(rows.shape) });
      } else if (product(rows.shape) !== sofar.features) {
        throw modelFailure(
          'array_shape',
          `${recording.name} has ${sofar.features} features at step 0 and ${product(rows.shape)} at step ${sofar.steps.length} (output "${name}").`,
          { field: recording.field, remedy: 'Every step of a region must have the same features.' },
        );
      } else sofar.steps.push(...rows.steps);
    }
  }

  private requireSameShape(recording: Recording, found: Recorded): void {
    const text = (steps: number, shape: readonly number[]) =>
      `${steps} step${steps === 1 ? '' : 's'} of [${shape.join(', ')}]`;
    if (found.features === 0 || found.steps.length === 0) {
      throw modelFailure('array_shape', `${recording.name} is empty: ${text(found.steps.length, found.shape)}.`, {
        field: recording.field,
        remedy: 'Name an output with at least one feature for each image.',
      });
    }
    const expected = this.expected.get(recording.name);
    if (expected === undefined) {
      this.expected.set(recording.name, { steps: found.steps.length, shape: found.shape });
    } else if (expected.steps !== found.steps.length || expected.shape.join() !== found.shape.join()) {
      throw modelFailure(
        'activations_shape_changed',
        `${recording.name} was ${text(expected.steps, expected.shape)} and became ${text(found.steps.length, found.shape)} for other images.`,
        { field: recording.field, remedy: 'The shape of an output must not depend on the image or on the batch size.' },
      );
    }
  }
}

/** What ONNX Runtime and V8 say when memory cannot be had. */
const OUT_OF_MEMORY =
  /failed to allocate|bad_alloc|out of memory|array buffer allocation failed|invalid (typed )?array (buffer )?length|cannot allocate memory/i;

function engineFailure(
  error: unknown,
  code: 'model_load_failed' | 'model_run_failed',
  doing: string,
  context: { remedy: string },
): ModelFailure {
  if (error instanceof ModelFailure) return error;
  const text = (error instanceof Error ? error.message : String(error)).trim().slice(0, 1500);
  if (OUT_OF_MEMORY.test(text)) return outOfMemory(text, error);
  return modelFailure(code, `${doing}: ${text}`, { ...context, cause: error });
}
