import { encodeModel, type ModelMessage } from '@corescore/onnx';
import * as ort from 'onnxruntime-node';
import { transposed } from '../../src/parameters/channel-major.js';

export const NHWC_TO_NCHW = [0, 3, 1, 2];
const NCHW_TO_NHWC = [0, 2, 3, 1];

export interface Values {
  shape: readonly number[];
  values: Float32Array;
}

export async function openOnnx(model: Uint8Array): Promise<ort.InferenceSession> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  return ort.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 });
}

/** Runs a model on images given channels last; four axes that come out stand channels last again. */
export async function runOnnx(
  session: ort.InferenceSession,
  inputs: Record<string, Values>,
  names?: readonly string[],
): Promise<Record<string, Values>> {
  const feeds: Record<string, ort.Tensor> = {};
  for (const [name, { shape, values }] of Object.entries(inputs)) {
    const dims = NHWC_TO_NCHW.map((axis) => shape[axis]!);
    feeds[name] = new ort.Tensor('float32', transposed(values, shape, NHWC_TO_NCHW), dims);
  }
  const out = await session.run(feeds, names ?? session.outputNames);
  return Object.fromEntries(
    Object.entries(out).map(([name, tensor]) => {
      const values = tensor.data as Float32Array;
      if (tensor.dims.length !== 4) return [name, { shape: tensor.dims, values }];
      return [
        name,
        {
          shape: NCHW_TO_NHWC.map((axis) => tensor.dims[axis]!),
          values: transposed(values, tensor.dims, NCHW_TO_NHWC),
        },
      ];
    }),
  );
}

/** The appended fields of a partial model are merged: further outputs of a finished file. */
export function withOutputs(model: Uint8Array, names: readonly string[]): Uint8Array {
  const more: ModelMessage = { graph: { outputs: names.map((name) => ({ name })) } };
  return Buffer.concat([model, encodeModel(more)]);
}
