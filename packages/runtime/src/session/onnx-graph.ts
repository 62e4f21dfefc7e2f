import { ENGINE_VERSIONS, type ImageType, type StateType } from '@corescore/formats/capabilities';
import type { ImageElements } from '@corescore/formats/image-values';
import { decodeFloat16 } from '@corescore/onnx/float16';
import * as ort from 'onnxruntime-node';
import type { Graph, TensorInfo } from './graph.js';
import { engineFailure } from './graph-session.js';

// Read by ONNX Runtime when its first session is made: nothing about a model leaves this process.
process.env['ORT_DISABLE_TELEMETRY'] = '1';

/**
 * Loads an ONNX file whose outputs already hold every tensor of the plan (`tapFile`).
 * @throws ModelFailure `model_load_failed`, `model_out_of_memory`
 */
export async function openOnnxGraph(options: {
  modelPath: string;
  threads: number;
  provider: string;
}): Promise<Graph<ort.Tensor>> {
  try {
    return await openOnnxModel(options.modelPath, options);
  } catch (error) {
    throw engineFailure(error, 'model_load_failed', 'ONNX Runtime cannot load the model', {
      remedy: `Check the file with onnx.checker and load it with ${ENGINE_VERSIONS.onnx} or an older opset.`,
    });
  }
}

/** @param model path of the file, or its bytes */
export async function openOnnxModel(
  model: string | Uint8Array,
  { threads, provider }: { threads: number; provider: string },
): Promise<Graph<ort.Tensor>> {
  // The engine's JavaScript takes up Float16Array where Node has it (from 24), its native half does not know it yet and
  // fails on every float16 tensor. Without it, halves are bit patterns everywhere.
  Reflect.deleteProperty(globalThis, 'Float16Array');
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  };
  const session =
    typeof model === 'string'
      ? await ort.InferenceSession.create(model, options)
      : await ort.InferenceSession.create(model, options);
  return new OnnxGraph(session, provider);
}

class OnnxGraph implements Graph<ort.Tensor> {
  readonly engine = `onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common}`;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly kind = 'onnx';

  constructor(
    private readonly session: ort.InferenceSession,
    readonly provider: string,
  ) {
    this.inputs = session.inputMetadata.map(infoOf);
    this.outputs = session.outputMetadata.map(infoOf);
  }

  images<E extends ImageType>(type: E, values: ImageElements[E], dims: readonly number[]): ort.Tensor {
    return new ort.Tensor(type as 'float32', values as Float32Array, dims);
  }

  zeros(type: StateType, dims: readonly number[]): ort.Tensor {
    const size = dims.reduce((product, dim) => product * dim, 1);
    switch (type) {
      case 'float32':
        return new ort.Tensor('float32', new Float32Array(size), dims);
      case 'float16':
        return new ort.Tensor('float16', new Uint16Array(size), dims);
      case 'float64':
        return new ort.Tensor('float64', new Float64Array(size), dims);
      case 'int64':
        return new ort.Tensor('int64', new BigInt64Array(size), dims);
      case 'int32':
        return new ort.Tensor('int32', new Int32Array(size), dims);
      case 'bool':
        return new ort.Tensor('bool', new Uint8Array(size), dims);
    }
  }

  async run(
    feeds: Readonly<Record<string, ort.Tensor>>,
    fetches: readonly string[],
  ): Promise<Record<string, ort.Tensor | null>> {
    const results = await this.session.run(feeds, fetches);
    return Object.fromEntries(
      fetches.map((name) => [name, results[name] instanceof ort.Tensor ? (results[name] as ort.Tensor) : null]),
    );
  }

  dims(tensor: ort.Tensor): readonly number[] {
    return tensor.dims;
  }

  type(tensor: ort.Tensor): string {
    return tensor.type;
  }

  async read(tensor: ort.Tensor): Promise<Float32Array | null> {
    switch (tensor.type) {
      case 'float32':
        return tensor.data as Float32Array;
      case 'float64':
        return Float32Array.from(tensor.data as Float64Array);
      case 'float16':
        return decodeFloat16(tensor.data as Uint16Array); // Bit patterns, whatever the version of Node: see above.
      default:
        return null;
    }
  }

  free(): void {} // Ordinary memory of V8's.

  async release(): Promise<void> {
    await this.session.release();
  }
}

function infoOf(meta: ort.InferenceSession.ValueMetadata): TensorInfo {
  return meta.isTensor
    ? { name: meta.name, type: meta.type, shape: meta.shape }
    : { name: meta.name, type: 'not a tensor', shape: [] };
}
