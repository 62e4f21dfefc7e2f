import { type NetworkManifest, REGIONS, type Region } from '@corescore/contracts';
import { withRange } from '@corescore/formats/image-values';
import { modelFailure } from './failure.js';

/** What one recorded array is read from. */
export interface Recording {
  name: Region | 'readout';
  /** JSON pointer of its source in the manifest, for errors. */
  field: string;
  /** One name a step; a single name for an output with a step axis or without time. */
  outputs: string[];
  /** Axis of the output that counts steps, batch included; null when the output is one step. */
  stepAxis: number | null;
}

/** A manifest, reduced to what a session must do. Plain data: it travels to the child process as JSON. */
export interface Plan {
  /** Its range written out. */
  input: NetworkManifest['input'];
  recordings: Recording[];
  /** State that the host carries from step to step; empty for a model that has its time inside. */
  state: { input: string; output: string }[];
  /** Steps that the host loops; 1 without state. */
  steps: number;
}

/**
 * @param imageType element type of the image input, which says what range a manifest without one means
 * @param regions which of the manifest's regions to record beside IT (the clock is checked on it) and the readout;
 *   default: all. A region that the manifest does not name is not recorded.
 * @throws ModelFailure `invalid_manifest` where time is declared in two contradictory ways.
 */
export function planOf(manifest: NetworkManifest, imageType: string, regions?: readonly Region[]): Plan {
  const state = manifest.state ?? [];
  if (state.length > 0 !== (manifest.steps !== undefined)) {
    throw modelFailure('invalid_manifest', 'A stateful model needs both "state" and "steps".', {
      field: state.length > 0 ? '/steps' : '/state',
      remedy:
        state.length > 0
          ? 'Add "steps": how often the host runs the model for one image.'
          : 'Add the pairs of state input and output, or remove "steps".',
    });
  }
  const recordings: Recording[] = [];
  const add = (
    name: Recording['name'],
    field: string,
    source: { outputs: string[] } | { output: string; stepAxis?: number },
  ): void => {
    if ('outputs' in source) recordings.push({ name, field, outputs: source.outputs, stepAxis: null });
    else recordings.push({ name, field, outputs: [source.output], stepAxis: source.stepAxis ?? null });
    const last = recordings.at(-1)!;
    if (state.length > 0 && (last.outputs.length > 1 || last.stepAxis !== null)) {
      throw modelFailure(
        'invalid_manifest',
        `${name} of a stateful model must be one output of one step; the host makes the steps.`,
        { field, remedy: 'Give { "output": name }, or remove "state" and "steps".' },
      );
    }
  };
  for (const region of REGIONS) {
    const source = manifest.regions[region];
    if (source === undefined) continue;
    if (region === 'IT' || regions === undefined || regions.includes(region)) add(region, `/regions/${region}`, source);
  }
  if (manifest.readout !== undefined) add('readout', '/readout', manifest.readout);
  return {
    input: withRange(manifest.input, imageType),
    recordings,
    state: state.map(({ input, output }) => ({ input, output })),
    steps: manifest.steps ?? 1,
  };
}

/** Every tensor that a run must fetch, each once. */
export function fetchesOf(plan: Plan): string[] {
  return [...new Set([...plan.recordings.flatMap((r) => r.outputs), ...plan.state.map((s) => s.output)])];
}

/** Names that are inner tensors: they must be appended to the graph's outputs before they can be fetched. */
export function tapsOf(plan: Plan, outputs: readonly string[]): string[] {
  return fetchesOf(plan).filter((name) => !outputs.includes(name));
}

/** At most ten names, in the order given. */
export function list(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}
