import { CorescoreError, type NetworkManifest, REGIONS } from '@corescore/contracts';

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

const LISTED = 12;

/** `"a", "b" and 3 more` */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, LISTED).map((name) => `"${name}"`);
  return names.length > LISTED ? `${shown.join(', ')} and ${names.length - LISTED} more` : shown.join(', ');
}
