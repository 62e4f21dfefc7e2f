import { CorescoreError, closeMatches, listed, type TfjsManifest } from '@corescore/contracts';
import {
  imageTypeErrors,
  inputMissing,
  namedOutputs,
  recordedTypeErrors,
  stateTypeErrors,
  unfedErrors,
} from '../contract.js';
import type { TfjsModel } from './model.js';
import type { TfjsInput } from './topology.js';

/**
 * Everything in which model and manifest disagree: `input_not_found`, `input_shape`, `output_not_found`, `array_dtype`.
 * Nothing where the image input takes images of that size and layout, and every region, the readout and every state is an output, a
 * layer or a node of the model.
 */
export function* tfjsContractErrors(manifest: TfjsManifest, model: TfjsModel): Generator<CorescoreError> {
  const inputs = model.inputs.map(({ name }) => name);
  const image = model.inputs.find(({ name }) => name === manifest.input.name);
  if (image === undefined) yield inputMissing(inputs, manifest.input.name, '/input/name');
  else yield* imageErrors(manifest, image);
  const names = new Set([...model.outputs, ...model.innerNames]);
  for (const [field, name] of namedOutputs(manifest)) {
    if (names.has(name) || names.has(name.replace(/:0$/, ''))) {
      const type = model.types.get(name.replace(/:0$/, ''));
      if (!field.startsWith('/state')) yield* recordedTypeErrors('tfjs', field, name, type);
      continue;
    }
    const close = closeMatches(name, names);
    yield new CorescoreError('output_not_found', `The model has no output, layer or node "${name}".`, {
      field,
      remedy: close.length > 0 ? `Did you mean ${listed(close)}?` : `Its outputs are ${listed(model.outputs)}.`,
    });
  }
  for (const [i, state] of (manifest.state ?? []).entries()) {
    if (!inputs.includes(state.input)) yield inputMissing(inputs, state.input, `/state/${i}/input`);
  }
  yield* stateTypeErrors(manifest, (name) => model.inputs.find((one) => one.name === name)?.dtype);
  yield* unfedErrors(manifest, inputs);
}

function* imageErrors({ input }: TfjsManifest, image: TfjsInput): Generator<CorescoreError> {
  const { layout, size, channels } = input;
  const wanted = layout === 'NCHW' ? [channels, ...size] : [...size, channels];
  const shape = `${image.dtype} [${image.shape.map((dim) => dim ?? '?').join(', ')}]`;
  const declared = `"${image.name}" is ${shape}`;
  yield* imageTypeErrors('tfjs', { name: image.name, type: image.dtype, declared: shape });
  if (image.shape.length === 0) return; // The engine will tell.
  const fits = image.shape.length === 4 && wanted.every((dim, i) => [dim, null].includes(image.shape[i + 1] ?? null));
  if (fits) return;
  const other = layout === 'NCHW' ? 'NHWC' : 'NCHW';
  const swapped = other === 'NHWC' ? [...size, channels] : [channels, ...size];
  const isSwapped = image.shape.length === 4 && swapped.every((dim, i) => image.shape[i + 1] === dim);
  yield new CorescoreError(
    'input_shape',
    `The manifest describes images of [batch, ${wanted.join(', ')}] (${layout}): the input ${declared}.`,
    {
      field: isSwapped ? '/input/layout' : '/input/size',
      remedy: isSwapped
        ? `Set "layout": "${other}".`
        : 'Make size, channels and layout of the manifest those of the model.',
    },
  );
}
