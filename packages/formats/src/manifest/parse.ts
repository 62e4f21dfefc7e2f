import {
  ActivationsManifest,
  type Clock,
  CorescoreError,
  type Manifest,
  type NetworkManifest,
  OnnxManifest,
  REGIONS,
  type Source,
} from '@corescore/contracts';
import { invalid, schemaError } from './schema-errors.js';

const KINDS = ['onnx', 'activations'];
/** Named by the contract, not accepted yet. */
const LATER_KINDS = ['tfjs', 'architecture'];

const CLOCK_REMEDY =
  'Add "clock": { "onsetMs": start of the first scored step, "stepMs": length of a step }, or { "windowsMs": [[start, end], ...] }, in milliseconds after image onset.';

/**
 * A `corescore.json`, version 1, checked: fields and values, then what the fields say together.
 * @param given the parsed JSON, or its text (a UTF-8 byte order mark in front is taken off)
 * @throws CorescoreError `manifest_not_json`, `invalid_manifest` (field: JSON pointer), `kind_not_supported`,
 * `clock_missing`
 */
export function parseManifest(given: unknown): Manifest {
  const value = typeof given === 'string' ? parseText(given) : given;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('The manifest is not a JSON object.', '', {
      remedy: 'Send { "manifestVersion": 1, "kind": ..., ... }.',
    });
  }
  const { kind, manifestVersion } = value as Record<string, unknown>;
  if (typeof kind === 'string' && LATER_KINDS.includes(kind)) {
    throw new CorescoreError('kind_not_supported', `Manifests of the kind "${kind}" are not accepted yet.`, {
      field: '/kind',
      remedy: 'Export the model as ONNX ("kind": "onnx"), or send its activations ("kind": "activations").',
    });
  }
  if (typeof kind !== 'string' || !KINDS.includes(kind)) {
    const what = kind === undefined ? 'The manifest lacks "kind".' : `/kind is ${JSON.stringify(kind)}.`;
    throw invalid(what, '/kind', { remedy: `Give one of ${KINDS.map((k) => `"${k}"`).join(', ')}.` });
  }
  if (typeof manifestVersion === 'number' && manifestVersion !== 1) {
    throw invalid(`/manifestVersion is ${manifestVersion}.`, '/manifestVersion', {
      remedy: 'Give 1, the only version.',
    });
  }
  const error = schemaError(kind === 'onnx' ? OnnxManifest : ActivationsManifest, value);
  if (error !== null) throw error;
  const manifest = value as Manifest;
  if (manifest.kind === 'activations') checkArrays(manifest);
  else checkNetwork(manifest);
  return manifest;
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new CorescoreError('manifest_not_json', `The manifest is not JSON: ${(error as Error).message}.`, {
      field: 'manifest',
      remedy: 'Send a corescore.json that a JSON parser accepts.',
      cause: error,
    });
  }
}

/** Whether the manifest places its steps in time, so that object solution times can be asked for. */
export function isTemporal(manifest: Manifest): boolean {
  return manifest.clock !== undefined;
}

/** Steps that a source declares by itself: the length of its list; null where only running the model tells. */
function declaredSteps(source: Source | NonNullable<NetworkManifest['readout']>): number | null {
  if ('outputs' in source) return source.outputs.length;
  return source.stepAxis === undefined ? 1 : null;
}

function checkNetwork(manifest: NetworkManifest): void {
  checkInput(manifest);
  checkState(manifest);
  if (manifest.clock !== undefined) checkClock(manifest.clock);
  const sources = [
    ...REGIONS.map((r) => [`/regions/${r}`, manifest.regions[r]] as const),
    ['/readout', manifest.readout] as const,
  ];
  const looped = manifest.steps;
  for (const [pointer, source] of sources) {
    if (source === undefined) continue;
    if (looped !== undefined && declaredSteps(source) !== 1) {
      throw invalid(`${pointer} names several steps, and "state" makes the host loop ${looped} of them.`, pointer, {
        remedy: 'With "state", name the one output that a step makes ("output", no "stepAxis"); or remove "state".',
      });
    }
    const steps = looped ?? declaredSteps(source);
    if (steps !== 1) requireClock(manifest, pointer, steps);
    if (steps !== null && manifest.clock !== undefined) {
      // A clock with one-step sources beside temporal ones is fine (a V1 without time); IT is what the clock is for.
      if (steps > 1 || pointer === '/regions/IT') checkCoverage(manifest.clock, steps, pointer);
    }
  }
}

