import { CorescoreError, closeMatches, listed, type OnnxManifest } from '@corescore/contracts';
import type { OnnxGraph, OnnxTensorInfo } from '@corescore/onnx';
import {
  imageTypeErrors,
  inputMissing,
  namedOutputs,
  recordedTypeErrors,
  stateTypeErrors,
  unfedErrors,
} from '../contract.js';

/**
 * Everything in which graph and manifest disagree: `input_not_found`, `input_shape`, `output_not_found`, `array_dtype`.
 * Nothing where the image input takes images of that size and layout, and every region, the readout and every state is a tensor of the
 * graph. A batch dimension may be symbolic, or fixed at any number: the runtime then feeds batches of that size.
 */
export function* onnxContractErrors(manifest: OnnxManifest, graph: OnnxGraph): Generator<CorescoreError> {
  const inputs = graph.inputs.map(({ name }) => name);
  const image = graph.inputs.find(({ name }) => name === manifest.input.name);
  if (image === undefined) yield inputMissing(inputs, manifest.input.name, '/input/name');
  else yield* imageInputErrors(manifest, image);
  for (const [at, name] of namedOutputs(manifest)) yield* tensorErrors(graph, name, at);
  yield* stateErrors(manifest, graph);
  yield* stateTypeErrors(manifest, (name) => graph.inputs.find((input) => input.name === name)?.elemType);
  yield* unfedErrors(manifest, inputs);
}

/** Size of the batch that a graph insists on, or null where it takes any. */
export function fixedBatch(graph: OnnxGraph, inputName: string): number | null {
  const batch = graph.inputs.find((i) => i.name === inputName)?.shape[0];
  return typeof batch === 'number' ? batch : null;
}

function* tensorErrors(graph: OnnxGraph, name: string, field: string): Generator<CorescoreError> {
  if (graph.tensorNames.has(name) || graph.outputs.some((o) => o.name === name)) {
    if (!field.startsWith('/state')) yield* recordedTypeErrors('onnx', field, name, graph.types.get(name));
    return;
  }
  const outputs = graph.outputs.map((o) => o.name);
  const close = closeMatches(name, new Set([...outputs, ...graph.tensorNames]));
  yield new CorescoreError('output_not_found', `The model has no output or inner tensor "${name}".`, {
    field,
    remedy:
      close.length > 0
        ? `Did you mean ${listed(close)}? The graph's outputs are ${listed(outputs)}.`
        : `Name one of the graph's outputs, ${listed(outputs)}, or an inner tensor as a viewer such as Netron shows it.`,
  });
}

function* imageInputErrors(manifest: OnnxManifest, image: OnnxTensorInfo): Generator<CorescoreError> {
  const { layout, size, channels } = manifest.input;
  const [height, width] = size;
  const wanted = layout === 'NCHW' ? [null, channels, height, width] : [null, height, width, channels];
  const shape = `${image.elemType} [${image.shape.map((d) => d ?? '?').join(', ')}]`;
  const declared = `"${image.name}" is ${shape}`;
  const fail = (detail: string, field: string, remedy: string) =>
    new CorescoreError('input_shape', `${detail}: the model's input ${declared}.`, { field, remedy });
  yield* imageTypeErrors('onnx', { name: image.name, type: image.elemType, declared: shape });
  if (!image.shapeKnown) return; // ONNX allows it; running the model will show whether it fits.
  if (image.shape.length !== 4) {
    return yield fail(
      `Images are fed with 4 dimensions (${layout}), not ${image.shape.length}`,
      '/input/name',
      'Export the model with an input of shape [batch, channels, height, width] or [batch, height, width, channels].',
    );
  }
  if (image.shape[0] === 0)
    yield fail('A batch of 0 images is empty', '/input/name', 'Export it with a dynamic batch.');
  const names = layout === 'NCHW' ? ['', 'channels', 'height', 'width'] : ['', 'height', 'width', 'channels'];
  for (let axis = 1; axis < 4; axis++) {
    const dim = image.shape[axis];
    if (typeof dim !== 'number' || dim === wanted[axis]) continue;
    const swapped = isOtherLayout(image, channels, layout);
    const field = swapped ? '/input/layout' : names[axis] === 'channels' ? '/input/channels' : '/input/size';
    const remedy = swapped
      ? `Set "layout": "${layout === 'NCHW' ? 'NHWC' : 'NCHW'}".`
      : `Make the manifest agree with the model (${names[axis]} ${dim}), or export the model for ${names[axis]} ${wanted[axis]}.`;
    yield fail(`The manifest's ${names[axis]} is ${wanted[axis]}, the model's ${dim} (${layout})`, field, remedy);
    if (swapped) return;
  }
}

/** Whether the shape makes sense in the layout that the manifest does not name. */
function isOtherLayout(image: OnnxTensorInfo, channels: number, layout: 'NCHW' | 'NHWC'): boolean {
  const here = image.shape[layout === 'NCHW' ? 1 : 3];
  const there = image.shape[layout === 'NCHW' ? 3 : 1];
  return there === channels && here !== channels;
}

function* stateErrors(manifest: OnnxManifest, graph: OnnxGraph): Generator<CorescoreError> {
  for (const [i, state] of (manifest.state ?? []).entries()) {
    const field = `/state/${i}/input`;
    const into = graph.inputs.find((info) => info.name === state.input);
    if (into === undefined) {
      yield inputMissing(
        graph.inputs.map(({ name }) => name),
        state.input,
        field,
      );
      continue;
    }
    if (state.input === manifest.input.name) {
      yield new CorescoreError('input_not_found', `The state input "${state.input}" is the image input.`, {
        field,
        remedy: 'Name the input that takes the state of the step before.',
      });
    }
    const from = graph.outputs.find((o) => o.name === state.output);
    const differ =
      from?.shapeKnown === true &&
      into.shapeKnown &&
      (from.shape.length !== into.shape.length ||
        from.shape.some(
          (d, axis) => typeof d === 'number' && typeof into.shape[axis] === 'number' && d !== into.shape[axis],
        ));
    if (from !== undefined && differ) {
      yield new CorescoreError(
        'input_shape',
        `The state leaves as "${state.output}" [${from.shape.join(', ')}] and enters as "${state.input}" [${into.shape.join(', ')}].`,
        { field: `/state/${i}`, remedy: 'Pair each state input with the output that feeds it in the next step.' },
      );
    }
  }
}
