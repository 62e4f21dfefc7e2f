import { CorescoreError, listed, type NetworkManifest, REGIONS } from '@corescore/contracts';
import { IMAGE_TYPES, RECORDED_TYPES, STATE_TYPES } from './capabilities.js';

/** What manifest and model have to agree on whatever the format: which tensors are named, and which are fed. */

/** Every output name of a manifest beside its JSON pointer. */
export function* namedOutputs(manifest: NetworkManifest): Generator<[pointer: string, name: string]> {
  for (const region of REGIONS) {
    const source = manifest.regions[region];
    if (source !== undefined) yield* namesOf(source, `/regions/${region}`);
  }
  if (manifest.readout !== undefined) yield* namesOf(manifest.readout, '/readout');
  for (const [i, state] of (manifest.state ?? []).entries()) yield [`/state/${i}/output`, state.output];
}

function* namesOf(source: { outputs: string[] } | { output: string }, at: string): Generator<[string, string]> {
  if ('output' in source) yield [`${at}/output`, source.output];
  else for (const [i, name] of source.outputs.entries()) yield [`${at}/outputs/${i}`, name];
}

export function inputMissing(inputs: readonly string[], name: string, field: string): CorescoreError {
  return new CorescoreError('input_not_found', `The model has no input "${name}".`, {
    field,
    remedy:
      inputs.length > 0 ? `Its inputs are ${listed(inputs)}; name one of them.` : 'Export it with an image input.',
  });
}

/** An input that neither the image nor a state fills, the first there is; nothing while the image's own is missing. */
export function* unfedErrors(manifest: NetworkManifest, inputs: readonly string[]): Generator<CorescoreError> {
  const fed = new Set([manifest.input.name, ...(manifest.state ?? []).map(({ input }) => input)]);
  const unfed = inputs.find((name) => !fed.has(name));
  if (unfed === undefined || !inputs.includes(manifest.input.name)) return;
  yield new CorescoreError('input_not_found', `The model also needs the input "${unfed}", which nothing feeds.`, {
    field: '/state',
    remedy: `Declare it as a state ({ "input": "${unfed}", "output": ... } with "steps"), or export the model without it.`,
  });
}

/**
 * A type that the image input cannot have.
 * @param declared the input as the file declares it
 */
export function* imageTypeErrors(
  kind: NetworkManifest['kind'],
  { name, type, declared }: { name: string; type: string; declared: string },
): Generator<CorescoreError> {
  const types: readonly string[] = IMAGE_TYPES[kind];
  if (types.includes(type)) return;
  yield new CorescoreError(
    'array_dtype',
    `Images are fed as ${types.join(', ')}, not ${type}: the input "${name}" is ${declared}.`,
    {
      field: '/input/name',
      remedy: 'Export the model with an image input of type float32.',
    },
  );
}

/** Types that a state cannot be carried in. */
export function* stateTypeErrors(
  { kind, state = [] }: NetworkManifest,
  typeOfInput: (name: string) => string | undefined,
): Generator<CorescoreError> {
  const types: readonly string[] = STATE_TYPES[kind];
  for (const [i, { input }] of state.entries()) {
    const type = typeOfInput(input);
    if (type === undefined || type === 'unknown' || types.includes(type)) continue;
    yield new CorescoreError(
      'array_dtype',
      `A state is carried as ${types.join(', ')}, not ${type}: the input "${input}".`,
      {
        field: `/state/${i}/input`,
        remedy: 'Carry the state as float32.',
      },
    );
  }
}

const CONTAINERS: Readonly<Record<string, string>> = {
  sequence:
    'Stack its tensors in the model (torch.stack(steps, dim=1), ConcatFromSequence) and say with "stepAxis" where the steps are; or give every step an output of its own, and list them as "outputs".',
};

/** A type that is not recorded. @param type undefined or `unknown`: only running the model tells */
export function* recordedTypeErrors(
  kind: NetworkManifest['kind'],
  field: string,
  name: string,
  type: string | undefined,
): Generator<CorescoreError> {
  const types: readonly string[] = RECORDED_TYPES[kind];
  if (type === undefined || type === 'unknown' || types.includes(type)) return;
  const isTensor = /^(u?int|float|bfloat|bool|complex|string)/.test(type);
  yield new CorescoreError(
    'array_dtype',
    isTensor
      ? `"${name}" holds ${type}; activations are recorded from ${types.join(', ')}.`
      : `"${name}" is a ${type}, not a tensor.`,
    {
      field,
      remedy: CONTAINERS[type] ?? 'Name a tensor of floating point numbers, or cast it to float32 in the model.',
    },
  );
}
