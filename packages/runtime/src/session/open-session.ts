import { join } from 'node:path';
import { MODEL_FILE, type NetworkManifest } from '@corescore/contracts';
import { fetchesOf, type Plan } from '../plan.js';
import { openGraphSession } from './graph-session.js';
import type { ModelSession } from './model-session.js';

export interface SessionOptions {
  kind: NetworkManifest['kind'];
  /** Folder with the model's files under the names of its version; an ONNX graph already holds its taps (`tapFile`). */
  folder: string;
  plan: Plan;
  /** Threads within one operator, where the engine has them. */
  threads: number;
  /** What the engine runs on: one of `PROVIDERS` of its kind. */
  provider: string;
}

/**
 * Opens a model with the engine of its kind.
 * @throws ModelFailure `model_load_failed`, `model_out_of_memory`, `output_not_found` and those of the input checks
 */
export async function openSession({ kind, folder, plan, threads, provider }: SessionOptions): Promise<ModelSession> {
  // Loaded by need: a process pays for one engine only, and that of TensorFlow.js on WASM may load no native code.
  if (kind === 'onnx') {
    const { openOnnxGraph } = await import('./onnx-graph.js');
    return openGraphSession(await openOnnxGraph({ modelPath: join(folder, MODEL_FILE.onnx), threads, provider }), plan);
  }
  const { openTfjsGraph } = await import('./tfjs-graph.js');
  return openGraphSession(await openTfjsGraph({ folder, fetches: fetchesOf(plan), threads, provider }), plan);
}
