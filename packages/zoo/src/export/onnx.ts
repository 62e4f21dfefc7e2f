import { encodeModel } from '@corescore/onnx';
import { AREA_NAMES } from '../models/model.js';
import type { Network } from '../network/network.js';
import { OnnxOps, type OnnxTensor } from '../ops/onnx.js';
import { elementsOf, type ParameterValues } from '../parameters/specs.js';

/** Format and operator set: read by every runtime of the last years. */
const IR_VERSION = 8;
const OPSET = 17;

export const IMAGE_INPUT = 'image';

/** Names in the graph: `IT.0`, `IT.1`, ... and `logits.0`, ...; without a number where there is one step. */
export const stepNames = (name: string, steps: number): string[] =>
  steps === 1 ? [name] : Array.from({ length: steps }, (_, t) => `${name}.${t}`);

/**
 * The network as an ONNX file: input `image` [batch][3][height][width], rgb from 0 to 1; outputs the activity of IT and
 * the logits of every step; inner tensors with names the activity of the other areas; every learned tensor an
 * initializer under its name, kernels [out][in][height][width].
 * @throws Error where a tensor has no values, or not as many as its shape
 */
export function encodeNetwork(network: Network, values: ParameterValues): Uint8Array {
  const ops = new OnnxOps();
  const side = network.architecture.imageSide;
  const image: OnnxTensor = { name: IMAGE_INPUT, shape: [-1, side, side, 3] };
  const run = network.run<OnnxTensor>(
    ops,
    (spec) => {
      const given = values.get(spec.name);
      if (given?.length !== elementsOf(spec.shape)) {
        throw new Error(`${spec.name} has ${given?.length ?? 'no'} values for a shape of [${spec.shape.join(', ')}]`);
      }
      return ops.parameter(spec, given);
    },
    [image],
  );
  for (const area of AREA_NAMES) name(ops, area, run.areas[area]!);
  name(ops, 'logits', run.logits);
  const [height, width, channels] = network.itShape as [number, number, number];
  return encodeModel({
    irVersion: IR_VERSION,
    producerName: 'corescore zoo',
    opsets: [{ version: OPSET }],
    graph: {
      name: network.id,
      nodes: ops.nodes,
      initializers: ops.initializers,
      inputs: [{ name: IMAGE_INPUT, type: 'float32', dims: ['batch', 3, side, side] }],
      outputs: [
        ...stepNames('IT', run.it.length).map((output) => ({
          name: output,
          type: 'float32' as const,
          dims: ['batch', channels, height, width],
        })),
        ...stepNames('logits', run.it.length).map((output) => ({
          name: output,
          type: 'float32' as const,
          dims: ['batch', network.architecture.classes],
        })),
      ],
    },
  });
}

function name(ops: OnnxOps, area: string, steps: readonly OnnxTensor[]): void {
  const names = stepNames(area, steps.length);
  for (const [t, tensor] of steps.entries()) ops.named(tensor, names[t]!);
}