function checkInput({ input }: NetworkManifest): void {
  for (const name of ['mean', 'std'] as const) {
    const values = input[name];
    if (values === undefined || values.length === 1 || values.length === input.channels) continue;
    throw invalid(`/input/${name} has ${values.length} values for ${input.channels} channels.`, `/input/${name}`, {
      remedy: `Give one value a channel (${input.channels}), in the model's channel order, or one for all.`,
    });
  }
}

function checkState(manifest: NetworkManifest): void {
  if (manifest.state !== undefined && manifest.steps === undefined) {
    throw invalid('The manifest has "state" and lacks "steps".', '/steps', {
      remedy: 'Add "steps": how often the host runs the model for one image.',
    });
  }
  if (manifest.steps !== undefined && manifest.state === undefined) {
    throw invalid('The manifest has "steps" and lacks "state".', '/state', {
      remedy:
        'Add "state": [{ "input": ..., "output": ... }], what the host carries from step to step; or remove "steps".',
    });
  }
  const inputs = (manifest.state ?? []).map((s) => s.input);
  const twice = inputs.findIndex((name, i) => inputs.indexOf(name) !== i);
  if (twice >= 0) {
    throw invalid(`The state input "${inputs[twice]}" is named twice.`, `/state/${twice}/input`, {
      remedy: 'Name each state input once.',
    });
  }
}

function checkArrays(manifest: ActivationsManifest): void {
  if (manifest.clock !== undefined) checkClock(manifest.clock);
  for (const region of REGIONS) {
    // Widened: each of the three allowed orders is its own tuple type.
    const axes: readonly string[] = manifest.regions[region]?.axes ?? [];
    if (axes.includes('step')) requireClock(manifest, `/regions/${region}`, null);
  }
}

function requireClock(manifest: Manifest, pointer: string, steps: number | null): void {
  if (manifest.clock !== undefined) return;
  const count = steps === null ? 'a step axis' : `${steps} steps`;
  throw new CorescoreError('clock_missing', `${pointer} has ${count}, and the manifest does not say when they are.`, {
    field: '/clock',
    remedy: CLOCK_REMEDY,
  });
}

function checkClock(clock: Clock): void {
  if (!('windowsMs' in clock)) return;
  for (const [i, [start, end]] of clock.windowsMs.entries()) {
    if (end <= start) {
      throw invalid(`/clock/windowsMs/${i} is [${start}, ${end}], which has no length.`, `/clock/windowsMs/${i}`, {
        remedy: 'Give [start, end) in milliseconds with end above start.',
      });
    }
    const before = clock.windowsMs[i - 1];
    if (before !== undefined && start < before[0]) {
      throw invalid(
        `/clock/windowsMs/${i} starts at ${start} ms, before the one in front of it (${before[0]} ms).`,
        `/clock/windowsMs/${i}`,
        { remedy: 'Give the windows in order of time, one a step.' },
      );
    }
  }
}

/** A clock must leave steps to score, and explicit windows must be one a scored step. */
export function checkCoverage(clock: Clock, steps: number, pointer: string): void {
  const firstStep = clock.firstStep ?? 0;
  if (firstStep >= steps) {
    throw invalid(`/clock/firstStep is ${firstStep}, and ${pointer} has ${steps} steps.`, '/clock/firstStep', {
      remedy: 'Steps count from 0; leave at least one step to score.',
    });
  }
  if ('windowsMs' in clock && clock.windowsMs.length !== steps - firstStep) {
    throw invalid(
      `/clock/windowsMs has ${clock.windowsMs.length} windows, and ${pointer} has ${steps - firstStep} steps from firstStep on.`,
      '/clock/windowsMs',
      { remedy: 'Give one window a step, counted from firstStep.' },
    );
  }
}
