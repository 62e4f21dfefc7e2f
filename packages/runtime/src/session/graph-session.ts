import { RECORDED_TYPES } from '@corescore/formats/capabilities';
import { imageElements } from '@corescore/formats/image-values';
import { ModelFailure, modelFailure, outOfMemory } from '../failure.js';
import { fetchesOf, list, type Plan, type Recording } from '../plan.js';
import type { Graph } from './graph.js';
import { type ImageInput, imageInput } from './image-input.js';
import type { ModelSession, Recorded, SessionDescription } from './model-session.js';
import { type StateInput, stateInputs } from './state.js';
import { product, splitSteps } from './steps.js';

/**
 * Makes a session of a loaded graph: the one place where time, state and recordings are understood, whatever the engine.
 * @throws ModelFailure `output_not_found` and those of the input checks; the graph is released then
 */
export async function openGraphSession<T>(graph: Graph<T>, plan: Plan): Promise<ModelSession> {
  try {
    const outputs = graph.outputs.map((output) => output.name);
    const missing = fetchesOf(plan).find((name) => !outputs.includes(name));
    if (missing !== undefined) {
      throw modelFailure('output_not_found', `The model has no output "${missing}".`, {
        field: plan.recordings.find((recording) => recording.outputs.includes(missing))?.field ?? '/state',
        remedy: `Use one of its outputs: ${list(outputs)}.`,
      });
    }
    const image = imageInput(plan, graph);
    return new GraphSession(graph, plan, image, stateInputs(plan, graph, image.batchName));
  } catch (error) {
    await graph.release();
    throw error;
  }
}

class GraphSession<T> implements ModelSession {
  private readonly fetches: string[];
  /** Steps and features of each recording, set by the first run; every later run must repeat them. */
  private readonly expected = new Map<string, { steps: number; shape: number[] }>();
  /** For one image, set by the first run where the engine counts. */
  private multiplyAdds: number | null = null;

  constructor(
    private readonly graph: Graph<T>,
    private readonly plan: Plan,
    private readonly image: ImageInput,
    private readonly state: StateInput[],
  ) {
    this.fetches = fetchesOf(plan);
  }

  describe(): SessionDescription {
    const { engine, provider, inputs, outputs } = this.graph;
    const { multiplyAdds } = this;
    return { engine, provider, fixedBatch: this.image.fixedBatch, inputs, outputs, multiplyAdds };
  }

  async run(images: Float32Array, count: number): Promise<Map<string, Recorded>> {
    const isFirst = this.expected.size === 0;
    if (!isFirst || this.graph.count === undefined) return this.runSteps(images, count);
    const { result, multiplyAdds } = await this.graph.count(() => this.runSteps(images, count));
    this.multiplyAdds = multiplyAdds === null ? null : Math.round(multiplyAdds / count);
    return result;
  }

  async dispose(): Promise<void> {
    await this.graph.release();
  }

  private async runSteps(images: Float32Array, count: number): Promise<Map<string, Recorded>> {
    const { graph, plan } = this;
    const recorded = new Map<string, Recorded>();
    const live = new Set<T>();
    const keep = (tensor: T): T => {
      live.add(tensor);
      return tensor;
    };
    try {
      const feeds: Record<string, T> = {
        [this.image.name]: keep(
          graph.images(this.image.type, imageElements(this.image.type, images), this.image.dims(count)),
        ),
      };
      for (const state of this.state) feeds[state.input] = keep(graph.zeros(state.type, state.dims(count)));
      for (let step = 0; step < plan.steps; step++) {
        const results = await this.runOnce(feeds);
        for (const tensor of Object.values(results)) if (tensor !== null) live.add(tensor);
        for (const recording of plan.recordings) await this.append(recorded, recording, results, count);
        for (const state of this.state) feeds[state.input] = this.tensorOf(results, state.output, state.field);
        const needed = new Set(Object.values(feeds));
        const spent = [...live].filter((tensor) => !needed.has(tensor));
        graph.free(spent);
        for (const tensor of spent) live.delete(tensor);
      }
    } finally {
      graph.free(live);
    }
    for (const recording of plan.recordings) this.requireSameShape(recording, recorded.get(recording.name)!);
    return recorded;
  }

  private async runOnce(feeds: Record<string, T>): Promise<Record<string, T | null>> {
    try {
      return await this.graph.run(feeds, this.fetches);
    } catch (error) {
      throw engineFailure(error, 'model_run_failed', `${this.graph.engine} stopped while it ran the model`, {
        remedy: `Run the same files in ${this.graph.engine} on images of this size; the message above names the node.`,
      });
    }
  }

  private tensorOf(results: Record<string, T | null>, name: string, field: string): T {
    const tensor = results[name];
    if (tensor !== null && tensor !== undefined) return tensor;
    throw modelFailure('array_dtype', `The output "${name}" is not a tensor.`, {
      field,
      remedy: 'Name an output that is a tensor of floating point numbers.',
    });
  }

  private async append(
    recorded: Map<string, Recorded>,
    recording: Recording,
    results: Record<string, T | null>,
    batch: number,
  ): Promise<void> {
    for (const name of recording.outputs) {
      const { field } = recording;
      const tensor = this.tensorOf(results, name, field);
      const values = await this.graph.read(tensor);
      if (values === null) {
        throw modelFailure(
          'array_dtype',
          `The output "${name}" holds ${this.graph.type(tensor)}, not floating point numbers.`,
          { field, remedy: `Name an output of type ${RECORDED_TYPES[this.graph.kind].join(', ')}.` },
        );
      }
      const rows = splitSteps(values, this.graph.dims(tensor), recording.stepAxis, batch, { name, field });
      const sofar = recorded.get(recording.name);
      if (sofar === undefined) {
        recorded.set(recording.name, { steps: rows.steps, shape: rows.shape, features: product(rows.shape) });
      } else if (product(rows.shape) !== sofar.features) {
        throw modelFailure(
          'array_shape',
          `${recording.name} has ${sofar.features} features at step 0 and ${product(rows.shape)} at step ${sofar.steps.length} (output "${name}").`,
          { field, remedy: 'Every step of a region must have the same features.' },
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

/** What engines and V8 say when memory cannot be had. */
const OUT_OF_MEMORY =
  /failed to allocate|bad_alloc|out of memory|array buffer allocation failed|invalid (typed )?array (buffer )?length|cannot allocate memory/i;

/** An error of an engine as a statement about the model. */
export function engineFailure(
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
